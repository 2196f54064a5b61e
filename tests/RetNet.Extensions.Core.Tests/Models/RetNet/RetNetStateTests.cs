using FsCheck;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Tests.Generation;

namespace RetNet.Extensions.Core.Tests.Models.RetNet;

public sealed class RetNetStateTests : IDisposable
{
    private readonly SyntheticModel _fla = SyntheticModel.Fla();

    [Fact]
    public void State_bytes_do_not_depend_on_the_length()
    {
        using SequenceState state = _fla.Model.CreateState();
        long bytes = 2 * 4 * 8 * 16 * sizeof(float);
        Assert.Equal(bytes, state.ByteSize);
        Assert.Equal(bytes, _fla.Model.StateBytes(null, 1_000_000));
        Assert.Throws<ArgumentException>(() => _fla.Model.StateBytes(new StateOptions { RetentionChunk = 0 }, 10));
        Assert.Throws<ArgumentException>(() => _fla.Model.StateBytes(new StateOptions { Form = (RetentionForm)7 }, 10));
        foreach (int length in (ReadOnlySpan<int>)[1, 5, 300, 1000])
        {
            SyntheticModel.Feed(state, SyntheticModel.Tokens(length));
            Assert.Equal(bytes, state.ByteSize);
        }

        Assert.Equal(1306, state.Position);
        Assert.True(_fla.Model.Info.HasConstantState);
    }

    [Fact]
    public void Fork_goes_on_with_the_same_bits_and_leaves_the_original_alone()
    {
        using SequenceState state = _fla.Model.CreateState();
        SyntheticModel.Feed(state, SyntheticModel.Tokens(70));
        using SequenceState fork = state.Fork();
        int[] more = SyntheticModel.Tokens(20, seed: 2);
        float[] expected = SyntheticModel.Feed(state, more);
        Assert.Equal(70, fork.Position);
        Assert.Equal(expected, SyntheticModel.Feed(fork, more));
    }

    [Fact]
    public void Saved_state_goes_on_with_the_same_bits_after_restoring()
    {
        using SequenceState state = _fla.Model.CreateState();
        SyntheticModel.Feed(state, SyntheticModel.Tokens(70));
        using MemoryStream saved = new(SyntheticModel.Save(state));
        using SequenceState restored = _fla.Model.RestoreState(saved);
        Assert.Equal(saved.Length, saved.Position);
        Assert.Equal((70, state.ByteSize), (restored.Position, restored.ByteSize));
        int[] more = SyntheticModel.Tokens(20, seed: 2);
        Assert.Equal(SyntheticModel.Feed(state, more), SyntheticModel.Feed(restored, more));
    }

    [Fact]
    public void Each_prefix_of_a_saved_state_is_refused()
    {
        using SequenceState state = _fla.Model.CreateState();
        byte[] saved = SyntheticModel.Save(state);
        for (int length = 0; length < saved.Length; length += length < 80 ? 1 : 97)
            Assert.Throws<InvalidDataException>(() => _fla.Model.RestoreState(new MemoryStream(saved, 0, length)));
    }

    [Property(MaxTest = 300)]
    public void A_state_with_a_damaged_head_is_restored_or_refused_without_a_large_allocation(PositiveInt where, byte with)
    {
        using SequenceState state = _fla.Model.CreateState();
        byte[] saved = SavedStates.With(SyntheticModel.Save(state), where.Get * 7 % 80, [with]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            _fla.Model.RestoreState(new MemoryStream(saved)).Dispose();
        }
        catch (InvalidDataException exception)
        {
            Assert.Contains("saved state", exception.Message, StringComparison.Ordinal);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
    }

    [Fact]
    public void State_of_a_model_of_another_shape_is_refused_with_both_shapes()
    {
        using SyntheticModel other = SyntheticModel.TorchScale();
        using SequenceState state = other.Model.CreateState();
        InvalidDataException exception =
            Assert.Throws<InvalidDataException>(() => _fla.Model.RestoreState(new MemoryStream(SyntheticModel.Save(state))));
        Assert.Contains(other.Model.Info.StateShape, exception.Message, StringComparison.Ordinal);
        Assert.Contains(_fla.Model.Info.StateShape, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0x07 })]
    [InlineData(new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0x0F })]
    public void An_absurd_name_length_is_refused(byte[] length)
    {
        using SequenceState state = _fla.Model.CreateState();
        byte[] saved = SavedStates.With(SyntheticModel.Save(state), 0, length);
        Assert.Throws<InvalidDataException>(() => _fla.Model.RestoreState(new MemoryStream(saved)));
    }

    [Fact]
    public void Matrices_are_asked_for_by_layers_and_heads_that_exist()
    {
        using RetNetState state = (RetNetState)_fla.Model.CreateState();
        Assert.Equal(8 * 16, state.GetMatrix(1, 3).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => state.GetMatrix(2, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => state.GetMatrix(0, 4));
        Assert.Throws<ArgumentOutOfRangeException>(() => state.GetMatrix(-1, 0));
    }

    public void Dispose() => _fla.Dispose();
}
