using System.Text.Json;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Tool.Work;

namespace RetNet.Extensions.Tool.Tests.Work;

/// <summary>Texts that are computed together.</summary>
public sealed class SequenceBatchesTests
{
    [Fact]
    public async Task A_sequence_that_fails_is_the_only_one()
    {
        using ManualResetEventSlim mayBegin = new();
        List<int> sizes = [];
        using SequenceBatches<int> batches = new(8, (sequences, _) =>
        {
            mayBegin.Wait();
            sizes.Add(sequences.Count);
            return [.. sequences.Select(sequence => sequence.Length > 0 ? sequence.Length : throw new InvalidOperationException("Empty."))];
        });

        Task<int>[] results = [.. ((int[][])[[9], [1], [], [2, 3]]).Select(one => batches.ComputeAsync(one, CancellationToken.None))];
        mayBegin.Set();

        int[] lengths = await Task.WhenAll(results[0], results[1], results[3]);
        Assert.Equal([1, 1, 2], lengths);
        await Assert.ThrowsAsync<InvalidOperationException>(() => results[2]);
        Assert.Contains(1, sizes);
    }

    [Fact]
    public async Task Nothing_is_computed_after_the_end()
    {
        SequenceBatches<int> batches = new(8, (sequences, _) => [.. sequences.Select(sequence => sequence.Length)]);
        batches.Dispose();

        await Assert.ThrowsAsync<OperationCanceledException>(() => batches.ComputeAsync([1], CancellationToken.None));
    }

    [Theory]
    [InlineData(WorkJob.EmbedTask)]
    [InlineData(WorkJob.ScoreTask)]
    public async Task A_text_whose_state_exceeds_the_budget_is_refused_alone(string kind)
    {
        long room;
        using (TextModel unlimited = TextModel.Load(TestFiles.Llama))
            room = unlimited.Model.StateBytes(StateOptions.Default, 64);
        using TextModel model = TextModel.Load(TestFiles.Llama, scheduling: new BatchSchedulerOptions { StateBudgetBytes = room });
        using ITextTask task = ITextTask.Create(new WorkJob(kind, Texts: 3, Sha256: ""), model, StateOptions.Default, batch: 4);
        string[] texts = ["Once upon a time", string.Concat(Enumerable.Repeat("The dog ran. ", 500)), "The cat slept."];

        Task<Action<Utf8JsonWriter>>[] results = [.. texts.Select(text => task.ComputeAsync(text, CancellationToken.None))];

        StateBudgetException refused = await Assert.ThrowsAsync<StateBudgetException>(() => results[1]);
        Assert.Equal(room, refused.BudgetBytes);
        Assert.NotNull(await results[0]);
        Assert.NotNull(await results[2]);
    }
}
