namespace RetNet.Extensions.Core.Checkpoints.Adapters;

/// <summary>What an adapter adds to a matrix W, <c>[outputs × inputs]</c>: s · B A of rank r (LoRA, arXiv 2106.09685).</summary>
/// <param name="down">A, <c>[r × inputs]</c>.</param>
/// <param name="up">B, <c>[outputs × r]</c>.</param>
/// <param name="scale">s.</param>
internal sealed class LowRankUpdate(Factor down, Factor up, float scale)
{
    public float Scale => scale;

    /// <summary>r.</summary>
    public int Rank => checked((int)down.Rows);

    /// <summary>Requires that both factors are weights that fit a matrix and each other.</summary>
    /// <exception cref="CheckpointException">They are not.</exception>
    public void RequireFit(TensorView matrix)
    {
        long rank = down.Rows;
        if (matrix.Shape is not [long outputs, long inputs])
        {
            throw CheckpointException.ForTensor(matrix.File, matrix.Name, $"shape {matrix.DescribeShape()}",
                "a matrix, which an adapter changes");
        }

        if (rank is < 1 or > ConfigurationReader.MaximumWidth)
            throw CheckpointException.ForTensor(down.Tensor.File, down.Tensor.Name, $"rank {rank}", "a rank of at least 1");
        down.Require(rank, inputs);
        up.Require(outputs, rank);
    }

    /// <summary>A, row by row.</summary>
    public float[] ReadDown() => down.Read();

    /// <summary>B, row by row.</summary>
    public float[] ReadUp() => up.Read();

    /// <summary>All that the update consists of, for a fingerprint.</summary>
    public IEnumerable<TensorView> Tensors => [down.Tensor, up.Tensor];
}

/// <summary>A factor of an update, as a file holds it or transposed.</summary>
/// <param name="Tensor">The file's tensor.</param>
/// <param name="IsTransposed">Whether its rows are the factor's columns.</param>
internal readonly record struct Factor(TensorView Tensor, bool IsTransposed = false)
{
    public long Rows => Tensor.Shape is [long first, long second] ? (IsTransposed ? second : first) : 0;

    /// <exception cref="CheckpointException">The tensor is no weight, or the factor has another shape.</exception>
    public void Require(long rows, long columns)
    {
        ReadOnlySpan<long> expected = IsTransposed ? [columns, rows] : [rows, columns];
        if (!Tensor.Shape.SequenceEqual(expected))
        {
            throw CheckpointException.ForTensor(Tensor.File, Tensor.Name, $"shape {Tensor.DescribeShape()}",
                TensorView.DescribeShape(expected));
        }

        if (!Tensor.IsWeight)
            throw Tensor.RefusedType(TensorView.WeightTypes);
        if (Tensor.IsNaNOnly())
            throw CheckpointException.ForTensor(Tensor.File, Tensor.Name, "NaN in every element", "numbers");
    }

    public float[] Read()
    {
        float[] stored = Tensor.ToFloats();
        if (!IsTransposed)
            return stored;
        int rows = (int)Tensor.Shape[0], columns = (int)Tensor.Shape[1];
        float[] transposed = new float[stored.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < columns; column++)
                transposed[(column * rows) + row] = stored[(row * columns) + column];
        }

        return transposed;
    }
}
