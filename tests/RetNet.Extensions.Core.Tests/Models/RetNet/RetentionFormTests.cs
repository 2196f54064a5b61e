using FsCheck;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Tests.Generation;

namespace RetNet.Extensions.Core.Tests.Models.RetNet;

/// <summary>One function in three forms, however its input is cut.</summary>
public sealed class RetentionFormTests : IDisposable
{
    // float32 rounding of sums of several hundred terms, in logits of size 1.
    private const float Tolerance = 5e-4f;

    private readonly SyntheticModel _fla = SyntheticModel.Fla(epsilon: 0);
    private readonly SyntheticModel _torchScale = SyntheticModel.TorchScale(epsilon: 0);

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 63)]
    [InlineData(false, 64)]
    [InlineData(false, 65)]
    [InlineData(false, 257)]
    [InlineData(false, 700)]
    [InlineData(true, 1)]
    [InlineData(true, 63)]
    [InlineData(true, 64)]
    [InlineData(true, 65)]
    [InlineData(true, 257)]
    [InlineData(true, 700)]
    public void All_forms_agree_with_single_steps_where_the_head_norm_has_no_epsilon(bool torchScale, int length)
    {
        LanguageModel model = Model(torchScale);
        int[] tokens = SyntheticModel.Tokens(length);
        using RetNetState steps = (RetNetState)model.CreateState();
        float[] expected = SyntheticModel.FeedPieces(steps, tokens, Enumerable.Repeat(1, length));
        foreach (RetentionForm form in Enum.GetValues<RetentionForm>())
        {
            using RetNetState state = (RetNetState)model.CreateState(new StateOptions { Form = form });
            SyntheticModel.AssertClose(expected, SyntheticModel.Feed(state, tokens), Tolerance);
            AssertSameState(steps, state);
        }
    }

    [Property(MaxTest = 25)]
    public void Any_split_of_a_prompt_gives_the_same(PositiveInt[] pieces, bool torchScale, bool chunkwise)
    {
        LanguageModel model = Model(torchScale);
        int[] tokens = SyntheticModel.Tokens(300);
        StateOptions options = new() { Form = chunkwise ? RetentionForm.Chunkwise : RetentionForm.Recurrent };
        using RetNetState whole = (RetNetState)model.CreateState(options);
        using RetNetState split = (RetNetState)model.CreateState(options);
        float[] expected = SyntheticModel.Feed(whole, tokens);
        SyntheticModel.AssertClose(expected, SyntheticModel.FeedPieces(split, tokens, pieces.Select(piece => piece.Get * 5 % 120)),
            Tolerance);
        AssertSameState(whole, split);
        Assert.Equal(300, split.Position);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(100)]
    [InlineData(300)]
    public void Chunk_length_does_not_change_the_recurrent_form(int chunk)
    {
        using SyntheticModel model = SyntheticModel.TorchScale(scale: 0.05f);
        int[] tokens = SyntheticModel.Tokens(400);
        using SequenceState steps = model.Model.CreateState();
        using SequenceState chunked = model.Model.CreateState(new StateOptions { RetentionChunk = chunk });
        float[] expected = SyntheticModel.FeedPieces(steps, tokens, Enumerable.Repeat(1, tokens.Length));
        SyntheticModel.AssertClose(expected, SyntheticModel.Feed(chunked, tokens), 1e-5f);
    }

    [Fact]
    public void A_last_token_alone_in_its_chunk_is_scaled_as_the_chunkwise_form_has_it()
    {
        using SyntheticModel model = SyntheticModel.TorchScale(chunk: 64, scale: 0.05f);
        int[] tokens = SyntheticModel.Tokens(258);
        StateOptions options = new() { Form = RetentionForm.Chunkwise };
        using SequenceState alone = model.Model.CreateState(options);
        using SequenceState followed = model.Model.CreateState(options);
        float[] expected = SyntheticModel.Feed(followed, tokens);
        float[] actual = SyntheticModel.Feed(alone, tokens.AsSpan(0, 257));
        SyntheticModel.AssertClose(expected.AsSpan(0, actual.Length), actual, 1e-6f);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(64)]
    [InlineData(300)]
    public void Chunks_of_torchscales_chunkwise_form_keep_their_length_in_long_inputs(int chunk)
    {
        // Small weights make the head norm's epsilon, and with it the scaling of each chunk, count.
        using SyntheticModel model = SyntheticModel.TorchScale(chunk: chunk, scale: 0.05f);
        int[] tokens = SyntheticModel.Tokens(700);
        StateOptions options = new() { Form = RetentionForm.Chunkwise };
        using SequenceState whole = model.Model.CreateState(options);
        using SequenceState chunks = model.Model.CreateState(options);
        float[] expected = SyntheticModel.FeedPieces(chunks, tokens, Enumerable.Repeat(chunk, 7));
        SyntheticModel.AssertClose(expected, SyntheticModel.Feed(whole, tokens), 1e-6f);
    }

    [Fact]
    public void The_scalings_of_torchscales_forms_show_where_activations_are_small()
    {
        using SyntheticModel model = SyntheticModel.TorchScale(scale: 0.05f);
        int[] tokens = SyntheticModel.Tokens(256);
        using SequenceState recurrent = model.Model.CreateState();
        using SequenceState chunkwise = model.Model.CreateState(new StateOptions { Form = RetentionForm.Chunkwise });
        float[] a = SyntheticModel.Feed(recurrent, tokens), b = SyntheticModel.Feed(chunkwise, tokens);
        Assert.InRange(a.Zip(b, (x, y) => Math.Abs(x - y)).Max(), 2e-5f, 1);
    }

    [Fact]
    public void Parallel_form_continues_a_state_as_recurrence_does()
    {
        int[] tokens = SyntheticModel.Tokens(90);
        using SequenceState steps = _torchScale.Model.CreateState();
        using SequenceState parallel = _torchScale.Model.CreateState(new StateOptions { Form = RetentionForm.Parallel });
        SyntheticModel.AssertClose(SyntheticModel.Feed(steps, tokens), SyntheticModel.FeedPieces(parallel, tokens, [40, 1, 49]), Tolerance);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5000)]
    public void A_chunk_length_out_of_range_is_refused_by_name(int chunk)
    {
        ArgumentException exception =
            Assert.Throws<ArgumentException>(() => _fla.Model.CreateState(new StateOptions { RetentionChunk = chunk }));
        Assert.Contains($"RetentionChunk is {chunk}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Decays_are_one_minus_two_to_the_minus_five_minus_the_head()
    {
        float[] logarithms = RetentionDecay.Logarithms(3);
        Assert.Equal([31 / 32.0, 63 / 64.0, 127 / 128.0], logarithms.Select(logarithm => Math.Round(Math.Exp(logarithm), 7)));
        foreach (long n in (ReadOnlySpan<long>)[0, 1, 5, 1000])
        {
            double sum = 0;
            for (long j = 0; j <= n; j++)
                sum += Math.Exp(j * (double)logarithms[1]);
            Assert.Equal(sum, RetentionDecay.Sum(logarithms[1], n), 1e-9 * sum);
        }

        Assert.Equal(8, RetentionDecay.Sum(0, 7));
    }

    public void Dispose()
    {
        _fla.Dispose();
        _torchScale.Dispose();
    }

    private LanguageModel Model(bool torchScale) => (torchScale ? _torchScale : _fla).Model;

    private static void AssertSameState(RetNetState expected, RetNetState actual)
    {
        for (int layer = 0; layer < 2; layer++)
        {
            for (int head = 0; head < 4; head++)
            {
                float[] matrix = expected.GetMatrix(layer, head);
                SyntheticModel.AssertClose(matrix, actual.GetMatrix(layer, head), Tolerance * Math.Max(1, matrix.Max(Math.Abs)));
            }
        }
    }
}
