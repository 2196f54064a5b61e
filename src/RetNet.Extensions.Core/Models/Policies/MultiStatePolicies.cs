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

    /// <summary>Every name.</summary>
    public static IReadOnlyList<string> Names { get; } = [Full, Window, Sinks, H2O, Tova];

    /// <summary>Creates a policy.</summary>
    /// <param name="name">One of <see cref="Names"/>, whatever its case.</param>
    /// <param name="size">The number of rows kept, as <see cref="StateSize.Parse"/> reads it; null for <see cref="Full"/>.</param>
    /// <param name="sinks">The number of first tokens that <see cref="Sinks"/> keeps.</param>
    /// <returns>The policy.</returns>
    /// <exception cref="ArgumentException">The name is unknown, or the size is malformed, missing or out of place.</exception>
    public static IMultiStatePolicy Create(string name, string? size = null, int sinks = DefaultSinks) =>
        Create(name, size is null ? StateSize.Unbounded : Parse(size), sinks);

    /// <summary>Creates a policy.</summary>
    /// <param name="name">One of <see cref="Names"/>, whatever its case.</param>
    /// <param name="size">The number of rows kept; unbounded for <see cref="Full"/>.</param>
    /// <param name="sinks">The number of first tokens that <see cref="Sinks"/> keeps.</param>
    /// <returns>The policy.</returns>
    /// <exception cref="ArgumentException">The name is unknown, or the size is missing or out of place.</exception>
    public static IMultiStatePolicy Create(string name, StateSize size, int sinks = DefaultSinks)
    {
        ArgumentNullException.ThrowIfNull(name);
        return Names.FirstOrDefault(known => known.Equals(name, StringComparison.OrdinalIgnoreCase)) switch
        {
            Full => size.IsUnbounded ? Models.Full.Instance : throw NoSize(size),
            Window => new Window(Bounded(name, size)),
            Sinks => new Sinks(sinks >= 0 ? sinks : throw new ArgumentException($"Sinks is {sinks}; expected 0 or more."),
                Bounded(name, size)),
            H2O => new H2O(Bounded(name, size)),
            Tova => new Tova(Bounded(name, size)),
            _ => throw new ArgumentException($"Policy is '{name}'; expected full, window, sinks, h2o or tova."),
        };
    }

    private static StateSize Bounded(string name, StateSize size) => !size.IsUnbounded ? size : throw new ArgumentException(
        $"Policy is '{name}' and StateSize is missing; expected a number of rows such as 512, or a part of the context such as 25%.");

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
