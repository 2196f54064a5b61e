using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Training.Layers;

namespace RetNet.Extensions.TorchSharp.Training;

/// <summary>
/// Dropout: a value is 0 with probability p, else 1/(1 − p) of itself. What is dropped is a function of the batch's seed, the place, the
/// row and the column, computed in integers on the device: the same values as those of <see cref="DropoutRule"/>, without libtorch's
/// generators.
/// Its tensors belong to the scope that it is created in.
/// </summary>
internal sealed class TorchDropout
{
    private const long Increment = unchecked((long)SplitMix64.Increment);

    private readonly float _keep;
    private readonly long _threshold;
    private readonly ulong _seed;
    private readonly Tensor _rows;
    private readonly (Tensor Bits, Tensor Mask)[] _shifts;
    private readonly Tensor _upperBits;
    private readonly Tensor _lowerMask;

    /// <param name="probability">p.</param>
    /// <param name="seed">The batch's seed.</param>
    /// <param name="rows">Rows of the batch.</param>
    /// <param name="device">The device.</param>
    public TorchDropout(float probability, ulong seed, int rows, torch.Device device)
    {
        (_threshold, _keep) = (DropoutRule.Threshold(probability), DropoutRule.Keep(probability));
        _seed = seed;
        _rows = torch.arange(0, rows, torch.int64, device).unsqueeze(1);
        _shifts = [Shift(SplitMix64.Shift1), Shift(SplitMix64.Shift2), Shift(SplitMix64.Shift3)];
        (_upperBits, _lowerMask) = (Number(32), Number(uint.MaxValue));

        (Tensor, Tensor) Shift(int bits) => (Number(bits), Number(long.MaxValue >> (bits - 1)));

        Tensor Number(long value) => torch.tensor(value, torch.int64, device);
    }

    /// <summary>Drops values.</summary>
    /// <param name="x"><c>[rows × width]</c>.</param>
    /// <param name="place">Distinguishes the places of a model where values are dropped.</param>
    public Tensor Apply(Tensor x, int place)
    {
        using DisposeScope scope = torch.NewDisposeScope();
        long width = x.size(1), pairs = (width + 1) / 2;
        Tensor states = Mix(_rows + unchecked((long)DropoutRule.Seed(_seed, place)));
        Tensor bits = Mix(states + (torch.arange(1, pairs + 1, torch.int64, x.device) * Increment));

        // One number of 64 bits decides on two neighbours.
        Tensor lower = bits.bitwise_and(_lowerMask) < _threshold;
        Tensor upper = bits.bitwise_right_shift(_upperBits).bitwise_and_(_lowerMask) < _threshold;
        Tensor dropped = torch.stack([lower, upper], -1).reshape(x.size(0), 2 * pairs).narrow(1, 0, width);
        return (x.masked_fill(dropped, 0) * _keep).MoveToOuterDisposeScope();
    }

    /// <summary>SplitMix64's finaliser of each number, in place. libtorch shifts arithmetically, so the bits of the sign are
    /// masked.</summary>
    private Tensor Mix(Tensor z)
    {
        z.bitwise_xor_(Shifted(0)).mul_(unchecked((long)SplitMix64.Multiplier1));
        z.bitwise_xor_(Shifted(1)).mul_(unchecked((long)SplitMix64.Multiplier2));
        return z.bitwise_xor_(Shifted(2));

        Tensor Shifted(int i) => z.bitwise_right_shift(_shifts[i].Bits).bitwise_and_(_shifts[i].Mask);
    }
}
