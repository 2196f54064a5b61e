using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>Sets of values of one type, from which the set of a condition is put together.</summary>
/// <typeparam name="T">A set.</typeparam>
internal abstract class Algebra<T>
{
    // Schemas may refer to others in exponentially many ways.
    private const int MostSteps = 200_000;
    private const int Few = 8;

    private Dictionary<Schema, bool> _open = [];
    private int _steps;

    /// <summary>All values of the type.</summary>
    public abstract T All { get; }

    public abstract T None { get; }

    /// <summary>The values that satisfy some schemas.</summary>
    public T Evaluate(IEnumerable<SignedSchema> schemas)
    {
        Dictionary<Schema, bool> around = _open;
        _open = [];
        try
        {
            T set = All;
            foreach (SignedSchema part in schemas)
                set = And(set, Follow(new Condition.Same(part.Schema, null), part.Holds));
            return set;
        }
        finally
        {
            _open = around;
        }
    }

    /// <summary>The values that a condition allows.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="holds">Whether it must hold or must not.</param>
    public T Evaluate(Condition condition, bool holds)
    {
        Guard.Stack();
        return condition switch
        {
            Condition.AllOf all => holds ? Intersection(all.Members, holds, null) : Union(all.Members, holds, null),
            Condition.AnyOf any => holds ? Union(any.Members, holds, any.Place) : Intersection(any.Members, holds, any.Place),
            Condition.Not not => Evaluate(not.Body, !holds),
            Condition.Same same => Follow(same, holds),
            Condition.OneOf one => holds ? ExactlyOne(one) : NotExactlyOne(one),
            _ => Leaf(condition, holds),
        };
    }

    public abstract T And(T left, T right);

    public abstract T Or(T left, T right);

    public abstract bool IsNone(T set);

    /// <summary>The set of a condition that is about one type.</summary>
    protected abstract T Leaf(Condition leaf, bool holds);

    /// <summary>The values of which one of several conditions holds, and no other.</summary>
    protected abstract T ExactlyOne(Condition.OneOf condition);

    protected abstract T NotExactlyOne(Condition.OneOf condition);

    /// <summary>Notes for errors which keyword is worked out.</summary>
    protected virtual void Enter(SchemaNode place)
    {
    }

    /// <summary>Joins what there is for each of some conditions: a few one after the other, many in halves, so that a set which grows with
    /// each of them is not copied for each.</summary>
    protected static TPart InHalves<TPart>(
        IReadOnlyList<Condition> members, TPart none, Func<Condition, TPart> evaluate, Func<TPart, TPart, TPart> join)
    {
        return members.Count == 0 ? none : Part(0, members.Count);

        TPart Part(int first, int count)
        {
            int left = count <= Few ? count - 1 : count / 2;
            return count == 1 ? evaluate(members[first]) : join(Part(first, left), Part(first + left, count - left));
        }
    }

    private T Intersection(IReadOnlyList<Condition> members, bool holds, SchemaNode? place)
    {
        T joined = All;
        foreach (Condition member in members)
        {
            T set = Evaluate(member, holds);
            if (place is not null)
                Enter(place);
            joined = And(joined, set);
            if (IsNone(joined))
                return joined;
        }

        return joined;
    }

    private T Union(IReadOnlyList<Condition> members, bool holds, SchemaNode? place) =>
        InHalves(members, None, member => Evaluate(member, holds), (left, right) =>
        {
            if (place is not null)
                Enter(place);
            return Or(left, right);
        });

    private T Follow(Condition.Same same, bool holds)
    {
        if (++_steps > MostSteps)
            throw (same.Place ?? same.Schema.Place).Refuse("too many schemas that refer to one another");
        if (_open.TryGetValue(same.Schema, out bool isOpenHolding))
        {
            // A schema that leads back to itself adds nothing to itself: the least set that agrees with itself is meant.
            return isOpenHolding == holds ? holds ? None : All
                : throw (same.Place ?? same.Schema.Place).Refuse("it contradicts itself");
        }

        _open.Add(same.Schema, holds);
        T set = Evaluate(same.Schema.Condition, holds);
        _open.Remove(same.Schema);
        return set;
    }
}

/// <summary>Sets that are closed under complement, so that "exactly one" needs no search.</summary>
internal abstract class ComplementAlgebra<T> : Algebra<T>
{
    public abstract T Not(T set);

    protected override T ExactlyOne(Condition.OneOf condition) =>
        InHalves<(T One, T More)>(condition.Members, (None, None), member => (Evaluate(member, true), None), (left, right) =>
        {
            T more = Or(Or(left.More, right.More), And(left.One, right.One));
            return (And(Or(left.One, right.One), Not(more)), more);
        }).One;

    protected override T NotExactlyOne(Condition.OneOf condition) => Not(ExactlyOne(condition));

    protected override T Leaf(Condition leaf, bool holds) => holds ? SetOf(leaf) : Not(SetOf(leaf));

    /// <summary>The set of a condition that is about one type, and must hold.</summary>
    protected abstract T SetOf(Condition leaf);
}
