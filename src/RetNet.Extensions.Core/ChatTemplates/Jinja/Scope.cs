namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>Variables, and the scope around them.</summary>
internal sealed class Scope(Scope? parent)
{
    private readonly Dictionary<string, object?> _variables = new(StringComparer.Ordinal);

    public void Set(string name, object? value) => _variables[name] = value;

    public object? Get(string name, Budget budget)
    {
        for (Scope? scope = this; scope is not null; scope = scope.Parent)
        {
            budget.Look(name.Length);
            if (scope._variables.TryGetValue(name, out object? value))
                return value;
        }

        return new Undefined(name);
    }

    private Scope? Parent => parent;
}
