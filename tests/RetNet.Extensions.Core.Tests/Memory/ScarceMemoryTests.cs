#if DEBUG
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Experts;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Tests.Generation;
using RetNet.Extensions.Core.Tests.Training;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Run;

namespace RetNet.Extensions.Core.Tests.Memory;

/// <summary>Memory that runs out at the n-th request, for every n: an error that says so, nothing is lost or kept, and what needs no more
/// memory goes on.</summary>
[Collection(nameof(MemoryTests))]
public sealed class ScarceMemoryTests : IDisposable
{
    private const int EachOfTheFirst = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public void Dispose() => ScarceMemory.Refuse(0, refused: 0);

    [Theory]
    [InlineData("retnet-tinystories", WeightFormat.Auto)]
    [InlineData("retnet-tinystories", WeightFormat.Int8)]
    [InlineData("llama-tinystories", WeightFormat.Float32)]
    [InlineData("llama-tinystories", WeightFormat.Int4)]
    public void A_model_that_cannot_be_loaded_says_what_each_format_takes(string name, WeightFormat format)
    {
        string path = Path.Combine(RepositoryFiles.Models, name);
        ModelLoadOptions options = new() { Threads = 1, WeightFormat = format };
        Action load = () => LanguageModel.Load(path, options).Dispose();
        int weights = 0;
        int refused = RefuseEach(load, failure =>
        {
            // The header of the file is read before the weights.
            if (failure.Message.Contains(" as Int8, ", StringComparison.Ordinal))
                weights++;
        }, oneOf: 5);
        Assert.InRange(weights, refused - 2, refused);
        Assert.InRange(weights, 10, 10_000);
    }

