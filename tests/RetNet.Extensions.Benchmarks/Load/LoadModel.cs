using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Benchmarks.Load;

/// <summary>A model under load, and how its sequences remember. Its batch and its queue are soon full.</summary>
/// <param name="Name">The name in reports.</param>
/// <param name="Path">Its folder.</param>
/// <param name="Policy">Which rows of a Transformer's cache stay.</param>
/// <param name="StateSize">How many; null for all.</param>
internal sealed record LoadModel(string Name, string Path, string Policy, string? StateSize)
{
    public const int Threads = 1;
    public const int MaxBatch = 3;
    public const int MaxQueue = 2;

    public StateOptions State { get; } = new() { Policy = MultiStatePolicies.Create(Policy, StateSize) };

    /// <summary>Loads it.</summary>
    /// <param name="budget">What its states count in.</param>
    public TextModel Load(MemoryBudget budget) => TextModel.Load(
        Path, new ModelLoadOptions { Threads = Threads },
        new BatchSchedulerOptions { MaxBatch = MaxBatch, MaxQueue = MaxQueue, Budget = budget });
}
