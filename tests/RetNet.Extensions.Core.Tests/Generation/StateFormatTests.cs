using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Vectors;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Tests.Kernels;
using RetNet.Extensions.Core.Tests.Models;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>States in bfloat16 and, of Transformers, in int8: a half and about a quarter of the bytes, numbers close to those of
/// float32.</summary>
public sealed unsafe class StateFormatTests : IDisposable
{
    private static readonly StateOptions Narrow = new() { Format = StateFormat.BFloat16 };
    private static readonly StateOptions Integers = new() { Format = StateFormat.Int8 };

    private readonly SyntheticModel _fla = SyntheticModel.Fla();
    private readonly SyntheticModel _torchScale = SyntheticModel.TorchScale();
    private readonly SyntheticModel _llama = SyntheticModel.Llama();

    public static TheoryData<string> Families => ["fla", "torchscale", "llama", "llama-int8"];

    [Theory]
    [InlineData("fla", 0.4f)]
    [InlineData("torchscale", 0.4f)]
    [InlineData("llama", 0.05f)]
    [InlineData("llama-int8", 0.05f)]
    public void Narrow_logits_are_close_to_those_in_float32_token_by_token_and_at_once(string family, float largest)
    {
        LanguageModel model = Model(family);
        int[] tokens = SyntheticModel.Tokens(200);
        using SequenceState wide = model.CreateState();
        using SequenceState steps = model.CreateState(Options(family));
        using SequenceState whole = model.CreateState(Options(family));
        float[] expected = SyntheticModel.Feed(wide, tokens);
        float[] one = SyntheticModel.FeedPieces(steps, tokens, Enumerable.Repeat(1, 200)), all = SyntheticModel.Feed(whole, tokens);

        // Logits are between −4 and 4 or so; bfloat16 has 8 bits of mantissa, and a RetNet's state is rounded after each token.
        Assert.NotEqual(expected, one);
        SyntheticModel.AssertClose(expected, one, largest);
        SyntheticModel.AssertClose(expected, all, largest);
        Assert.InRange(expected.Zip(one, (a, b) => Math.Abs(a - b)).Average(), 0, largest / 10);
        Assert.InRange(expected.Zip(all, (a, b) => Math.Abs(a - b)).Average(), 0, largest / 10);
    }

