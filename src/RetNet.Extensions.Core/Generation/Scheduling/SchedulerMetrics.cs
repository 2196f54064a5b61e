using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Generation.Scheduling;

/// <summary>The activity of the schedulers of the process, as instruments of the meter <c>RetNet.Extensions.Generation</c>; each scheduler
/// adds its changes.</summary>
internal static class SchedulerMetrics
{
    private const string Holder = "retnet.state.holder";

    private static readonly Meter Meter = new("RetNet.Extensions.Generation");

    private static readonly UpDownCounter<long> States = Meter.CreateUpDownCounter<long>(
        "retnet.scheduler.states", "{state}", "States of running sequences, and kept states of conversations and prefixes.");

    private static readonly UpDownCounter<long> StateBytes = Meter.CreateUpDownCounter<long>(
        "retnet.scheduler.state", "By", "Bytes of states: what those of running sequences may grow to, and what kept ones hold.");

    private static readonly ConditionalWeakTable<LanguageModel, object?> Models = [];

    /// <summary>The holder of a state in a running batch.</summary>
    public static KeyValuePair<string, object?> Sequence { get; } = new(Holder, "sequence");

    /// <summary>The holder of a state that a later request may continue.</summary>
    public static KeyValuePair<string, object?> Conversation { get; } = new(Holder, "conversation");

    /// <summary>The holder of a state after the beginning of prompts.</summary>
    public static KeyValuePair<string, object?> Prefix { get; } = new(Holder, "prefix");

    /// <summary>Requests that wait for a batch.</summary>
    public static UpDownCounter<long> Queued { get; } = Meter.CreateUpDownCounter<long>(
        "retnet.scheduler.queued", "{request}", "Requests that wait for a batch.");

    /// <summary>Sequences in running batches.</summary>
    public static UpDownCounter<long> Running { get; } = Meter.CreateUpDownCounter<long>(
        "retnet.scheduler.running", "{request}", "Sequences in running batches.");

    private static Counter<long> Tokens { get; } = Meter.CreateCounter<long>(
        "retnet.scheduler.tokens", "{token}", "Tokens that were fed, prompts and generated ones.");

    private static Counter<long> Drafted { get; } = Meter.CreateCounter<long>(
        "retnet.scheduler.drafted", "{token}", "Tokens that were guessed from prompt and text, and verified.");

    private static Counter<long> Accepted { get; } = Meter.CreateCounter<long>(
        "retnet.scheduler.accepted", "{token}", "Guessed tokens that were right.");

    /// <summary>Bytes of the scratch memory of the schedulers' models.</summary>
    private static ObservableUpDownCounter<long> Workspace { get; } = Meter.CreateObservableUpDownCounter(
        "retnet.scheduler.workspace", () => Models.Sum(model => model.Key.WorkspaceBytes), "By",
        "Bytes of scratch memory: that of forwards, which is kept for some seconds, and the states and outputs of texts that are scored.");

    /// <summary>Counts a model's scratch memory.</summary>
    public static void Observe(LanguageModel model)
    {
        Models.AddOrUpdate(model, null);
        _ = Workspace;
    }

    /// <summary>Counts the tokens of a step.</summary>
    public static void CountTokens(BatchStep step)
    {
        Tokens.Add(step.SeenTokens);
        if (step.DraftedTokens == 0)
            return;
        Drafted.Add(step.DraftedTokens);
        Accepted.Add(step.AcceptedTokens);
    }

    /// <summary>Adds to the number and the bytes of states.</summary>
    /// <param name="holder">What holds them: <see cref="Sequence"/>, <see cref="Conversation"/> or <see cref="Prefix"/>.</param>
    /// <param name="states">The change of their number.</param>
    /// <param name="bytes">The change of their bytes.</param>
    public static void CountState(KeyValuePair<string, object?> holder, int states, long bytes)
    {
        States.Add(states, holder);
        StateBytes.Add(bytes, holder);
    }
}
