using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Benchmarks.Papers;

/// <summary>Half of TOVA and half of H2O. The two differ in what they go by, the last query's attention or all attention so far, and in
/// whether the newest half of the rows is safe: these policies are the other two combinations.</summary>
internal sealed record HalfwayPolicy : RulePolicy
{
    /// <summary>TOVA whose newest half is safe.</summary>
    public const string SafeTova = "tova with a safe half";

    /// <summary>H2O of which no row is safe.</summary>
    public const string BareH2O = "h2o without a safe half";

    private HalfwayPolicy(string name, StateSize size, KeepRule rule)
        : base(name, size, rule)
    {
    }

    /// <summary>The policy of a name; null for another name.</summary>
    /// <param name="name"><see cref="SafeTova"/> or <see cref="BareH2O"/>.</param>
    /// <param name="size">k.</param>
    public static HalfwayPolicy? Find(string name, StateSize size) => name switch
    {
        SafeTova => new(name, size, new KeepRule(AttentionNeeds.LastQuery, newestShare: 0.5)),
        BareH2O => new(name, size, new KeepRule(AttentionNeeds.Accumulated)),
        _ => null,
    };
}
