using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.DependencyInjection;

/// <summary>The multi-state policies of Core by the names that configurations use.</summary>
public static class MultiStatePolicies
{
    /// <summary>The number of first tokens that <c>sinks</c> keeps unless told otherwise: 4, as in StreamingLLM (arXiv
    /// 2309.17453).</summary>
    public const int DefaultSinks = 4;

    internal const string FullName = "full";

    /// <summary>Creates a policy.</summary>
    /// <param name="name"><c>full</c>, <c>window</c>, <c>sinks</c>, <c>h2o</c> or <c>tova</c>.</param>
    /// <param name="size">The number of rows kept, as <see cref="StateSize.Parse"/> reads it; null for <c>full</c>.</param>
    /// <param name="sinks">The number of first tokens that <c>sinks</c> keeps.</param>
    /// <returns>The policy.</returns>
    /// <exception cref="ArgumentException">The name is unknown, or the size is malformed, missing or out of place.</exception>
    public static IMultiStatePolicy Create(string name, string? size = null, int sinks = DefaultSinks)
    {
        ArgumentNullException.ThrowIfNull(name);
        Func<StateSize, IMultiStatePolicy>? bounded = name.ToUpperInvariant() switch
        {
            "FULL" => null,
            "WINDOW" => rows => new Window(rows),
            "SINKS" => rows => new Sinks(Positive(sinks), rows),
            "H2O" => rows => new H2O(rows),
            "TOVA" => rows => new Tova(rows),
            _ => throw new ArgumentException($"Policy is '{name}'; expected full, window, sinks, h2o or tova."),
        };
        if (bounded is null)
        {
            return size is null
                ? Full.Instance
                : throw new ArgumentException(
                    $"StateSize is '{size}', but the policy full keeps every row; expected no StateSize, or the policy window, sinks, h2o "
                        + "or tova.");
        }

        return bounded(Parse(size ?? throw new ArgumentException(
            $"Policy is '{name}' and StateSize is missing; expected a number of rows such as 512, or a part of the context such as 25%.")));
    }

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

    private static int Positive(int sinks) => sinks >= 0 ? sinks : throw new ArgumentException($"Sinks is {sinks}; expected 0 or more.");
}
