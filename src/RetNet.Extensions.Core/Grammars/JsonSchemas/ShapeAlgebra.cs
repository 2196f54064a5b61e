using System.Text.Json;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>
/// Sets of arrays or of objects: a union of shapes (a disjunctive normal form). Complements are worked out from the leaves. Shapes that no
/// value has are dropped as early as that is seen, so that alternatives which exclude each other do not multiply.
/// </summary>
/// <param name="space">The document's shapes.</param>
/// <param name="any">The shape that every array or object has.</param>
/// <param name="type">Array or object, as schemas name it.</param>
/// <param name="kind">Array or object, as a document's value.</param>
internal abstract class ShapeAlgebra<TShape>(ShapeSpace space, TShape any, JsonTypes type, JsonValueKind kind)
    : Algebra<IReadOnlyList<TShape>>
    where TShape : class
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

    /// <summary>The shape of a condition about the type; null for another.</summary>
    protected abstract TShape? ShapeOf(Condition leaf);

    /// <summary>The shapes of which a value has one where it has not a certain shape.</summary>
    protected abstract IEnumerable<TShape> Negated(TShape shape);

    /// <summary>The shape of one value only, which is of the type.</summary>
    protected abstract TShape OfValue(SchemaNode value);

    protected override void Enter(SchemaNode place) => _place = place;

    protected override IReadOnlyList<TShape> Leaf(Condition leaf, bool holds)
    {
        switch (leaf)
        {
            case Condition.Types types:
                return types.Allowed.HasFlag(type) == holds ? All : None;
            case Condition.Values values:
                IEnumerable<TShape> shapes = values.Members.Where(value => value.Kind == kind).Select(OfValue);
                return holds ? [.. shapes] : shapes.Aggregate(All, (all, shape) => And(all, [.. Negated(shape)]));
            default:
                return ShapeOf(leaf) is not { } own ? holds ? All : None : holds ? [own] : [.. Negated(own)];
        }
    }

    protected override IReadOnlyList<TShape> ExactlyOne(Condition.OneOf condition)
    {
        (Condition Member, IReadOnlyList<TShape> Set)[] members = [.. condition.Members
            .Select(member => (member, Evaluate(member, true))).Where(member => !IsNone(member.Item2))];
        _place = condition.Place;
        List<TShape> all = [];
        for (int i = 0; i < members.Length; i++)
        {
            IReadOnlyList<TShape> only = members[i].Set;
            for (int j = 0; j < members.Length && only.Count > 0; j++)
            {
                if (j != i && And(only, members[j].Set).Count > 0)
                    only = And(only, Evaluate(members[j].Member, false));
                _place = condition.Place;
            }

            all.AddRange(only);
        }

        return all;
    }

    protected override IReadOnlyList<TShape> NotExactlyOne(Condition.OneOf condition)
    {
        IReadOnlyList<TShape>[] members =
            [.. condition.Members.Select(member => Evaluate(member, true)).Where(member => !IsNone(member))];
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
internal sealed class ObjectAlgebra(ShapeSpace space)
    : ShapeAlgebra<ObjectShape>(space, ObjectShape.Any, JsonTypes.Object, JsonValueKind.Object)
{
    protected override ObjectShape? Join(ObjectShape left, ObjectShape right)
    {
        ObjectShape both = left.And(right);
        return both.Minimum > both.Maximum || Space.LacksRequired(both) ? null : both;
    }

    protected override ObjectShape? ShapeOf(Condition leaf) => (leaf as Condition.Object)?.Shape;

    protected override IEnumerable<ObjectShape> Negated(ObjectShape shape) => shape.Negated(Space.Nothing);

    protected override ObjectShape OfValue(SchemaNode value)
    {
        OrderedDictionary<string, SignedSchema> members = [];
        foreach ((string name, SchemaNode member) in value.Members)
            members.Add(name, Space.Constant(member));
        return ObjectShape.OfValues(members, Space.Nothing);
    }
}

/// <summary>Sets of arrays.</summary>
internal sealed class ArrayAlgebra(ShapeSpace space)
    : ShapeAlgebra<ArrayShape>(space, ArrayShape.Any, JsonTypes.Array, JsonValueKind.Array)
{
    protected override ArrayShape? Join(ArrayShape left, ArrayShape right)
    {
        ArrayShape both = left.And(right);
        return both.Minimum > both.Maximum || Space.LacksItem(both) ? null : both;
    }

    protected override ArrayShape? ShapeOf(Condition leaf) => (leaf as Condition.Array)?.Shape;

    protected override IEnumerable<ArrayShape> Negated(ArrayShape shape)
    {
        foreach (ArrayShape other in shape.Negated(Space.Everything))
        {
            Space.Work(other.Settled);
            yield return other;
        }
    }

    protected override ArrayShape OfValue(SchemaNode value) => ArrayShape.OfValues([.. value.Items.Select(Space.Constant)]);
}
