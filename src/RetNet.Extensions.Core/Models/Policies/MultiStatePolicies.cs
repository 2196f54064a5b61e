namespace RetNet.Extensions.Core.Models.Policies;

/// <summary>The policies of this library by the names that configurations and command lines use.</summary>
public static class MultiStatePolicies
{
    /// <summary>The name of <see cref="Models.Full"/>, the only policy that has no size.</summary>
    public const string Full = "full";

    /// <summary>The name of <see cref="Policies.Window"/>.</summary>
    public const string Window = "window";

    /// <summary>The name of <see cref="Policies.Sinks"/>.</summary>
    public const string Sinks = "sinks";

    /// <summary>The name of <see cref="Policies.H2O"/>.</summary>
    public const string H2O = "h2o";

    /// <summary>The name of <see cref="Policies.Tova"/>.</summary>
    public const string Tova = "tova";

    /// <summary>The number of first tokens that <see cref="Sinks"/> keeps unless told otherwise: 4, as in StreamingLLM (arXiv
    /// 2309.17453).</summary>
    public const int DefaultSinks = 4;

    /// <summary>The number of rows that a bounded policy keeps unless told otherwise: a quarter of the context that the model's
    /// configuration names.</summary>
    public static StateSize DefaultSize => StateSize.FractionOfContext(0.25);

    /// <summary>Every name.</summary>
    public static IReadOnlyList<string> Names { get; } = [Full, Window, Sinks, H2O, Tova];

    /// <summary>Creates a policy.</summary>
    /// <param name="name">One of <see cref="Names"/>, whatever its case.</param>
    /// <param name="size">The number of rows kept, as <see cref="StateSize.Parse"/> reads it; null for <see cref="Full"/>, and
    /// for <see cref="DefaultSize"/>.</param>
    /// <param name="sinks">The number of first tokens that <see cref="Sinks"/> keeps.</param>
    /// <returns>The policy.</returns>
    /// <exception cref="ArgumentException">The name is unknown, or the size is malformed or out of place.</exception>
    public static IMultiStatePolicy Create(string name, string? size = null, int sinks = DefaultSinks) =>
        Create(name, size is null ? StateSize.Unbounded : Parse(size), sinks);

    /// <summary>Creates a policy.</summary>
    /// <param name="name">One of <see cref="Names"/>, whatever its case.</param>
    /// <param name="size">The number of rows kept; unbounded for <see cref="Full"/>, and for <see cref="DefaultSize"/>.</param>
    /// <param name="sinks">The number of first tokens that <see cref="Sinks"/> keeps.</param>
    /// <returns>The policy.</returns>
    /// <exception cref="ArgumentException">The name is unknown, or the size is out of place.</exception>
    public static IMultiStatePolicy Create(string name, StateSize size, int sinks = DefaultSinks)
    {
        ArgumentNullException.ThrowIfNull(name);
        StateSize rows = size.IsUnbounded ? DefaultSize : size;
        return Names.FirstOrDefault(known => known.Equals(name, StringComparison.OrdinalIgnoreCase)) switch
        {
            Full => size.IsUnbounded ? Models.Full.Instance : throw NoSize(size),
            Window => new Window(rows),
            Sinks => new Sinks(sinks >= 0 ? sinks : throw new ArgumentException($"Sinks is {sinks}; expected 0 or more."), rows),
            H2O => new H2O(rows),
            Tova => new Tova(rows),
            _ => throw new ArgumentException($"Policy is '{name}'; expected full, window, sinks, h2o or tova."),
        };
    }

    private static ArgumentException NoSize(StateSize size) => new(
        $"StateSize is '{size}', but the policy full keeps every row; expected no StateSize, or the policy window, sinks, h2o or tova.");

    private static StateSize Parse(string size)
    {
        try
        {
            return StateSize.Parse(size);
        }
        catch (FormatException exception)
        {
            throw new ArgumentException($"StateSize: {exception.Message}", exception);
        }
    }
}
