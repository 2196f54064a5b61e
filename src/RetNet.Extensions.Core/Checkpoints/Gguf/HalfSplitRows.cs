using System.Buffers;

namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>
/// The rows of a query or key projection in the order of a rotation that pairs value i of a head with value i + w/2. Files of the llama
/// architecture have them in the order of ggml's rotation, which pairs values 2i and 2i + 1 (LlamaModel.permute of llama.cpp's converter).
/// </summary>
internal sealed unsafe class HalfSplitRows(TensorView source, int headWidth) : ITensorStore
{
    private readonly int _rowBytes = checked((int)(source.ByteLength / source.Shape[0]));

    public string Path => source.File;

    byte* ITensorStore.Memory => null;

    /// <summary>Reads whole rows.</summary>
    void ITensorStore.Read(long offset, Span<byte> target)
    {
        int headBytes = checked(headWidth * _rowBytes);
        byte[] rented = ArrayPool<byte>.Shared.Rent(headBytes);
        try
        {
            Span<byte> head = rented.AsSpan(0, headBytes);
            for (long row = offset / _rowBytes; !target.IsEmpty; target = target[_rowBytes..], row++)
            {
                int place = (int)(row % headWidth);
                if (place == 0 || row == offset / _rowBytes)
                    source.ReadBytes((row - place) * _rowBytes, head);
                int pairedPlace = place < headWidth / 2 ? 2 * place : (2 * (place - (headWidth / 2))) + 1;
                head.Slice(pairedPlace * _rowBytes, _rowBytes).CopyTo(target);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
