namespace RetNet.Extensions.Core.Checkpoints.Quantized;

/// <summary>The numbers of the matrix that was read last. Rows are asked for by several threads, one matrix after another.</summary>
internal sealed class DecodedCache
{
    private readonly Lock _gate = new();
    private object? _key;
    private DecodedMatrix? _value;

    /// <summary>The numbers of a matrix, decoded once.</summary>
    public DecodedMatrix Get(object key, Func<DecodedMatrix> decode)
    {
        lock (_gate)
        {
            if (_key != key || _value is null)
            {
                (_key, _value) = (null, null);
                (_value, _key) = (decode(), key);
            }

            return _value;
        }
    }
}

/// <summary>Integers with a scale and a zero point for each group of columns: element (r, c) is s · (q − z).</summary>
/// <param name="Values">q, <c>[rows × columns]</c>.</param>
/// <param name="Scales">s, <c>[rows × groups]</c>.</param>
/// <param name="Zeros">z, <c>[rows × groups]</c>.</param>
internal sealed record DecodedMatrix(byte[] Values, float[] Scales, short[] Zeros);
