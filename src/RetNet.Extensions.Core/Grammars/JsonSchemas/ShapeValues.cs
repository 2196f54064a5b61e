using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>
/// Which shapes have a value: the least answer that agrees with itself, so that a shape which needs itself has none. A shape without a
/// value is known as such only when no shape that it was found through is still in question.
/// </summary>
internal sealed class ShapeValues
{
    private const int MostVisits = 200_000;
    private const int NotOpen = int.MaxValue;

    private readonly Dictionary<Shape, int> _open = [];
    private int _lowest = NotOpen;
    private int _visits;

    public bool HasValue(Shape shape)
    {
        if (shape.HasValue is { } known)
            return known;
        if (_open.TryGetValue(shape, out int depth))
        {
            _lowest = Math.Min(_lowest, depth);
            return false;
        }

        Guard.Stack();
        if (++_visits > MostVisits)
            throw new GrammarException("", "the schema is too complex: whether a text satisfies it takes too many steps");
        int outer = _lowest, own = _open.Count;
        _lowest = NotOpen;
        _open.Add(shape, own);
        try
        {
            bool hasValue = shape.IsAny || shape.HasScalar || shape.Arrays.Any(plan => plan.HasText(HasValue))
                || shape.Objects.Any(plan => plan.HasText(HasValue));
            if (hasValue || _lowest >= own)
                shape.HasValue = hasValue;
            return hasValue;
        }
        finally
        {
            _open.Remove(shape);
            _lowest = Math.Min(outer, shape.HasValue is null && _lowest < own ? _lowest : NotOpen);
        }
    }
}
