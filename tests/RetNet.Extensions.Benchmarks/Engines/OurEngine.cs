using System.Diagnostics;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Benchmarks.Engines;

/// <summary>This library: beside others the model alone, for its own promises <see cref="Generator"/> with greedy sampling.</summary>
/// <param name="model">The model; owned by the engine.</param>
/// <param name="options">How sequences remember.</param>
internal sealed class OurEngine(LanguageModel model, StateOptions options) : IEngine, IDisposable
{
    private const int FirstToken = 300;
    private const int TokenStep = 7919;
    private const int TokenCount = 30000;
    // Methods run without optimisation until they have been compiled anew, some hundred milliseconds after their first use.
    private const int DecodeWarmUp = 32;

    // Contexts that were read, kept for all options, because reading one takes longer than everything that is measured behind it.
    private readonly Dictionary<(int Context, StateOptions Options), SequenceState> _contexts = [];
    private readonly Generator _generator = new(model);
    private readonly float[] _logits = new float[model.Info.VocabularySize];

    public string Name => EngineNames.Ours;

    public LanguageModel Model => model;

    /// <summary>How sequences remember from here on.</summary>
    public StateOptions Options { get; set; } = options;

    public double Prefill(int tokens)
    {
        using SequenceState state = model.CreateState(Options);
        int[] prompt = Prompt(tokens);
        long start = Stopwatch.GetTimestamp();
        model.Forward(state, prompt, _logits);
        return tokens / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    public double Decode(int context, int tokens)
    {
        using SequenceState state = Context(context).Fork();
        long start = 0;
        for (int step = 0; step < DecodeWarmUp + tokens; step++)
        {
            if (step == DecodeWarmUp)
                start = Stopwatch.GetTimestamp();
            model.Forward(state, [FirstToken + step], _logits);
        }

        return tokens / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Generates with several sequences at once.</summary>
    /// <returns>Tokens per second of all sequences together.</returns>
    public double Generate(int batch, int context, int tokens)
    {
        long start = 0;
        Generate(batch, context, DecodeWarmUp + tokens, step =>
        {
            if (step == DecodeWarmUp)
                start = Stopwatch.GetTimestamp();
        });
        return (double)batch * tokens / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Bytes that the garbage-collected heap gave out per generated token, once the buffers have grown.</summary>
    public double AllocatedBytesPerToken(int context, int tokens)
    {
        long before = 0;
        Generate(1, context, DecodeWarmUp + tokens, step =>
        {
            if (step == DecodeWarmUp)
                before = GC.GetTotalAllocatedBytes(precise: true);
        });
        return (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / tokens;
    }

    /// <summary>The same with a <see cref="BatchScheduler"/> between the tokens and their reader.</summary>
    public async Task<double> ScheduledBytesPerTokenAsync(int context, int tokens)
    {
        using BatchScheduler scheduler = new(model);
        using ScheduledGeneration generation = await scheduler.EnqueueAsync(new GenerationRequest(Prompt(context),
            Settings(2 * (DecodeWarmUp + tokens))));
        long before = 0;
        int start = 0;
        for (int read = 0; await generation.ReadAsync();)
        {
            read += generation.Tokens.Length;
            if (start == 0 && read >= DecodeWarmUp)
                (start, before) = (read, GC.GetTotalAllocatedBytes(precise: true));
            if (read >= DecodeWarmUp + tokens)
                return (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / (read - start);
        }

        throw new InvalidOperationException($"The generation ended before {DecodeWarmUp + tokens} tokens.");
    }

    /// <summary>Bytes of a state behind a context.</summary>
    public long StateBytes(int context) => Context(context).ByteSize;

    public void Dispose()
    {
        foreach (SequenceState state in _contexts.Values)
            state.Dispose();
        model.Dispose();
    }

    /// <summary>Calls <paramref name="beforeStep"/> before every step.</summary>
    private void Generate(int batch, int context, int steps, Action<int> beforeStep)
    {
        SequenceState[] states = [.. Enumerable.Range(0, batch).Select(_ => Context(context).Fork())];
        Completion[] completions = [.. states.Select(state => _generator.Start(new GenerationRequest(new[] { FirstToken },
            Settings(steps + 1), state)))];
        try
        {
            for (int step = 0; step < steps; step++)
            {
                beforeStep(step);
                _generator.Step(completions);
            }
        }
        finally
        {
            foreach (SequenceState state in states)
                state.Dispose();
        }
    }

    private SequenceState Context(int tokens)
    {
        if (_contexts.TryGetValue((tokens, Options), out SequenceState? known))
            return known;
        SequenceState state = model.CreateState(Options);
        model.Forward(state, Prompt(tokens), _logits);
        return _contexts[(tokens, Options)] = state;
    }

    private GenerationOptions Settings(int tokens) =>
        new() { MaxTokens = tokens, Sampling = SamplingOptions.Greedy, StopTokens = [], State = Options };

    private int[] Prompt(int tokens) =>
        [.. Enumerable.Range(0, tokens).Select(i => (int)((FirstToken + ((long)i * TokenStep % TokenCount)) % model.Info.VocabularySize))];
}
