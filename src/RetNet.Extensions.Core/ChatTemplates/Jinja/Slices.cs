using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>Python's <c>value[start:stop:step]</c> and <c>value[index]</c>.</summary>
internal static class Slices
{
    public static object? Slice(object? value, object? start, object? stop, object? step, Budget budget)
    {
        int stride = step is null ? 1 : Values.Clamp(step, "a slice");
        if (stride == 0)
            throw new TemplateFailure("the step of a slice is 0");
        switch (value)
        {
            case MarkedText text:
                budget.Characters(text.Length);
                if (stride == 1)
                {
                    (int first, int end) = Range(start, stop, CodePoints.Count(text.Text));
                    return CodePoints.Slice(text, first, Math.Max(first, end));
                }

                MarkedTextBuilder result = new();
                foreach (object? character in Pick(CodePoints.Split(text, budget), start, stop, stride))
                    result.Append((MarkedText)character!);
                return result.ToMarkedText();
            case IReadOnlyList<object?> list:
                budget.Elements(2L * list.Count);
                List<object?> picked = Pick(list, start, stop, stride);
                return list is TemplateTuple ? new TemplateTuple(picked) : picked;
            default:
                throw new TemplateFailure($"{Values.Describe(value)} has no slices");
        }
    }

    /// <summary>The element at an index, counted from the end if negative.</summary>
    public static bool TryIndex(IReadOnlyList<object?> items, long index, out object? item)
    {
        if (index < 0)
            index += items.Count;
        bool found = index >= 0 && index < items.Count;
        item = found ? items[(int)index] : null;
        return found;
    }

    private static List<object?> Pick(IReadOnlyList<object?> items, object? start, object? stop, int stride)
    {
        List<object?> picked = new();
        if (stride > 0)
        {
            (int first, int end) = Range(start, stop, items.Count);
            for (long i = first; i < end; i += stride)
                picked.Add(items[(int)i]);
            return picked;
        }

        int from = start is null ? items.Count - 1 : Math.Min(Position(start, items.Count), items.Count - 1);
        int downTo = stop is null ? -1 : Math.Max(Position(stop, items.Count), -1);
        for (long i = from; i > downTo; i += stride)
            picked.Add(items[(int)i]);
        return picked;
    }

    private static (int First, int End) Range(object? start, object? stop, int count) => (
        start is null ? 0 : Math.Clamp(Position(start, count), 0, count),
        stop is null ? count : Math.Clamp(Position(stop, count), 0, count));

    private static int Position(object index, int count)
    {
        int position = Values.Clamp(index, "a slice");
        return position < 0 ? position + count : position;
    }
}
