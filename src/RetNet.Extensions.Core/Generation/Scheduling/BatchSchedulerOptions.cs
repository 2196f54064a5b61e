using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Generation.Scheduling;

/// <summary>How many requests a <see cref="BatchScheduler"/> takes, and what they may cost.</summary>
public sealed record BatchSchedulerOptions
{
    /// <summary>The most that <see cref="MaxBatch"/> may be.</summary>
    public const int LargestBatch = 4096;

    /// <summary>The largest number of sequences in the running batch, up to <see cref="LargestBatch"/>. Default 32.</summary>
    public int MaxBatch { get; init; } = 32;

    /// <summary>The largest number of requests that wait while the batch is full. A scheduler has <see cref="MaxBatch"/> and so many
    /// requests at the same time, also where the budget for states lets fewer run. Default 1024.</summary>
    public int MaxQueue { get; init; } = 1024;

    /// <summary>
    /// The approximate number of prompt tokens that one step reads beside the sequences that decode. With a smaller number those sequences
    /// wait less for a long prompt, and the prompt takes longer. Default 128.
    /// </summary>
    public int PrefillChunk { get; init; } = 128;

    /// <summary>
    /// Bytes that states may have together: those of the running batch, each counted with its largest possible size
    /// (<see cref="LanguageModel.StateBytes"/>), and those that are kept between requests, which make room for requests. Default null: the
    /// scheduler shares <see cref="Budget"/>.
    /// </summary>
    public long? StateBudgetBytes { get; init; }

    /// <summary>A budget that this scheduler shares with others, instead of <see cref="StateBudgetBytes"/>. Default null: without <see
    /// cref="StateBudgetBytes"/> it is <see cref="MemoryBudget.Default"/>.</summary>
    public MemoryBudget? Budget { get; init; }

    /// <summary>
    /// Bytes of the budget that states may keep between requests: the states of conversations (<see cref="GenerationRequest.KeepFor"/>) and
    /// of prompts' beginnings (<see cref="GenerationRequest.PrefixLength"/>); the least recently used one is released first. Default 256
    /// MiB; 0 keeps none.
    /// </summary>
    public long KeptStateBytes { get; init; } = 256L << 20;

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names the option.</exception>
    public void Validate()
    {
        Require(nameof(MaxBatch), MaxBatch, least: 1, most: LargestBatch);
        Require(nameof(MaxQueue), MaxQueue, least: 1);
        Require(nameof(PrefillChunk), PrefillChunk, least: 1);
        Require(nameof(StateBudgetBytes), StateBudgetBytes ?? 1, least: 1);
        Require(nameof(KeptStateBytes), KeptStateBytes, least: 0);
        if (Budget is not null && StateBudgetBytes is not null)
            throw new ArgumentException($"{nameof(Budget)} and {nameof(StateBudgetBytes)} are both set; expected one of them.");
    }

    /// <summary>The largest number of requests that run and wait together.</summary>
    internal int MaxRequests => (int)Math.Min(int.MaxValue, (long)MaxQueue + MaxBatch);

    /// <summary>The budget that these options state.</summary>
    internal MemoryBudget CreateBudget() => Budget
        ?? (StateBudgetBytes is { } bytes ? new MemoryBudget(bytes, countsWorkspaces: false) : MemoryBudget.Default);

    private static void Require(string option, long found, long least, long most = long.MaxValue)
    {
        if (found < least || found > most)
        {
            throw new ArgumentException(
                $"{option} is {found}; expected {(most == long.MaxValue ? $"at least {least}" : $"{least} to {most}")}.", option);
        }
    }
}
