using System.Diagnostics;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Tool;

/// <summary>Measures a model on random tokens.</summary>
/// <param name="model">The model.</param>
/// <param name="options">How sequences remember.</param>
/// <param name="prompt">Tokens of each prompt.</param>
/// <param name="decode">Tokens generated for each sequence.</param>
/// <param name="batch">Sequences computed together.</param>
/// <param name="cancellation">Observed between steps.</param>
internal sealed class Benchmark(
    LanguageModel model, StateOptions options, int prompt, int decode, int batch, CancellationToken cancellation) : IDisposable
{
    private const int Runs = 3;
    private const int LeastWarmUpSteps = 64;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    private readonly float[] _logits = new float[(long)batch * model.Info.VocabularySize];
    private readonly int[] _prompts = RandomTokens(batch * prompt, model.Info.VocabularySize);
    private readonly int[] _next = RandomTokens(batch, model.Info.VocabularySize);
    private readonly SequenceInput[] _promptInputs = new SequenceInput[batch];
    private readonly SequenceInput[] _nextInputs = new SequenceInput[batch];

    /// <summary>Runs everything; the figures are medians of three runs.</summary>
    public BenchmarkResult Run()
    {
        WarmUpCode();
        double[] prefill = new double[Runs];
        double[] decoding = new double[Runs];
        double allocated = 0;
        for (int run = 0; run < Runs; run++)
        {
            prefill[run] = Prefill();
            long before = GC.GetTotalAllocatedBytes(precise: true);
            decoding[run] = Decode(decode);
            allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        }

        long stateBytes = _nextInputs[0].State.ByteSize;
        using Process process = Process.GetCurrentProcess();
        long peak = process.PeakWorkingSet64;
        (long keptStates, long workspaces) = Held();
        return new BenchmarkResult(
            (double)batch * prompt / MemoryBandwidth.Median(prefill),
            (double)batch * decode / MemoryBandwidth.Median(decoding),
            ((double)model.Info.WeightBytesPerToken / batch) + stateBytes,
            MeasureBandwidth(),
            stateBytes,
            peak,
            DeviceBytes(),
            allocated / ((double)batch * decode),
            batch * model.StateBytes(options, prompt + decode),
            keptStates,
            model.Info.WeightBytes,
            workspaces);
    }

    public void Dispose()
    {
        foreach (SequenceInput input in _promptInputs)
            input.State?.Dispose();
    }

    private double? MeasureBandwidth() => model.Info.Device.Kind is DeviceKind.Cpu or DeviceKind.Torch
        ? MemoryBandwidth.Measure(model.Info.Threads)
        : ModelEngines.Require(model.Info.Device).MeasureBandwidth(model.Info.Device);

    private long? DeviceBytes()
    {
        if (model.Info.Device == ComputeDevice.Cpu)
            return null;
        DeviceInfo? info = ModelEngines.Devices.FirstOrDefault(info => info.Device == model.Info.Device);
        return info?.TotalBytes - ModelEngines.Require(model.Info.Device).FreeBytes(model.Info.Device);
    }

    /// <summary>What a scheduler holds when it is idle: the states of the prompts, for requests that continue them, and scratch
    /// memory.</summary>
    private (long States, long Workspaces) Held()
    {
        MemoryBudget budget = new(long.MaxValue);
        using BatchScheduler scheduler = new(model, options: new BatchSchedulerOptions { MaxBatch = batch, Budget = budget });
        GenerationOptions oneToken = new() { MaxTokens = 1, State = options };
        GenerationRequest[] requests = [.. Enumerable.Range(0, batch).Select(i =>
            new GenerationRequest(_prompts.AsMemory(i * prompt, prompt), oneToken) { KeepFor = this, KeepPrompt = true })];
#pragma warning disable RS0030 // A command has a thread of its own.
        scheduler.GenerateAsync(requests, cancellation).GetAwaiter().GetResult();
#pragma warning restore RS0030
        return (scheduler.KeptStateBytes, budget.HeldBytes - scheduler.KeptStateBytes);
    }

    /// <summary>Lets the just-in-time compiler finish its optimised code, which it does in the background.</summary>
    private void WarmUpCode()
    {
        Prefill();
        Stopwatch watch = Stopwatch.StartNew();
        for (int steps = 0; steps < LeastWarmUpSteps || watch.Elapsed < WarmUp; steps++)
            Decode(1);
    }

    /// <summary>Feeds all prompts to fresh states.</summary>
    /// <returns>Seconds.</returns>
    private double Prefill()
    {
        for (int i = 0; i < batch; i++)
        {
            _promptInputs[i].State?.Dispose();
            SequenceState state = model.CreateState(options);
            _promptInputs[i] = new SequenceInput(state, prompt);
            _nextInputs[i] = new SequenceInput(state, 1);
        }

        return Measure(_promptInputs, _prompts, steps: 1);
    }

    private double Decode(int steps) => Measure(_nextInputs, _next, steps);

    private double Measure(SequenceInput[] inputs, int[] tokens, int steps)
    {
        long start = Stopwatch.GetTimestamp();
        for (int step = 0; step < steps; step++)
            model.Forward(new ForwardBatch(inputs, tokens, ForwardOutput.LastLogits, cancellation), _logits);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static int[] RandomTokens(int count, int vocabulary)
    {
        Random random = new(count);
        int[] tokens = new int[count];
        foreach (ref int token in tokens.AsSpan())
            token = random.Next(vocabulary);
        return tokens;
    }
}
