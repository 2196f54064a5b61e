using RetNet.Extensions.Core.Memory;

namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>
/// The rows of a query or key projection in the order of a rotation that pairs value i of a head with value i + w/2. Files of the llama
/// architecture have them in the order of ggml's rotation, which pairs values 2i and 2i + 1 (LlamaModel.permute of llama.cpp's converter).
/// Copied when first used, and again when used after <see cref="Trim"/>.
/// </summary>
internal sealed unsafe class HalfSplitRows(TensorView source, int headWidth) : ITensorMemory, IDisposable
{
    private readonly Lock _gate = new();
    private NativeBuffer<byte>? _rows;
    private bool _isDisposed;

    public string Path => source.File;

    byte* ITensorMemory.Data
    {
        get
        {
            lock (_gate)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                return (_rows ??= Copy()).Pointer;
            }
        }
    }

    public void Trim()
    {
        lock (_gate)
        {
            _rows?.Dispose();
            _rows = null;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _rows?.Dispose();
            _isDisposed = true;
        }
    }

    private NativeBuffer<byte> Copy()
    {
        NativeBuffer<byte> target = new(source.ByteLength);
        long rows = source.Shape[0];
        long rowBytes = source.ByteLength / rows;
        byte* data = source.Data;
        for (long row = 0; row < rows; row++)
        {
            long place = row % headWidth;
            long pairedPlace = place < headWidth / 2 ? 2 * place : (2 * (place - (headWidth / 2))) + 1;
            Buffer.MemoryCopy(data + ((row - place + pairedPlace) * rowBytes), target.Pointer + (row * rowBytes), rowBytes, rowBytes);
        }

        return target;
    }
}
