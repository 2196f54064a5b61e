using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>A dictionary of a template: string keys, in the order in which they came.</summary>
internal sealed class TemplateMap
{
    private readonly OrderedDictionary<string, (MarkedText Key, object? Value)> _entries = new(StringComparer.Ordinal);

    public int Count => _entries.Count;

    /// <summary>Whether <c>set map.name = value</c> is allowed: only for what <c>namespace()</c> made.</summary>
    public bool IsNamespace { get; init; }

    public IEnumerable<(MarkedText Key, object? Value)> Entries => _entries.Values;

    public void Set(MarkedText key, object? value) => _entries[key.Text] = (key, value);

    public void Set(string key, object? value) => Set(MarkedText.Trusted(key), value);

    public void Set(MarkedText key, object? value, Budget budget)
    {
        budget.Objects(1);
        budget.Look(key.Length);
        Set(key, value);
    }

    public bool TryGet(string key, Budget budget, [MaybeNullWhen(false)] out object? value)
    {
        budget.Look(key.Length);
        bool found = _entries.TryGetValue(key, out (MarkedText Key, object? Value) entry);
        value = entry.Value;
        return found;
    }
}

/// <summary>The variable <c>loop</c>: the progress of a loop.</summary>
internal sealed record TemplateLoop(IReadOnlyList<object?> Items, int Index)
{
    public object? Get(string name) => name switch
    {
        "index" => Index + 1L,
        "index0" => (long)Index,
        "revindex" => (long)(Items.Count - Index),
        "revindex0" => Items.Count - Index - 1L,
        "first" => Index == 0,
        "last" => Index == Items.Count - 1,
        "length" => (long)Items.Count,
        "previtem" when Index > 0 => Items[Index - 1],
        "nextitem" when Index + 1 < Items.Count => Items[Index + 1],
        "previtem" or "nextitem" => new Undefined(name),
        _ => throw new TemplateFailure($"\"loop.{name}\" is not supported"),
    };
}
