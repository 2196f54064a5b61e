using System.Numerics;
using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>How arrays of one shape are written, item by item.</summary>
internal sealed class ArrayPlan
{
    private const int MostCounts = 6;
    private const int HighestCount = 1_000;
    private const int MostStates = 20_000;

    private readonly ShapeSpace _space;
    private readonly ArrayShape _shape;
    private readonly Shape?[] _items;
    private readonly Dictionary<ArrayState, bool> _canFinish = [];
    private readonly Dictionary<string, int> _values = [];

    public ArrayPlan(ShapeSpace space, ArrayShape shape)
    {
        _space = space;
        _shape = shape;
        _items = new Shape?[shape.Settled + 1];
        space.Work(_items.Length);
        IsUnique = shape.Unique is not null && shape.Maximum > 1;
        foreach (ItemCount count in shape.Counts)
        {
            bool isTooHigh = count.Minimum > HighestCount || count.Maximum is > HighestCount and < ArrayShape.Unbounded;
            if (shape.Counts.Count > MostCounts || isTooHigh)
                throw count.Place.Refuse("too many items or kinds of items are counted");
        }
    }

    /// <summary>Whether items must differ from one another.</summary>
    public bool IsUnique { get; }

    public ArrayState Start => new(0, new string('\0', _shape.Counts.Count), default);

    /// <summary>The shapes of the items by their places: the last also of those after it.</summary>
    public IEnumerable<Shape> ItemShapes => Enumerable.Range(0, Math.Min(_items.Length, _shape.Maximum)).Select(Item);

    /// <summary>Whether an array may end in a state.</summary>
    public bool MayEnd(ArrayState state) => state.Length >= _shape.Minimum
        && _shape.Counts.Select((count, index) => state.Counts[index] >= count.Minimum).All(isMet => isMet);

    /// <summary>What the next item may be, and the state after it; not all of them need lead to an end.</summary>
    public IEnumerable<(Shape Item, ArrayState Next)> Steps(ArrayState state)
    {
        if (state.Length >= _shape.Maximum)
            return [];
        // Without an upper bound, longer arrays are alike.
        int longest = _shape.Maximum < ArrayShape.Unbounded ? _shape.Maximum : Math.Max(_shape.Minimum, _items.Length);
        ArrayState next = state with { Length = Math.Min(state.Length + 1, longest) };
        return Count(Item(state.Length).Parts, 0, next, state.Length);
    }

    /// <summary>The values of which an item is one, if they are few: each with a number of its own in the plan.</summary>
    /// <exception cref="GrammarException">They are not.</exception>
    public IEnumerable<(ItemValue Value, int Number)> ValuesOf(Shape item)
    {
        if (item.Strings.Texts is not { } texts || item.Numbers.Values is not { } numbers || item.Arrays.Count + item.Objects.Count > 0)
            throw _shape.Unique!.Refuse("items that differ from one another are supported where they are of finitely many values");
        IEnumerable<ItemValue> values = [.. texts.Select(text => new ItemValue(StringSet.Of(text), NumberSet.None, Literals.None)),
            .. numbers.Select(number => new ItemValue(StringSet.None, NumberSet.Of(number), Literals.None)),
            .. ((Literals[])[Literals.Null, Literals.True, Literals.False]).Where(literal => item.Literals.HasFlag(literal))
                .Select(literal => new ItemValue(StringSet.None, NumberSet.None, literal))];
        return values.Select(value => (value, NumberOf(value.Key)));
    }

    /// <summary>Whether arrays have a text.</summary>
    /// <param name="hasValue">Whether a shape has a value.</param>
    public bool HasText(Func<Shape, bool> hasValue) => CanFinish(Start, hasValue, []);

    /// <summary>Whether an array in a state can be finished, when it is known for all shapes whether they have a value.</summary>
    public bool CanFinish(ArrayState state, Func<Shape, bool> hasValue)
    {
        if (_canFinish.Count > MostStates / 2)
            _canFinish.Clear();
        return CanFinish(state, hasValue, _canFinish);
    }

    private bool CanFinish(ArrayState state, Func<Shape, bool> hasValue, Dictionary<ArrayState, bool> known)
    {
        if (MayEnd(state))
            return true;
        if (_shape.Counts.Count == 0 && !IsUnique)
        {
            for (int i = state.Length; i < Math.Min(_shape.Minimum, _items.Length); i++)
            {
                if (!hasValue(Item(i)))
                    return false;
            }

            return _shape.Minimum <= _shape.Maximum && (_shape.Minimum <= _items.Length || hasValue(Item(_items.Length)));
        }

        if (known.TryGetValue(state, out bool canFinish))
            return canFinish;
        if (known.Count > MostStates)
            throw (_shape.Unique ?? _shape.Counts[0].Place).Refuse("too many states of an array");
        Guard.Stack();
        known[state] = false;
        return known[state] = Steps(state).Any(step => hasValue(step.Item)
            && (IsUnique ? Unused(step.Item, step.Next) : [step.Next]).Any(next => CanFinish(next, hasValue, known)));
    }

    /// <summary>The states after each value of an item that has not been written.</summary>
    private IEnumerable<ArrayState> Unused(Shape item, ArrayState next) =>
        ValuesOf(item).Where(value => !next.HasUsed(value.Number)).Select(value => next.Using(value.Number));

    private Shape Item(int index) =>
        _items[Math.Min(index, _items.Length - 1)] ??= _space.Of(_shape.At(Math.Min(index, _items.Length - 1)));

    private IEnumerable<(Shape Item, ArrayState Next)> Count(IReadOnlyList<SignedSchema> parts, int index, ArrayState next, int place)
    {
        if (index == _shape.Counts.Count)
            return [(_space.Of(parts), next)];
        ItemCount count = _shape.Counts[index];
        int soFar = next.Counts[index];
        bool isBounded = count.Maximum < ArrayShape.Unbounded;
        if (place < count.From || !isBounded && soFar >= count.Minimum)
            return Count(parts, index + 1, next, place);
        IEnumerable<(Shape, ArrayState)> uncounted =
            Count(isBounded ? [.. parts, count.Value.Negated] : parts, index + 1, next, place);
        return soFar >= count.Maximum ? uncounted
            : uncounted.Concat(Count([.. parts, count.Value], index + 1, next.Counting(index), place));
    }

    private int NumberOf(string key)
    {
        if (!_values.TryGetValue(key, out int number))
            _values.Add(key, number = _values.Count);
        return number;
    }
}

/// <summary>Where the writing of an array stands.</summary>
/// <param name="Length">Items written, as far as it matters.</param>
/// <param name="Counts">How many of each kind that is counted, as far as it matters: a character each.</param>
/// <param name="Used">A bit for each value that is written, where items must differ.</param>
internal readonly record struct ArrayState(int Length, string Counts, BigInteger Used)
{
    public ArrayState Counting(int index) =>
        this with { Counts = string.Concat(Counts.AsSpan(0, index), [(char)(Counts[index] + 1)], Counts.AsSpan(index + 1)) };

    public bool HasUsed(int value) => !(Used >> value).IsEven;

    public ArrayState Using(int value) => this with { Used = Used | BigInteger.One << value };
}

/// <summary>One value of an item: a string, a number or a literal.</summary>
internal sealed record ItemValue(StringSet Strings, NumberSet Numbers, Literals Literals)
{
    public string Key => Strings.Texts is { Count: 1 } texts
        ? $"\"{texts.First()}"
        : Numbers.Values is { Count: 1 } numbers ? $"{numbers.First()}" : $"{Literals}";
}
