using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Checkpoints.Adapters;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Kernels.Linear;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>What one adapter adds to one matrix.</summary>
internal sealed class LowRankProduct : IDisposable
{
    /// <summary>Packs an update of a tensor for a matrix that the tensor holds.</summary>
    /// <param name="update">The update.</param>
    /// <param name="matrix">The matrix.</param>
    /// <param name="rows">The matrix's rows in the tensor; null for all of them.</param>
    /// <exception cref="ArgumentException">The update is one of a matrix with other rows or columns.</exception>
    public LowRankProduct(LowRankUpdate update, WeightMatrix matrix, FusedRows? rows)
    {
        Down = Pack(update.ReadDown(), update.Rank, matrix.Columns);
        float[] up = rows is null ? update.ReadUp() : Take(update.ReadUp(), rows, matrix.Rows, update.Rank);
        TensorPrimitives.Multiply(up, update.Scale, up);
        Up = Pack(up, matrix.Rows, update.Rank);
    }

    /// <summary>A, <c>[r × inputs]</c>.</summary>
    public WeightMatrix Down { get; }

    /// <summary>s · B, <c>[outputs × r]</c>.</summary>
    public WeightMatrix Up { get; }

    public void Dispose()
    {
        Down.Dispose();
        Up.Dispose();
    }

    // B's rows of the matrix, from each group.
    private static float[] Take(float[] all, FusedRows rows, int count, int rank)
    {
        float[] taken = new float[count * rank];
        int length = taken.Length / rows.Groups, distance = all.Length / rows.Groups, first = checked((int)rows.First * rank);
        for (int group = 0; group < rows.Groups; group++)
            all.AsSpan((group * distance) + first, length).CopyTo(taken.AsSpan(group * length));
        return taken;
    }

    private static WeightMatrix Pack(float[] values, int rows, int columns)
    {
        if (values.Length != (long)rows * columns)
            throw new ArgumentException($"A factor of an update has {values.Length} values; expected {rows} × {columns}.");
        return WeightMatrix.Create(
            new StoredMatrix(TensorType.Float32, (offset, target) => MemoryMarshal.AsBytes(values.AsSpan())
                .Slice(checked((int)offset), target.Length).CopyTo(target), rows, columns), WeightFormat.Float32);
    }
}
