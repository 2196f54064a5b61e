namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>The quantities that samples are of, and their units.</summary>
internal static class Measures
{
    /// <summary>Bytes per second read from memory.</summary>
    public const string Bandwidth = "bandwidth";

    /// <summary>Float32 operations per second in registers.</summary>
    public const string Peak = "peak";

    /// <summary>Generated tokens per second behind a context.</summary>
    public const string Decode = "decode";

    /// <summary>Bytes of weights and state that generating a token reads.</summary>
    public const string DecodeBytes = "decode-bytes";

    /// <summary>Tokens per second of a prompt.</summary>
    public const string Prefill = "prefill";

    /// <summary>Operations of a prompt's token.</summary>
    public const string PrefillOperations = "prefill-operations";

    /// <summary>Bytes of a sequence's state behind a context.</summary>
    public const string StateBytes = "state-bytes";

    /// <summary>Generated tokens per second, the multi-state held to rows by TOVA.</summary>
    public const string Tova = "tova";

    /// <summary>Bytes of such a state.</summary>
    public const string TovaStateBytes = "tova-state-bytes";

    /// <summary>Generated tokens per second of a RetNet of equal size.</summary>
    public const string RetNet = "retnet";

    /// <summary>Bytes of its state.</summary>
    public const string RetNetStateBytes = "retnet-state-bytes";

    /// <summary>Generated tokens per second of eight sequences of a RetNet together.</summary>
    public const string RetNetBatch = "retnet-batch8";

    /// <summary>Bytes of weights and states of eight sequences of a RetNet.</summary>
    public const string RetNetBatchBytes = "retnet-batch8-bytes";

    /// <summary>Generated tokens per second of eight sequences of the Transformer together.</summary>
    public const string TransformerBatch = "transformer-batch8";

    /// <summary>Bytes of weights and states of eight sequences of the Transformer.</summary>
    public const string TransformerBatchBytes = "transformer-batch8-bytes";

    /// <summary>Tokens per second, prompts and generation together, with as many full caches as a budget allows.</summary>
    public const string BudgetFull = "budget-full";

    /// <summary>The same with TOVA.</summary>
    public const string BudgetTova = "budget-tova";

    /// <summary>Sequences that the budget allows with full caches.</summary>
    public const string BudgetFullBatch = "budget-full-batch";

    /// <summary>The same with TOVA.</summary>
    public const string BudgetTovaBatch = "budget-tova-batch";

    /// <summary>Generated tokens per second of one sequence.</summary>
    public const string BatchOfOne = "batch1";

    /// <summary>Generated tokens per second of eight sequences together.</summary>
    public const string BatchOfEight = "batch8";

    /// <summary>Seconds from the start of the process to the first text.</summary>
    public const string ColdStart = "cold-start";

    /// <summary>Bytes given out by the garbage-collected heap per generated token.</summary>
    public const string Allocation = "gc-bytes";

    /// <summary>The same with the scheduler of running batches.</summary>
    public const string ScheduledAllocation = "gc-bytes-scheduler";

    /// <summary>Generated tokens per second while nothing else runs.</summary>
    public const string Quiet = "quiet";

    /// <summary>Generated tokens per second while another process keeps one core busy.</summary>
    public const string Busy = "busy";
}
