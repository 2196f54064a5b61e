using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>Evaluated arguments. A function asks for each of its parameters, and then whether anything is left over.</summary>
internal sealed class TemplateArguments(IReadOnlyList<object?> positional, IReadOnlyDictionary<string, object?> named)
{
    public int Count => positional.Count + named.Count;

    public IReadOnlyList<object?> Positional => positional;

    public IReadOnlyDictionary<string, object?> Named => named;

    public bool Has(int index, string name) => index < positional.Count || named.ContainsKey(name);

    public object? Get(int index, string name, object? missing) =>
        index < positional.Count ? positional[index] : named.TryGetValue(name, out object? value) ? value : missing;

    public object? Require(int index, string name) =>
        Has(index, name) ? Get(index, name, null) : throw new TemplateFailure($"the argument \"{name}\" is missing");

    /// <summary>The arguments without the first one.</summary>
    public TemplateArguments WithoutFirst(Budget budget)
    {
        budget.Elements(positional.Count);
        return new([.. positional.Skip(1)], named);
    }

    /// <summary>Refuses arguments beyond the parameters that a function has.</summary>
    public void Only(string function, params ReadOnlySpan<string> parameters)
    {
        if (positional.Count > parameters.Length)
            throw new TemplateFailure($"{function} takes at most {parameters.Length} arguments");
        foreach (string name in named.Keys)
        {
            if (!parameters.Contains(name))
                throw new TemplateFailure($"{function} has no argument \"{name}\"");
        }
    }
}
