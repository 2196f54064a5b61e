using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.Core.Tests.Checkpoints;

namespace RetNet.Extensions.Core.Tests.Generation;

[Collection(nameof(MemoryTests))]
public sealed class BatchSchedulerMemoryTests
{
    [Theory]
    [InlineData("retnet-tinystories")]
    [InlineData("llama-tinystories")]
    public async Task Decoding_and_reading_allocate_nothing(string name)
    {
        using TextModel model = TextModel.Load(Path.Combine(RepositoryFiles.Models, name), new ModelLoadOptions { Threads = 1 });
        await using BatchScheduler scheduler = new(model.Model, model.Tokenizer);
        GenerationOptions options = new()
        {
            MaxTokens = 4000,
            StopTokens = [],
            State = new StateOptions { Policy = new Tova(64) },
            Sampling = new SamplingOptions { Seed = 1, TopK = 40 }
        };
        int tokens = 0;
        ScheduledGeneration[] generations = new ScheduledGeneration[3];
        Task[] readers = new Task[generations.Length];
        for (int i = 0; i < generations.Length; i++)
        {
            generations[i] = await scheduler.EnqueueAsync(new GenerationRequest(model.Tokenizer.Encode($"{i} cats"), options));
            readers[i] = ReadAsync(generations[i]);
        }

        SpinWait.SpinUntil(() => Volatile.Read(ref tokens) > 600);

        // The test host allocates now and then on threads of its own, so the best of some short rounds counts.
        long least = long.MaxValue;
        for (int round = 0; round < 60 && least > 0; round++)
        {
            int before = Volatile.Read(ref tokens);
            long allocated = GC.GetTotalAllocatedBytes(precise: true);
            while (Volatile.Read(ref tokens) < before + 30)
                Thread.Yield();
            least = Math.Min(least, GC.GetTotalAllocatedBytes(precise: true) - allocated);
        }

        Assert.All(readers, reader => Assert.False(reader.IsCompleted));
        Assert.Equal(0, least);
        Array.ForEach(generations, generation => generation.Dispose());
        await Assert.ThrowsAsync<OperationCanceledException>(() => Task.WhenAll(readers));

        async Task ReadAsync(ScheduledGeneration generation)
        {
            while (await generation.ReadAsync().ConfigureAwait(false))
                Interlocked.Add(ref tokens, generation.Tokens.Length);
        }
    }

    [Fact]
    public async Task The_schedulers_own_thread_allocates_nothing_per_token()
    {
        using SyntheticModel llama = SyntheticModel.Llama();
        using GatePolicy gate = new();
        List<long> allocated = new(10_000);
        gate.Passing = () => allocated.Add(GC.GetAllocatedBytesForCurrentThread());
        await using BatchScheduler scheduler = new(llama.Model);
        GenerationOptions options = new() { MaxTokens = 1500, StopTokens = [] };
        using ScheduledGeneration measured = await scheduler.EnqueueAsync(gate.Request(maxTokens: 1000));
        using ScheduledGeneration other = await scheduler.EnqueueAsync(new GenerationRequest(SyntheticModel.Tokens(5), options));
        gate.Open.Set();

        await measured.Result;

        // Two layers call the policy in each step.
        Assert.InRange(allocated.Count, 1900, 2100);
        Assert.False(other.Result.IsCompleted);
        Assert.Equal(0, LeastOfRounds(allocated, round: 300));
    }

    [Fact]
    public async Task A_batch_of_many_logits_keeps_their_memory_beside_a_text_that_runs_apart()
    {
        const int Texts = 65, Vocabulary = (BatchStep.ManyLogits / Texts) + 1;
        using SyntheticModel llama = SyntheticModel.Llama(width: 8, vocabulary: Vocabulary);
        using GatePolicy gate = new();
        List<long> allocated = new(1000);
        gate.Passing = () => allocated.Add(GC.GetAllocatedBytesForCurrentThread());
        await using BatchScheduler scheduler = new(llama.Model, options: new BatchSchedulerOptions { MaxBatch = Texts + 1 });
        GenerationOptions options = new() { MaxTokens = 300, StopTokens = [] };
        using ScheduledGeneration measured = await scheduler.EnqueueAsync(gate.Request(maxTokens: 60));
        List<ScheduledGeneration> others = [];
        for (int i = 0; i < Texts; i++)
            others.Add(await scheduler.EnqueueAsync(new GenerationRequest(SyntheticModel.Tokens(3), options)));
        gate.Open.Set();

        await measured.Result;

        Assert.All(others, other => Assert.False(other.Result.IsCompleted));
        Assert.Equal(0, LeastOfRounds(allocated, round: 20));
        others.ForEach(other => other.Dispose());
    }

    // The runtime allocates now and then where it compiles what a thread runs, so the best of some rounds counts, as above.
    private static long LeastOfRounds(List<long> allocated, int round) =>
        Enumerable.Range(1, (allocated.Count / round) - 1).Min(i => allocated[((i + 1) * round) - 1] - allocated[i * round]);
}
