using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace RetNet.Extensions.Core.Kernels;

/// <summary>One row of a weight matrix, read as floats.</summary>
internal interface IWeightRow
{
    /// <summary>The weights of the columns from <paramref name="column"/> on, a multiple of the vector's count.</summary>
    TVector Load<TVector>(int column)
        where TVector : unmanaged, IFloatVector<TVector>;

    /// <summary>One weight.</summary>
    float LoadScalar(int column);

    /// <summary>Asks for the memory of a column that will be read soon; it may lie behind the row, even behind the matrix.</summary>
    void Prefetch(int column);
}

/// <summary>A row of float32 weights.</summary>
internal readonly unsafe struct Float32Row(float* row) : IWeightRow
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Load<TVector>(int column)
        where TVector : unmanaged, IFloatVector<TVector> => TVector.Load(row + column);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float LoadScalar(int column) => row[column];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int column)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(row + column);
    }
}
