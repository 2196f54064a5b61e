using System.Text.Json;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>The values that are words.</summary>
[Flags]
internal enum Literals
{
    None = 0,
    Null = 1,
    True = 2,
    False = 4,
    All = Null | True | False,
}

/// <summary>Sets of <see cref="Literals"/>.</summary>
internal sealed class LiteralAlgebra : ComplementAlgebra<Literals>
{
    public override Literals All => Literals.All;

    public override Literals None => Literals.None;

    public override Literals And(Literals left, Literals right) => left & right;

    public override Literals Or(Literals left, Literals right) => left | right;

    public override Literals Not(Literals set) => Literals.All & ~set;

    public override bool IsNone(Literals set) => set == Literals.None;

    protected override Literals SetOf(Condition leaf) => leaf switch
    {
        Condition.Types types => (types.Allowed.HasFlag(JsonTypes.Null) ? Literals.Null : Literals.None)
            | (types.Allowed.HasFlag(JsonTypes.Boolean) ? Literals.True | Literals.False : Literals.None),
        Condition.Values values => values.Members.Aggregate(Literals.None, (all, member) => all | OfValue(member)),
        _ => Literals.All,
    };

    private static Literals OfValue(SchemaNode value) => value.Kind switch
    {
        JsonValueKind.Null => Literals.Null,
        JsonValueKind.True => Literals.True,
        JsonValueKind.False => Literals.False,
        _ => Literals.None,
    };
}
