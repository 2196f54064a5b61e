using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>A dictionary of a template: keys are strings, numbers, booleans or none, in the order in which they came. Numbers that are
/// equal are one key, as in Python.</summary>
internal sealed class TemplateMap
{
    private readonly OrderedDictionary<object, (object? Key, object? Value)> _entries = [];

    public int Count => _entries.Count;

    /// <summary>Whether <c>set map.name = value</c> is allowed: only for what <c>namespace()</c> made.</summary>
    public bool IsNamespace { get; init; }

    public IEnumerable<(object? Key, object? Value)> Entries => _entries.Values;

    public void Set(MarkedText key, object? value) => _entries[key.Text] = (key, value);

    public void Set(string key, object? value) => Set(MarkedText.Trusted(key), value);

    /// <exception cref="TemplateFailure">The key is a list, a mapping or undefined, or the budget is spent.</exception>
    public void Set(object? key, object? value, Budget budget)
    {
        budget.Objects(1);
        object name = Name(key, budget) ?? throw new TemplateFailure($"{Values.Describe(key)} cannot be a key");
        object? first = _entries.TryGetValue(name, out (object? Key, object? Value) entry) ? entry.Key : key;
        _entries[name] = (first, value);
    }

    public bool TryGet(string key, Budget budget, [MaybeNullWhen(false)] out object? value)
    {
        budget.Look(key.Length);
        bool found = _entries.TryGetValue(key, out (object? Key, object? Value) entry);
        value = entry.Value;
        return found;
    }

    public bool TryGet(object? key, Budget budget, [MaybeNullWhen(false)] out object? value)
    {
        (object? Key, object? Value) entry = default;
        bool found = Name(key, budget) is { } name && _entries.TryGetValue(name, out entry);
        value = entry.Value;
        return found;
    }

    /// <summary>What a key is found by; null for what cannot be one.</summary>
    private static object? Name(object? key, Budget budget)
    {
        budget.Look((key as MarkedText)?.Length ?? 1);
        return key switch
        {
            null => DBNull.Value,
            MarkedText text => text.Text,
            bool flag => flag ? 1L : 0L,
            double number when Math.Floor(number) == number && double.IsFinite(number) => Values.Narrow(new BigInteger(number)),
            long or double or BigInteger => key,
            _ => null,
        };
    }
}
