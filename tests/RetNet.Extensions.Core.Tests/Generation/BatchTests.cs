using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>The results of a sequence do not depend on the rest of the batch, bit for bit.</summary>
public sealed class BatchTests
{
    [Theory]
    [InlineData("fla", 1)]
    [InlineData("fla", 2)]
    [InlineData("torchscale", 1)]
    [InlineData("llama", 1)]
    [InlineData("llama", 2)]
    [InlineData("mistral", 1)]
    [InlineData("llama-104", 2)]
    [InlineData("fla-int8", 2)]
    [InlineData("llama-int8", 1)]
    [InlineData("fla-int4", 1)]
    [InlineData("llama-int4", 2)]
    public void A_batch_of_mixed_lengths_gives_the_bits_that_each_gets_alone(string family, int threads)
    {
        using SyntheticModel model = Create(family, threads);
        int[] lengths = [1, 5, 300, 2, 64, 1, 257];
        StateOptions[] options = [.. lengths.Select((_, i) => new StateOptions
        {
            Policy = i % 2 == 0 ? Full.Instance : new Tova(9),
            Format = i % 3 == 0 ? StateFormat.BFloat16 : StateFormat.Float32,
        })];
        SequenceState[] together = [.. options.Select(model.Model.CreateState)];
        SequenceState[] alone = [.. options.Select(model.Model.CreateState)];
        int vocabulary = model.Model.Info.VocabularySize;

        // The prompts at once, then one token each, then a mixture of both.
        for (int round = 0; round < 3; round++)
        {
            int[][] tokens = [.. lengths.Select((length, i) => SyntheticModel.Tokens(round == 0 ? length : round == 1 ? 1 : 1 + (i * 9),
                seed: (round * 10) + i))];
            SequenceInput[] inputs = [.. tokens.Select((t, i) => new SequenceInput(together[i], t.Length))];
            float[] logits = new float[tokens.Sum(t => t.Length) * vocabulary];
            model.Model.Forward(new ForwardBatch(inputs, tokens.SelectMany(t => t).ToArray(), ForwardOutput.AllLogits), logits);
            int start = 0;
            for (int i = 0; i < tokens.Length; i++)
            {
                float[] expected = SyntheticModel.Feed(alone[i], tokens[i]);
                Assert.Equal(expected, logits.AsSpan(start * vocabulary, expected.Length).ToArray());
                start += tokens[i].Length;
            }
        }

        foreach (SequenceState state in together.Concat(alone))
            state.Dispose();
    }

    [Theory]
    [InlineData("fla")]
    [InlineData("llama")]
    public void Last_logits_and_hidden_states_are_those_of_the_same_run(string family)
    {
        using SyntheticModel model = Create(family, threads: 1);
        int[] tokens = SyntheticModel.Tokens(270);
        using SequenceState first = model.Model.CreateState();
        using SequenceState second = model.Model.CreateState();
        using SequenceState third = model.Model.CreateState();
        float[] all = SyntheticModel.Feed(first, tokens);
        Assert.Equal(all[^model.Model.Info.VocabularySize..], SyntheticModel.Feed(second, tokens, ForwardOutput.LastLogits));
        Assert.All(SyntheticModel.Feed(third, tokens, ForwardOutput.AllHidden), value => Assert.True(value != 0 && float.IsFinite(value)));
    }

    [Fact]
    public void A_batch_that_is_refused_leaves_its_states_usable()
    {
        using SyntheticModel model = SyntheticModel.Fla();
        using SyntheticModel other = SyntheticModel.Fla();
        using SequenceState state = model.Model.CreateState();
        using SequenceState foreign = other.Model.CreateState();
        float[] logits = new float[200];
        Refused<ArgumentException>("another model", [new(state, 1), new(foreign, 1)], [1, 2]);
        Refused<InvalidOperationException>("in use", [new(state, 1), new(state, 1)], [1, 2]);
        Refused<ArgumentException>("0 tokens", [new(state, 0)], []);
        Refused<ArgumentException>("add up to 3 tokens", [new(state, 3)], [1, 2]);
        Refused<ArgumentException>("Token 50", [new(state, 1)], [50]);
        Refused<ArgumentException>("Token -1", [new(state, 1)], [-1]);
        Refused<ArgumentException>("no sequence", [], []);
        Refused<ArgumentException>("room for 3 values", [new(state, 1)], [1], length: 3);
        Assert.Equal(0, state.Position);
        model.Model.Forward(state, [1], logits);
        Assert.Equal(1, state.Position);

        void Refused<TException>(string says, SequenceInput[] inputs, int[] tokens, int length = 200)
            where TException : Exception
        {
            TException exception = Assert.ThrowsAny<TException>(() => model.Model.Forward(new ForwardBatch(inputs, tokens),
                logits.AsSpan(0, length)));
            Assert.Contains(says, exception.Message, StringComparison.Ordinal);
        }
    }

    private static SyntheticModel Create(string family, int threads) => family switch
    {
        // Widths that fill no vector, so that a row's place in memory could matter.
        "fla" => SyntheticModel.Fla(threads: threads, width: 168, feedForward: 257),
        "torchscale" => SyntheticModel.TorchScale(),
        "llama" => SyntheticModel.Llama(threads, width: 168, feedForward: 259),
        "llama-104" => SyntheticModel.Llama(threads, width: 104, feedForward: 101),
        "fla-int8" => SyntheticModel.Fla(threads: threads, width: 96, feedForward: 160, format: WeightFormat.Int8),
        "llama-int8" => SyntheticModel.Llama(threads, width: 96, feedForward: 160, format: WeightFormat.Int8),
        "fla-int4" => SyntheticModel.Fla(threads: threads, width: 96, feedForward: 160, format: WeightFormat.Int4),
        "llama-int4" => SyntheticModel.Llama(threads, width: 96, feedForward: 160, format: WeightFormat.Int4),
        _ => SyntheticModel.Llama(slidingWindow: 40),
    };
}
