using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Checkpoints.Adapters;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Linear;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>What one adapter adds to one matrix.</summary>
internal sealed class LowRankProduct : IDisposable
{
    public LowRankProduct(LowRankUpdate update, WeightMatrix matrix, int firstRow)
    {
        Down = Pack(update.ReadDown(), update.Rank, matrix.Columns);
        float[] up = update.ReadUp().AsSpan(firstRow * update.Rank, matrix.Rows * update.Rank).ToArray();
        TensorPrimitives.Multiply(up, update.Scale, up);
        Up = Pack(up, matrix.Rows, update.Rank);
    }

    /// <summary>A, <c>[r × inputs]</c>.</summary>
    public WeightMatrix Down { get; }

    /// <summary>s · B, <c>[outputs × r]</c>.</summary>
    public WeightMatrix Up { get; }

    public long ByteSize => Down.ByteSize + Up.ByteSize;

    public void Dispose()
    {
        Down.Dispose();
        Up.Dispose();
    }

    private static WeightMatrix Pack(float[] values, int rows, int columns) => WeightMatrix.Create(
        new StoredMatrix(TensorType.Float32, (offset, target) => MemoryMarshal.AsBytes(values.AsSpan())
            .Slice(checked((int)offset), target.Length).CopyTo(target), rows, columns), WeightFormat.Float32);
}
