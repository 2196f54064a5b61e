using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.ML.Models;

/// <summary>Checks that a model can remember as its options say, the same for trainers and transforms.</summary>
internal static class StateChecks
{
    /// <summary>Checks that there is a cache to bound if the options bound it.</summary>
    /// <param name="options">The options.</param>
    /// <param name="policy">The name of their policy.</param>
    /// <param name="hasCache">Whether the model has a key-value cache, which a RetNet does not have.</param>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static void RequireCache(StateOptions options, string policy, bool hasCache)
    {
        if (!options.Policy.Size.IsUnbounded && !hasCache)
            throw new ArgumentException($"Policy is {policy}; expected full: a RetNet has no key-value cache to bound.", "Policy");
    }
}