    [Theory]
    [InlineData("fla")]
    [InlineData("llama")]
    public void A_state_that_cannot_be_copied_saved_or_restored_stays_as_it_was(string family)
    {
        using SyntheticModel synthetic = family == "fla" ? SyntheticModel.Fla() : SyntheticModel.Llama();
        LanguageModel model = synthetic.Model;
        using SequenceState state = model.CreateState(new StateOptions { Policy = new Tova(40) });
        SyntheticModel.Feed(state, SyntheticModel.Tokens(70));
        byte[] saved = SyntheticModel.Save(state);
        RefuseEach(() => state.Fork().Dispose());
        RefuseEach(() => model.CreateState().Dispose());
        RefuseEach(() => model.RestoreState(new MemoryStream(saved), state.Options).Dispose());
        Assert.Equal(saved, SyntheticModel.Save(state));

        // A forward that finds no room changes nothing, or says that it has left the state incomplete.
        using SequenceState wanted = state.Fork();
        float[] expected = SyntheticModel.Feed(wanted, SyntheticModel.Tokens(300));
        for (int granted = 0; ; granted++)
        {
            using SequenceState fed = state.Fork();
            ScarceMemory.Refuse(granted, refused: 1);
            float[] logits = [];
            Exception? failure = Record.Exception(() => logits = SyntheticModel.Feed(fed, SyntheticModel.Tokens(300)));
            bool wasRefused = ScarceMemory.Requests > granted;
            ScarceMemory.Refuse(0, refused: 0);
            Assert.Equal(wasRefused, failure is InsufficientMemoryException);
            if (failure is null)
            {
                Assert.Equal(expected, logits);
                break;
            }

            if (fed.IsUsable)
                Assert.Equal(expected, SyntheticModel.Feed(fed, SyntheticModel.Tokens(300)));
            else
                Assert.Contains("incomplete", Assert.Throws<InvalidOperationException>(fed.Fork).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("fla", 1)]
    [InlineData("llama", 1)]
    [InlineData("fla", int.MaxValue)]
    [InlineData("llama", int.MaxValue)]
    public async Task Requests_that_need_no_more_memory_go_on(string family, int refused)
    {
        using SyntheticModel synthetic = family == "fla" ? SyntheticModel.Fla() : SyntheticModel.Llama();
        GenerationOptions options = new() { MaxTokens = 90, StopTokens = [], Sampling = SamplingOptions.Greedy };
        GenerationRequest[] requests =
        [
            new(SyntheticModel.Tokens(3, seed: 1), options),
            new(SyntheticModel.Tokens(90, seed: 2), options with { State = new StateOptions { Policy = new Tova(16) } }),
            new(SyntheticModel.Tokens(40, seed: 3), options with { State = new StateOptions { Format = StateFormat.BFloat16 } }),
            new(SyntheticModel.Tokens(20, seed: 4), options with { MaxTokens = 5 }) { PrefixLength = 10 },
        ];
        IReadOnlyList<int>[] expected = [.. requests.Select(request => new Generator(synthetic.Model).Generate(request).Tokens)];
        int lacks = 0, mixed = 0;
        for (int granted = 0; ; granted += 1 + (granted / 20))
        {
            await using BatchScheduler scheduler = new(synthetic.Model);
            ScarceMemory.Refuse(granted, refused);
            List<ScheduledGeneration> generations = [];
            foreach (GenerationRequest request in requests)
                generations.Add(await scheduler.EnqueueAsync(request));
            int failed = 0;
            for (int i = 0; i < requests.Length; i++)
            {
                try
                {
                    Assert.Equal(expected[i], (await generations[i].Result.WaitAsync(Patience)).Tokens);
                }
                catch (InsufficientMemoryException)
                {
                    failed++;
                }
            }

            bool wasRefused = ScarceMemory.Requests > granted;
            ScarceMemory.Refuse(0, refused: 0);

            // The forward of several is repeated for each of them, so that one lack costs one request at most.
            Assert.InRange(failed, 0, refused == 1 ? 1 : requests.Length);
            mixed += failed > 0 && failed < requests.Length ? 1 : 0;
            generations.ForEach(generation => generation.Dispose());
            Assert.Equal(expected[0], (await scheduler.GenerateAsync([requests[0]]).WaitAsync(Patience))[0].Tokens);
            if (!wasRefused)
                break;
            lacks++;
        }

        // One lack may cost no request: whether a forward of several or of one meets it is chance. A RetNet asks for memory when its
        // requests begin only, and then all of them do.
        Assert.True(lacks > 5, "Memory hardly ever ran out.");
        Assert.True(mixed > 0 || refused == 1 || family == "fla", "Memory never ran out for some of the requests only.");
    }

    [Theory]
    [InlineData("fla")]
    [InlineData("llama")]
    public void A_training_that_runs_out_of_memory_says_so(string family)
    {
        int[] text = TinyModels.Text(80);
        TrainingOptions options = new() { BatchSize = 2, ContextLength = 16, Steps = 2, EvaluateEvery = 1, KeepBest = true };
        RefuseEach(() =>
        {
            using TrainableModel model = family == "fla" ? TinyModels.RetNet() : TinyModels.Llama();
            new LanguageModelTrainer(model, options).Train(text, text);
        });
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("mixtral")]
    [InlineData("fla")]
    public void A_batch_that_comes_again_after_a_lack_of_memory_gets_all_that_it_needs(string name)
    {
        (int[] tokens, int[] lengths, int[] targets) = SmallModels.Batch();

        // The scratch memory of this thread stays.
        _ = BytesOfStep(null);
        long? needed = BytesOfStep(null);

        // A thread of an earlier test that ended meanwhile has given back its own memory: what is lacking for that is not lacking again.
        for (int granted = 0; BytesOfStep(granted) is { } bytes; granted++)
            Assert.Equal(needed, bytes == needed ? bytes : BytesOfStep(granted));

        // Null where nothing was refused.
        long? BytesOfStep(int? granted)
        {
            using TrainableModel model = SmallModels.Create(name);
            long before = BytesInUse();
            if (granted is { } requests)
            {
                ScarceMemory.Refuse(requests, refused: 1);
                Exception? failure = Record.Exception(() => model.Step(new TrainingBatch(tokens, lengths), targets));
                bool wasRefused = ScarceMemory.Requests > requests;
                ScarceMemory.Refuse(0, refused: 0);
                if (!wasRefused)
                    return null;
                Assert.IsType<InsufficientMemoryException>(failure);
            }

            model.Step(new TrainingBatch(tokens, lengths), targets);
            return BytesInUse() - before;
        }
    }

    [Fact]
    public void Rows_of_experts_that_were_refused_are_there_when_they_are_asked_for_again()
    {
        ExpertOptions options = new() { Count = 4, PerToken = 2, Width = 8, NormalizesWeights = true };
        using ExpertWorkspace whole = new(options, width: 8);
        whole.Reserve(100);
        for (int granted = 0; granted < 3; granted++)
        {
            using ExpertWorkspace again = new(options, width: 8);
            ScarceMemory.Refuse(granted, refused: 1);
            Assert.Throws<InsufficientMemoryException>(() => again.Reserve(100));
            again.Reserve(100);
            Assert.Equal(whole.ByteSize, again.ByteSize);
        }
    }

    /// <summary>Refuses the n-th request for every n, or beyond the first ones for one of some, and looks for memory that was not given
    /// back.</summary>
    /// <returns>The number of refusals.</returns>
    private static int RefuseEach(Action action, Action<InsufficientMemoryException>? afterFailure = null, int oneOf = 1)
    {
        // The scratch memory of this thread stays.
        action();
        long before = BytesInUse();
        int refusals = 0;
        for (int granted = 0; ; granted += granted < EachOfTheFirst ? 1 : oneOf)
        {
            ScarceMemory.Refuse(granted, refused: 1);
            Exception? failure = Record.Exception(action);
            bool wasRefused = ScarceMemory.Requests > granted;
            ScarceMemory.Refuse(0, refused: 0);
            if (!wasRefused)
            {
                Assert.Null(failure);
                return refusals;
            }

            refusals++;
            InsufficientMemoryException lack = Assert.IsType<InsufficientMemoryException>(failure);
            Assert.Contains("memory", lack.Message, StringComparison.Ordinal);
            afterFailure?.Invoke(lack);

            // Scratch memory of models of earlier tests may go meanwhile.
            long after = BytesInUse();
            Assert.InRange(after, 0, before);
            before = after;
        }
    }

    // What the constructor of an object had allocated before it failed is released by finalizers.
    private static long BytesInUse()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return NativeBlocks.Bytes;
    }
}
#endif
