using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.ML.Models;

/// <summary>Checks options, the same for trainers and transforms.</summary>
internal static class OptionChecks
{
    /// <summary>Refuses an option that does not hold.</summary>
    /// <param name="holds">Whether the option can be used.</param>
    /// <param name="option">Its name.</param>
    /// <param name="found">Its value; null or white space is called missing.</param>
    /// <param name="expected">What it may be.</param>
    /// <exception cref="ArgumentException">It cannot be used.</exception>
    public static void Require([DoesNotReturnIf(false)] bool holds, string option, object? found, string expected)
    {
        if (!holds)
        {
            throw new ArgumentException(
                $"{option} is {(string.IsNullOrWhiteSpace(found?.ToString()) ? "missing" : found)}; expected {expected}.", option);
        }
    }

    /// <summary>Refuses a number that stands for no value of an enumeration.</summary>
    /// <param name="value">The option's value.</param>
    /// <param name="option">Its name.</param>
    /// <exception cref="ArgumentException">It stands for none.</exception>
    public static void RequireDefined<T>(T value, string option)
        where T : struct, Enum => Require(Enum.IsDefined(value), option, value, string.Join(", ", Enum.GetNames<T>()));

    /// <summary>Refuses how a model remembers a text.</summary>
    /// <exception cref="ArgumentException">The format is unknown, or there is no policy.</exception>
    public static void RequireStates(StateFormat format, string? policy)
    {
        RequireDefined(format, "StateFormat");
        Require(policy is not null, "Policy", policy, string.Join(", ", MultiStatePolicies.Names));
    }

    /// <summary>Refuses where a model runs.</summary>
    /// <exception cref="ArgumentException">A number is out of range.</exception>
    public static void RequireRun(int threads, int? gpuDeviceId = null)
    {
        Require(threads is >= 0 and <= 1024, "Threads", threads, "0 (one per processor) to 1024");
        Require(gpuDeviceId is null or >= 0, "GpuDeviceId", gpuDeviceId, "0 or more, or null");
    }

    /// <summary>Refuses to bound a cache that is not there.</summary>
    /// <param name="state">How the model remembers a text.</param>
    /// <param name="policy">The name of its policy.</param>
    /// <param name="hasCache">Whether the model has a key-value cache, which a RetNet does not have.</param>
    /// <exception cref="ArgumentException">There is none to bound.</exception>
    public static void RequireCache(StateOptions state, string policy, bool hasCache)
    {
        Require(state.Policy.Size.IsUnbounded || hasCache, "Policy", policy, "full: a RetNet has no key-value cache to bound");
        Require(state.Format != StateFormat.Int8 || hasCache, "StateFormat", state.Format,
            $"{StateFormat.Float32} or {StateFormat.BFloat16}: a RetNet's matrices are not kept in 8 bits");
    }
}
