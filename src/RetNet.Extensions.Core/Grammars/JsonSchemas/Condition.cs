using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>
/// What a value must be: a formula whose leaves each say something about values of one type and nothing about others, as the keywords of
/// JSON Schema do.
/// </summary>
internal abstract class Condition
{
    public static readonly Condition True = new AllOf([]);
    public static readonly Condition False = new AnyOf([], null);

    public bool IsTrue => this is AllOf { Members.Count: 0 };

    public static Condition And(IReadOnlyList<Condition> members)
    {
        Condition[] needed = [.. members.Where(member => !member.IsTrue)];
        return needed.Length == 1 ? needed[0] : new AllOf(needed);
    }

    public sealed class AllOf(IReadOnlyList<Condition> members) : Condition
    {
        public IReadOnlyList<Condition> Members => members;
    }

    /// <param name="members">The formulas.</param>
    /// <param name="place">The keyword, for errors.</param>
    public sealed class AnyOf(IReadOnlyList<Condition> members, SchemaNode? place) : Condition
    {
        public IReadOnlyList<Condition> Members => members;

        public SchemaNode? Place => place;
    }

    /// <summary>Exactly one of several.</summary>
    public sealed class OneOf(IReadOnlyList<Condition> members, SchemaNode place) : Condition
    {
        public IReadOnlyList<Condition> Members => members;

        public SchemaNode Place => place;
    }

    public sealed class Not(Condition body) : Condition
    {
        public Condition Body => body;
    }

    /// <summary>Another schema, of the same value.</summary>
    public sealed class Same(Schema schema, SchemaNode? place) : Condition
    {
        public Schema Schema => schema;

        public SchemaNode? Place => place;
    }

    public sealed class Types(JsonTypes allowed, bool areIntegersWritten) : Condition
    {
        public JsonTypes Allowed => allowed;

        /// <summary>Whether an integer is a number written without a fraction (draft 4), not one without a fractional value.</summary>
        public bool AreIntegersWritten => areIntegersWritten;
    }

    /// <summary>One of some values, as the document writes them.</summary>
    public sealed class Values(IReadOnlyList<SchemaNode> members) : Condition
    {
        public IReadOnlyList<SchemaNode> Members => members;
    }

    /// <summary>A language of strings.</summary>
    public sealed class Text(SchemaNode place, Func<StringAlgebra, Expression> read) : Condition
    {
        public SchemaNode Place => place;

        public Func<StringAlgebra, Expression> Read => read;
    }

    /// <summary>A language of numbers.</summary>
    public sealed class Number(SchemaNode place, Func<NumberAlgebra, NumberSet> read) : Condition
    {
        public SchemaNode Place => place;

        public Func<NumberAlgebra, NumberSet> Read => read;
    }

    public sealed class Array(ArrayShape shape) : Condition
    {
        public ArrayShape Shape => shape;
    }

    public sealed class Object(ObjectShape shape) : Condition
    {
        public ObjectShape Shape => shape;
    }
}

/// <summary>The types of JSON Schema.</summary>
[Flags]
internal enum JsonTypes
{
    None = 0,
    Null = 1,
    Boolean = 2,
    Integer = 4,
    Number = 8,
    String = 16,
    Array = 32,
    Object = 64,
}