    [Fact]
    public void Bytes_are_those_of_the_format()
    {
        using SequenceState matrices = _fla.Model.CreateState(Narrow);
        Assert.Equal(_fla.Model.StateBytes(null, 10) / 2, matrices.ByteSize);
        Assert.Equal(matrices.ByteSize, _fla.Model.StateBytes(Narrow, 10));

        // A row's 2 × 2 × 8 numbers; position, accumulated attention and slot stay as they are.
        using SequenceState rows = _llama.Model.CreateState(Narrow);
        SyntheticModel.Feed(rows, SyntheticModel.Tokens(100));
        Assert.Equal(2 * 100 * ((2 * 2 * 8 * 2) + 16), rows.ByteSize);
        Assert.Equal(StateFormat.BFloat16, rows.Format);

        // A byte for each number, and two for the scale of each head's key and value.
        using SequenceState integers = _llama.Model.CreateState(Integers);
        SyntheticModel.Feed(integers, SyntheticModel.Tokens(100));
        Assert.Equal(2 * 100 * ((2 * 2 * (8 + 2)) + 16), integers.ByteSize);
        Assert.InRange(integers.ByteSize, 1, _llama.Model.StateBytes(Integers, 100));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Forked_and_restored_states_go_on_with_the_same_bits(string family)
    {
        LanguageModel model = Model(family);
        using SequenceState state = model.CreateState(Options(family));
        SyntheticModel.Feed(state, SyntheticModel.Tokens(70));
        using SequenceState fork = state.Fork();
        using SequenceState restored = model.RestoreState(new MemoryStream(SyntheticModel.Save(state)), Options(family));
        int[] more = SyntheticModel.Tokens(20, seed: 2);
        float[] expected = SyntheticModel.FeedPieces(state, more, [1, 1, 10]);
        Assert.Equal(expected, SyntheticModel.FeedPieces(fork, more, [1, 1, 10]));
        Assert.Equal(expected, SyntheticModel.FeedPieces(restored, more, [1, 1, 10]));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_state_is_restored_in_the_format_that_is_asked_for(string family)
    {
        LanguageModel model = Model(family);
        using SequenceState narrow = model.CreateState(Options(family));
        SyntheticModel.Feed(narrow, SyntheticModel.Tokens(30));
        byte[] saved = SyntheticModel.Save(narrow);
        if (family == "llama-int8")
        {
            // The scale of a row is chosen again, so that it may be a little smaller.
            using SequenceState wide = model.RestoreState(new MemoryStream(saved));
            using SequenceState rounded = model.RestoreState(new MemoryStream(SyntheticModel.Save(wide)), Integers);
            Assert.Equal((StateFormat.Float32, StateFormat.Int8), (wide.Format, rounded.Format));
            SyntheticModel.AssertClose(SyntheticModel.Feed(wide, [5]), SyntheticModel.Feed(rounded, [5]), 0.05f);
            return;
        }

        // Widening loses nothing, so narrowing again gives what was saved.
        using SequenceState widened = model.RestoreState(new MemoryStream(saved));
        using SequenceState again = model.RestoreState(new MemoryStream(SyntheticModel.Save(widened)), Narrow);
        Assert.Equal((StateFormat.Float32, StateFormat.BFloat16), (widened.Format, again.Format));
        Assert.Equal(saved, SyntheticModel.Save(again));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Each_prefix_of_a_saved_state_is_refused(string family)
    {
        LanguageModel model = Model(family);
        using SequenceState state = model.CreateState(Options(family));
        SyntheticModel.Feed(state, SyntheticModel.Tokens(3));
        byte[] saved = SyntheticModel.Save(state);
        for (int length = 0; length < saved.Length; length += length < 80 ? 1 : 41)
            Assert.Throws<InvalidDataException>(() => model.RestoreState(new MemoryStream(saved, 0, length), Options(family)));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void A_state_with_a_damaged_head_is_restored_or_refused_without_a_large_allocation(string family)
    {
        LanguageModel model = Model(family);
        using SequenceState state = model.CreateState(Options(family));
        SyntheticModel.Feed(state, SyntheticModel.Tokens(3));
        byte[] saved = SyntheticModel.Save(state);
        for (int at = 0; at < 60; at++)
        {
            foreach (byte with in (ReadOnlySpan<byte>)[0, 1, 2, 127, 128, 255])
            {
                byte[] damaged = SavedStates.With(saved, at, [with]);
                long before = GC.GetAllocatedBytesForCurrentThread();
                if (Record.Exception(() => model.RestoreState(new MemoryStream(damaged), Options(family)).Dispose()) is { } exception)
                    Assert.Contains("saved state", Assert.IsType<InvalidDataException>(exception).Message, StringComparison.Ordinal);
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
            }
        }
    }

    [Fact]
    public void Matrices_are_given_in_float32()
    {
        using RetNetState wide = (RetNetState)_fla.Model.CreateState(), narrow = (RetNetState)_fla.Model.CreateState(Narrow);
        SyntheticModel.Feed(wide, [3]);
        SyntheticModel.Feed(narrow, [3]);
        SyntheticModel.AssertClose(wide.GetMatrix(0, 2).Select(value => StoredBFloat16.Widen(StoredBFloat16.Round(value))).ToArray(),
            narrow.GetMatrix(0, 2), 0);
    }

    [Fact]
    public void A_retnet_refuses_integers_with_the_reason()
    {
        string message = Assert.Throws<ArgumentException>(() => _fla.Model.CreateState(Integers)).Message;
        Assert.Contains("Format is Int8; expected Float32 or BFloat16: a RetNet's matrices change in every step", message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => _fla.Model.StateBytes(Integers, 10));
        using SequenceState state = _fla.Model.CreateState();
        byte[] saved = SavedStates.With(SyntheticModel.Save(state), SavedStates.FormatOffset(_fla.Model), BitConverter.GetBytes(2));
        Assert.Contains("format Int8", Assert.Throws<InvalidDataException>(() => _fla.Model.RestoreState(new MemoryStream(saved))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new float[] { 1, -2, 0.5f, 0 })]
    [InlineData(new float[] { 0, 0 })]
    [InlineData(new float[] { 1e30f, -3e37f })]
    [InlineData(new float[] { 1e-40f, 3e-39f })]
    [InlineData(new float[] { 0.1f, 126.4f, -126.6f })]
    public void A_row_of_integers_is_within_half_a_step_of_its_values(float[] values)
    {
        sbyte[] integers = new sbyte[values.Length];
        ushort scale = Int8Row.Round(values, integers);
        float[] widened = new float[values.Length];
        Int8Row.Widen(integers, scale, widened);
        float step = BitConverter.UInt32BitsToSingle((uint)scale << 16);

        // The scale is at most 2⁻⁷ more than the largest magnitude / 127.
        Assert.InRange(step, 0, (values.Max(Math.Abs) / 127 * 1.0079f) + 1e-40f);
        Assert.All(integers, integer => Assert.InRange(integer, -127, 127));
        Assert.All(values.Zip(widened), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, step * 0.5001f));
    }

    [Theory]
    [InlineData(0x7FC0_0000)]
    [InlineData(-1)]
    public void A_row_with_a_number_that_is_none_stays_one(int bits)
    {
        float[] values = [1, BitConverter.Int32BitsToSingle(bits), -3];
        sbyte[] integers = new sbyte[values.Length];
        ushort scale = Int8Row.Round(values, integers);
        float[] widened = new float[values.Length];
        Int8Row.Widen(integers, scale, widened);
        Assert.All(widened, value => Assert.True(float.IsNaN(value)));
    }

    [Fact]
    public void Formats_that_do_not_exist_are_refused()
    {
        ArgumentException exception =
            Assert.Throws<ArgumentException>(() => _llama.Model.CreateState(new StateOptions { Format = (StateFormat)7 }));
        Assert.Contains("Format is 7", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => _llama.Model.StateBytes(new StateOptions { Format = (StateFormat)7 }, 10));
        Assert.Throws<ArgumentException>(() => _fla.Model.StateBytes(new StateOptions { Format = (StateFormat)7 }, 10));
        using SequenceState state = _llama.Model.CreateState();
        byte[] saved = SavedStates.With(SyntheticModel.Save(state), SavedStates.FormatOffset(_llama.Model), BitConverter.GetBytes(7));
        Assert.Contains("format 7", Assert.Throws<InvalidDataException>(() => _llama.Model.RestoreState(new MemoryStream(saved))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5, 64)]
    [InlineData(16, 67)]
    public void A_recurrent_step_rounds_the_state_and_nothing_else(int keyWidth, int valueWidth)
    {
        StoredBFloat16[] state = [.. RandomValues.Floats(keyWidth * valueWidth, seed: 1).Select(StoredBFloat16.Round)];
        float[] wide = [.. state.Select(StoredBFloat16.Widen)];
        float[] query = RandomValues.Floats(keyWidth, seed: 2), key = RandomValues.Floats(keyWidth, seed: 3), value = RandomValues.Floats(
            valueWidth, seed: 4);
        Compare<FloatVector128>();
        Compare<FloatVector256>();
        Compare<FloatVector512>();

        void Compare<TVector>()
            where TVector : unmanaged, IFloatVector<TVector>
        {
            StoredBFloat16[] rounded = [.. state];
            float[] updated = [.. wide], output = new float[valueWidth], expected = new float[valueWidth];
            fixed (StoredBFloat16* u = rounded)
            fixed (float* q = query, k = key, v = value, o = output, w = updated, e = expected)
            {
                RecurrentStep.Run<TVector, StoredBFloat16>(u, q, k, v, o, keyWidth, valueWidth, 0.96875f);
                RecurrentStep.Run<TVector, StoredFloat32>((StoredFloat32*)w, q, k, v, e, keyWidth, valueWidth, 0.96875f);
            }

            Assert.Equal(expected, output);
            Assert.Equal(updated.Select(number => StoredBFloat16.Widen(StoredBFloat16.Round(number))),
                rounded.Select(StoredBFloat16.Widen));
        }
    }

    public void Dispose()
    {
        _fla.Dispose();
        _torchScale.Dispose();
        _llama.Dispose();
    }

    private static StateOptions Options(string family) => family == "llama-int8" ? Integers : Narrow;

    private LanguageModel Model(string family) => family switch
    {
        "fla" => _fla.Model,
        "torchscale" => _torchScale.Model,
        _ => _llama.Model,
    };
}
