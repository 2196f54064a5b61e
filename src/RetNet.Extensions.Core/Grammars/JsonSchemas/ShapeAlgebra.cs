using System.Text.Json;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>
/// Sets of arrays or of objects: a union of shapes (a disjunctive normal form). Complements are worked out from the leaves. Shapes that no
/// value has are dropped as early as that is seen, so that alternatives which exclude each other do not multiply.
/// </summary>
internal abstract class ShapeAlgebra<TShape>(ShapeSpace space, TShape any) : Algebra<IReadOnlyList<TShape>>
{
    private const int MostShapes = 4_000;

    private SchemaNode? _place;

    public override IReadOnlyList<TShape> All { get; } = [any];

    public override IReadOnlyList<TShape> None { get; } = [];

    protected ShapeSpace Space => space;

    public override bool IsNone(IReadOnlyList<TShape> set) => set.Count == 0;

    public override IReadOnlyList<TShape> And(IReadOnlyList<TShape> left, IReadOnlyList<TShape> right)
    {
        if (left == All || right.Count == 0)
            return right;
        if (right == All || left.Count == 0)
            return left;
        List<TShape> product = [];
        foreach (TShape one in left)
        {
            foreach (TShape other in right)
            {
                Spend(product.Count);
                if (Join(one, other) is { } joined)
                    product.Add(joined);
            }
        }

        return product;
    }

    public override IReadOnlyList<TShape> Or(IReadOnlyList<TShape> left, IReadOnlyList<TShape> right)
    {
        if (left == All || right == All)
            return All;
        if (left.Count == 0 || right.Count == 0)
            return left.Count == 0 ? right : left;
        Spend(left.Count + right.Count);
        return [.. left, .. right];
    }

    /// <summary>The values of both shapes, or null where that is surely none.</summary>
    protected abstract TShape? Join(TShape left, TShape right);

    protected override void Enter(SchemaNode place) => _place = place;

    protected override IReadOnlyList<TShape> ExactlyOne(Condition.OneOf condition)
    {
        IReadOnlyList<TShape>[] members = [.. condition.Members.Select(member => Evaluate(member, true))];
        _place = condition.Place;
        List<TShape> all = [];
        for (int i = 0; i < members.Length; i++)
        {
            IReadOnlyList<TShape> only = members[i];
            for (int j = 0; j < members.Length && only.Count > 0; j++)
            {
                if (j != i && And(only, members[j]).Count > 0)
                    only = And(only, Evaluate(condition.Members[j], false));
                _place = condition.Place;
            }

            all.AddRange(only);
        }

        return all;
    }

    protected override IReadOnlyList<TShape> NotExactlyOne(Condition.OneOf condition)
    {
        IReadOnlyList<TShape>[] members = [.. condition.Members.Select(member => Evaluate(member, true))];
        IReadOnlyList<TShape> all = All;
        foreach (Condition member in condition.Members)
            all = And(all, Evaluate(member, false));
        _place = condition.Place;
        for (int i = 0; i < members.Length; i++)
        {
            for (int j = i + 1; j < members.Length; j++)
                all = Or(all, And(members[i], members[j]));
        }

        return all;
    }

    private void Spend(int shapes)
    {
        if (shapes > MostShapes)
            throw TooMany();
        if (!space.TrySpend())
            throw TooMany();
    }

    private GrammarException TooMany() => new(_place?.Pointer ?? "", "too many combinations of alternatives");
}

/// <summary>Sets of objects.</summary>
internal sealed class ObjectAlgebra(ShapeSpace space) : ShapeAlgebra<ObjectShape>(space, ObjectShape.Any)
{
    protected override ObjectShape? Join(ObjectShape left, ObjectShape right)
    {
        ObjectShape both = left.And(right);
        return both.Minimum > both.Maximum || Space.LacksRequired(both) ? null : both;
    }

    protected override IReadOnlyList<ObjectShape> Leaf(Condition leaf, bool holds) => leaf switch
    {
        Condition.Types types => types.Allowed.HasFlag(JsonTypes.Object) == holds ? All : None,
        Condition.Object shape => holds ? [shape.Shape] : [.. shape.Shape.Negated(Space.Nothing)],
        Condition.Values values => OfValues([.. values.Members.Where(value => value.Kind == JsonValueKind.Object).Select(OfValue)], holds),
        _ => holds ? All : None,
    };

    private IReadOnlyList<ObjectShape> OfValues(IReadOnlyList<ObjectShape> values, bool holds) =>
        holds ? values : values.Aggregate(All, (all, value) => And(all, [.. value.Negated(Space.Nothing)]));

    private ObjectShape OfValue(SchemaNode value)
    {
        OrderedDictionary<string, SignedSchema> members = [];
        foreach ((string name, SchemaNode member) in value.Members)
            members.Add(name, Space.Constant(member));
        return ObjectShape.OfValues(members, Space.Nothing);
    }
}

/// <summary>Sets of arrays.</summary>
internal sealed class ArrayAlgebra(ShapeSpace space) : ShapeAlgebra<ArrayShape>(space, ArrayShape.Any)
{
    protected override ArrayShape? Join(ArrayShape left, ArrayShape right)
    {
        ArrayShape both = left.And(right);
        return both.Minimum > both.Maximum || Space.LacksItem(both) ? null : both;
    }

    protected override IReadOnlyList<ArrayShape> Leaf(Condition leaf, bool holds) => leaf switch
    {
        Condition.Types types => types.Allowed.HasFlag(JsonTypes.Array) == holds ? All : None,
        Condition.Array shape => holds ? [shape.Shape] : [.. shape.Shape.Negated(Space.Everything)],
        Condition.Values values => OfValues([.. values.Members.Where(value => value.Kind == JsonValueKind.Array).Select(OfValue)], holds),
        _ => holds ? All : None,
    };

    private IReadOnlyList<ArrayShape> OfValues(IReadOnlyList<ArrayShape> values, bool holds) =>
        holds ? values : values.Aggregate(All, (all, value) => And(all, [.. value.Negated(Space.Everything)]));

    private ArrayShape OfValue(SchemaNode value) => ArrayShape.OfValues([.. value.Items.Select(Space.Constant)]);
}
