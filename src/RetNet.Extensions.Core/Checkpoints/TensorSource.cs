namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>A tensor that is written to a file: its values are requested when they are written, so that a model is never copied as a
/// whole.</summary>
internal sealed class TensorSource
{
    private readonly int[] _shape;

    /// <summary>Describes a tensor.</summary>
    /// <param name="name">Its name in the file.</param>
    /// <param name="shape">Its dimensions, outermost first.</param>
    /// <param name="values">Gives its values.</param>
    /// <param name="piece">Gives a part of them, where that takes less memory; null for none.</param>
    public TensorSource(string name, ReadOnlySpan<int> shape, TensorValues values, TensorPiece? piece = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(values);
        (Name, _shape, Values, Piece, Length) = (name, shape.ToArray(), values, piece, 1);
        foreach (int dimension in shape)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(dimension, nameof(shape));
            Length = checked(Length * dimension);
        }
    }

    /// <summary>The tensor's name in the file.</summary>
    public string Name { get; }

    /// <summary>Dimensions, outermost first.</summary>
    public ReadOnlySpan<int> Shape => _shape;

    /// <summary>Product of the dimensions.</summary>
    public long Length { get; }

    /// <summary>Gives the values.</summary>
    public TensorValues Values { get; }

    /// <summary>Gives a part of the values; null where only all of them are given.</summary>
    public TensorPiece? Piece { get; }
}

/// <summary>The values of a tensor that is written, in row-major order.</summary>
/// <returns>As many as the tensor's shape says; only used until the next call.</returns>
internal delegate ReadOnlySpan<float> TensorValues();

/// <summary>A part of the values of a tensor that is written.</summary>
/// <param name="first">Its first value.</param>
/// <param name="length">Its length.</param>
/// <returns>As many values; only used until the next call.</returns>
internal delegate ReadOnlySpan<float> TensorPiece(long first, int length);
