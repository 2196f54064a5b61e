using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Training.Run;

namespace RetNet.Extensions.Core.Tests.Training;

public class TokenWindowsTests
{
    [Property(MaxTest = 60)]
    public void Every_token_but_a_document_s_first_is_predicted_once_an_epoch(byte[] lengths, byte context, int seed)
    {
        // A token is its own place: document and index.
        int[][] documents = [.. (lengths ?? []).Select((length, d) => Enumerable.Range(0, length).Select(i => (d * 256) + i).ToArray())];
        TokenWindows windows = new(documents.Select(document => (ReadOnlyMemory<int>)document), context + 1, seed);

        int[] expected = [.. documents.SelectMany(document => document.Skip(1))];
        for (int epoch = 0; epoch < 3; epoch++)
        {
            int[][] texts = [.. Enumerable.Range(
                0, windows.Count).Select(i => windows.Shuffled(((long)epoch * windows.Count) + i).ToArray())];
            Assert.Equal(expected, texts.SelectMany(text => text.Skip(1)).Order());
            Assert.All(texts, text => Assert.InRange(text.Length, 2, context + 2));
            Assert.All(texts, text => Assert.Equal(Enumerable.Range(text[0], text.Length), text));
        }

        Assert.Equal(expected, Enumerable.Range(0, windows.Count).SelectMany(i => windows.InOrder(i).ToArray().Skip(1)));
    }

    [Fact]
    public void Epochs_differ_in_order_and_cuts_and_a_seed_repeats_them()
    {
        int[] text = [.. Enumerable.Range(0, 95)];
        TokenWindows first = new([text], 10, seed: 1), again = new([text], 10, seed: 1), other = new([text], 10, seed: 2);
        int[][] Starts(TokenWindows windows) =>
            [.. Enumerable.Range(0, 3).Select(epoch => Enumerable.Range(epoch * 10, 10).Select(i => windows.Shuffled(i)[0]).ToArray())];
        int[][] starts = Starts(first);
        Assert.Equal(starts, Starts(again));
        Assert.NotEqual(starts, Starts(other));
        Assert.NotEqual(starts[0], starts[1]);
        Assert.NotEqual(starts[0].Order(), starts[1].Order());
    }

    [Property(MaxTest = 60)]
    public void Every_sequence_is_in_one_batch_of_an_epoch(byte[] lengths, byte size, int seed)
    {
        int[] all = [.. (lengths ?? []).Append((byte)1).Select(length => (int)length)];
        SequenceBatches batches = new(all, size + 1, seed);
        for (int epoch = 0; epoch < 3; epoch++)
        {
            int[][] parts = [.. Enumerable.Range(
                0, batches.PerEpoch).Select(i => batches.Batch(((long)epoch * batches.PerEpoch) + i).ToArray())];
            Assert.Equal(Enumerable.Range(0, all.Length), parts.SelectMany(part => part).Order());
        }
    }

    [Fact]
    public void A_batch_holds_sequences_of_similar_length()
    {
        Random random = new(1);
        int[] lengths = [.. Enumerable.Range(0, 320).Select(_ => random.Next(1, 100))];
        SequenceBatches batches = new(lengths, 10, seed: 1);
        double spread = Enumerable.Range(0, batches.PerEpoch)
            .Average(i => batches.Batch(i).ToArray().Max(s => lengths[s]) - batches.Batch(i).ToArray().Min(s => lengths[s]));
        Assert.InRange(spread, 0, 6);
    }
}
