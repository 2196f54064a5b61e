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

/// <summary>A row of bfloat16 weights.</summary>
internal readonly unsafe struct BFloat16Row(ushort* row) : IWeightRow
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Load<TVector>(int column)
        where TVector : unmanaged, IFloatVector<TVector> => TVector.LoadBFloat16(row + column);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float LoadScalar(int column) => BitConverter.UInt32BitsToSingle((uint)row[column] << 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int column)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(row + column);
    }
}

/// <summary>A row of 8-bit weights with a scale per group of columns.</summary>
internal readonly unsafe struct Int8Row(sbyte* row, float* scales) : IWeightRow
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Load<TVector>(int column)
        where TVector : unmanaged, IFloatVector<TVector> =>
        TVector.Multiply(TVector.LoadInt8(row + column), TVector.Broadcast(scales[column / WeightMatrix.GroupSize]));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public float LoadScalar(int column) => row[column] * scales[column / WeightMatrix.GroupSize];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int column)
    {
        if (Sse.IsSupported)
            Sse.Prefetch0(row + column);
    }
}
