using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.Core.Tests.Checkpoints;
using Xunit.Sdk;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>What is allocated; runs apart from other tests, whose allocations would be counted.</summary>
[Collection(nameof(MemoryTests))]
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public sealed class MemoryTests
{
    private const int WarmUp = 150;
    private const int Measured = 200;

    public static TheoryData<bool, bool, bool, int> Runs
    {
        get
        {
            TheoryData<bool, bool, bool, int> runs = [];
            foreach (int threads in (ReadOnlySpan<int>)[1, 2])
            {
                foreach (bool greedy in (ReadOnlySpan<bool>)[true, false])
                {
                    runs.Add(true, false, greedy, threads);
                    runs.Add(false, false, greedy, threads);
                    runs.Add(false, true, greedy, threads);
                }
            }

            return runs;
        }
    }

    private static SamplingOptions Everything => new()
    {
        Seed = 1,
        TopK = 40,
        TopP = 0.95f,
        MinP = 0.01f,
        RepetitionPenalty = 1.1f,
        FrequencyPenalty = 0.1f,
        PresencePenalty = 0.1f,
        LogitBias = new Dictionary<int, float> { [3] = 1, [7] = float.NegativeInfinity },
    };

    [Theory]
    [MemberData(nameof(Runs))]
    public void Decoding_allocates_nothing(bool retnet, bool tova, bool greedy, int threads) => Twice(() =>
    {
        // Wide enough that a second thread is worth waking.
        using SyntheticModel model = retnet ? SyntheticModel.Fla(threads: threads, width: 256) : SyntheticModel.Llama(threads, width: 256);
        using SequenceState state = model.Model.CreateState(new StateOptions { Policy = tova ? new Tova(64) : Full.Instance });
        Sampler sampler = new(greedy ? SamplingOptions.Greedy : Everything, 50);
        float[] logits = new float[50];
        int[] last = [1];
        AssertAllocatesNothing(() =>
        {
            model.Model.Forward(state, last, logits);
            last[0] = sampler.Sample(logits);
            sampler.Observe(last[0]);
        });
    });

    [Theory]
    [InlineData("retnet-tinystories", 1, true)]
    [InlineData("retnet-tinystories", 2, false)]
    [InlineData("llama-tinystories", 1, false)]
    [InlineData("llama-tinystories", 2, true)]
    public void Generating_text_allocates_nothing(string name, int threads, bool greedy) => Twice(() =>
    {
        using TextModel model = TextModel.Load(Path.Combine(RepositoryFiles.Models, name), new ModelLoadOptions { Threads = threads });
        Generator generator = model.CreateGenerator();
        GenerationOptions options = new()
        {
            MaxTokens = 4096,
            StopTokens = [],
            StopStrings = ["never to be found", "nor this"],
            Sampling = greedy ? SamplingOptions.Greedy : Everything,
            State = new StateOptions { Policy = new Tova(64) },
        };
        using Completion completion = generator.Start(new GenerationRequest(
            model.Chat.Encode([new ChatTemplateMessage("user", "Tell me a story.")]), options));
        Completion[] running = [completion];
        int characters = 0;
        AssertAllocatesNothing(() =>
        {
            generator.Step(running);
            characters += completion.NewText.Length;
        });
        Assert.InRange(characters, 1, int.MaxValue);
        Assert.Null(completion.FinishReason);
    });

    [Theory]
    [InlineData("retnet-tinystories", true)]
    [InlineData("llama-tinystories", false)]
    public void Generating_text_of_a_grammar_allocates_nothing(string name, bool greedy) => Twice(() =>
    {
        using TextModel model = TextModel.Load(Path.Combine(RepositoryFiles.Models, name), new ModelLoadOptions { Threads = 1 });
        Generator generator = model.CreateGenerator();
        GenerationOptions options = new()
        {
            MaxTokens = 100_000,
            StopTokens = [],
            Sampling = greedy ? SamplingOptions.Greedy : Everything,
            State = new StateOptions { Policy = new Tova(64) },
            Grammar = Grammar.FromRegex("(\\{\"name\": \"[a-z]{1,4}\", \"age\": [0-9]{2}\\}\n)*"),
        };
        using Completion completion = generator.Start(new GenerationRequest(
            model.Chat.Encode([new ChatTemplateMessage("user", "Tell me a story.")]), options));
        Completion[] running = [completion];

        // Until every part of the grammar has been met.
        for (int i = 0; i < 2000; i++)
            generator.Step(running);
        AssertAllocatesNothing(() => generator.Step(running));
        Assert.Null(completion.FinishReason);
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_thousand_texts_leave_memory_as_it_was(bool retnet)
    {
        using SyntheticModel model = retnet ? SyntheticModel.Fla(width: 128) : SyntheticModel.Llama(width: 128);
        GenerationRequest request = new(SyntheticModel.Tokens(8), new GenerationOptions { MaxTokens = 2, StopTokens = [] });
        Cycle(100);
        long managed = GC.GetTotalMemory(forceFullCollection: true);
        long resident = Environment.WorkingSet;
        Cycle(1000);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - managed, long.MinValue, 100_000);

        // A state has 64 kB: a thousand that leaked would be 64 MB.
        Assert.InRange(Environment.WorkingSet - resident, long.MinValue, 50_000_000);

        void Cycle(int times)
        {
            for (int i = 0; i < times; i++)
                new Generator(model.Model).Generate(request);
        }
    }

    /// <summary>Runs a test once more from the beginning where it fails: what the code allocates at a step, it allocates there again; what
    /// the runtime allocates once in a process, it does not.</summary>
    private static void Twice(Action test)
    {
        try
        {
            test();
        }
        catch (EqualException)
        {
            test();
        }
    }

    /// <summary>Neither on this thread nor on the workers. The test host allocates now and then on threads of its own, so the best of some
    /// short rounds counts there.</summary>
    private static void AssertAllocatesNothing(Action step)
    {
        for (int i = 0; i < WarmUp; i++)
            step();
        long own = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Measured; i++)
            step();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - own);

        long onAllThreads = long.MaxValue;
        for (int round = 0; round < 40 && onAllThreads > 0; round++)
        {
            long total = GC.GetTotalAllocatedBytes(precise: true);
            for (int i = 0; i < Measured / 20; i++)
                step();
            onAllThreads = Math.Min(onAllThreads, GC.GetTotalAllocatedBytes(precise: true) - total);
        }

        Assert.Equal(0, onAllThreads);
    }
}
