using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>The variable <c>loop</c>: the progress of a loop.</summary>
/// <param name="items">What the loop runs over.</param>
/// <param name="depth">How many recursive loops are around it.</param>
/// <param name="recurse">Runs the loop over other items; null unless it is recursive.</param>
/// <param name="budget">What the rendering may still cost.</param>
internal sealed class TemplateLoop(IReadOnlyList<object?> items, int depth, TemplateFunction? recurse, Budget budget)
{
    private IReadOnlyList<object?>? _changed;

    /// <summary>The turn, from 0.</summary>
    public int Index { get; set; }

    /// <summary>What <c>loop(items)</c> calls in a recursive loop.</summary>
    public TemplateFunction? Recurse => recurse;

    public object? Get(string name) => name switch
    {
        "index" => Index + 1L,
        "index0" => (long)Index,
        "revindex" => (long)(items.Count - Index),
        "revindex0" => items.Count - Index - 1L,
        "first" => Index == 0,
        "last" => Index == items.Count - 1,
        "length" => (long)items.Count,
        "depth" => depth + 1L,
        "depth0" => (long)depth,
        "previtem" when Index > 0 => items[Index - 1],
        "nextitem" when Index + 1 < items.Count => items[Index + 1],
        "cycle" => (TemplateFunction)(arguments => arguments.Positional.Count > 0
            ? arguments.Positional[Index % arguments.Positional.Count]
            : throw new TemplateFailure("loop.cycle needs values")),
        "changed" => (TemplateFunction)HasChanged,
        _ => new Undefined(name),
    };

    /// <summary>Whether the values are others than in the turn before.</summary>
    private object HasChanged(TemplateArguments arguments)
    {
        bool same = _changed is not null && _changed.Count == arguments.Positional.Count
            && _changed.Zip(arguments.Positional).All(pair => Values.AreEqual(pair.First, pair.Second, budget));
        _changed = arguments.Positional;
        return !same;
    }
}
