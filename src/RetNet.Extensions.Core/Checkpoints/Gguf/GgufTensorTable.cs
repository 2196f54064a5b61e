using System.Numerics;
using RetNet.Extensions.Core.Formats;
using static RetNet.Extensions.Core.Checkpoints.CheckpointLimits;

namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>Reads and checks the descriptions of a GGUF file's tensors.</summary>
internal static class GgufTensorTable
{
    private const int MaximumRank = 4;
    private const string Part = "the tensors' descriptions";

    /// <summary>One tensor: its data begin <paramref name="Offset"/> bytes after the start of the data. The shape is outermost
    /// first.</summary>
    public sealed record Entry(string Name, TensorType Type, long[] Shape, long Offset, long ByteLength);

    /// <summary>Reads the descriptions at the cursor.</summary>
    /// <param name="cursor">The cursor; it stands behind them afterwards.</param>
    /// <param name="count">Their stated number.</param>
    /// <param name="alignment">What every offset must be a multiple of.</param>
    /// <param name="file">Path for messages.</param>
    /// <exception cref="CheckpointException">A description is malformed, or its type is not supported.</exception>
    public static List<Entry> Read(GgufCursor cursor, ulong count, int alignment, string file)
    {
        if (count > MaximumTensors)
            throw new CheckpointException(file, $"{count} tensors", $"at most {MaximumTensors}");
        List<Entry> entries = new();
        HashSet<string> names = new();
        for (ulong i = 0; i < count; i++)
        {
            Entry entry = ReadEntry(cursor, alignment, file);
            if (!names.Add(entry.Name))
                throw CheckpointException.ForTensor(file, entry.Name, "two entries of that name", "one");
            entries.Add(entry);
        }

        return entries;
    }

    /// <summary>Requires that every tensor lies inside the data and none inside another.</summary>
    public static void RequireSeparateRanges(IEnumerable<Entry> entries, long dataLength, string file)
    {
        Entry? previous = null;
        foreach (Entry entry in entries.OrderBy(entry => entry.Offset).ThenBy(entry => entry.ByteLength))
        {
            if (entry.Offset > dataLength - entry.ByteLength)
            {
                throw CheckpointException.ForTensor(file, entry.Name, $"{entry.ByteLength} bytes from {entry.Offset} on",
                    $"a range inside the {dataLength} bytes of data that the file holds");
            }

            if (previous is not null && previous.Offset + previous.ByteLength > entry.Offset)
            {
                throw CheckpointException.ForTensor(file, entry.Name,
                    $"data that begin at {entry.Offset}, inside the data of "
                        + $"{CheckpointException.Quote(previous.Name)}", "tensors that do not overlap");
            }

            previous = entry;
        }
    }

    private static Entry ReadEntry(GgufCursor cursor, int alignment, string file)
    {
        string name = System.Text.Encoding.UTF8.GetString(cursor.Text(MaximumNameLength, Part));
        uint rank = cursor.Read<uint>(Part);
        if (rank > MaximumRank)
            throw CheckpointException.ForTensor(file, name, $"{rank} dimensions", $"at most {MaximumRank}");
        long[] shape = new long[rank];
        for (int i = shape.Length - 1; i >= 0; i--)
        {
            ulong dimension = cursor.Read<ulong>(Part);
            shape[i] = dimension is > 0 and <= long.MaxValue
                ? (long)dimension
                : throw CheckpointException.ForTensor(file, name, $"a dimension of {dimension}", $"1 to {long.MaxValue}");
        }

        uint number = cursor.Read<uint>(Part);
        TensorType type = GgufTensorTypes.Find(number)
            ?? throw CheckpointException.ForTensor(file, name, GgufTensorTypes.Describe(number), TensorView.WeightTypes);
        ulong offset = cursor.Read<ulong>(Part);
        if (offset > long.MaxValue || offset % (ulong)alignment != 0)
            throw CheckpointException.ForTensor(file, name, $"an offset of {offset}", $"a multiple of the alignment, {alignment}");
        return new Entry(name, type, shape, (long)offset, ByteLength(type, shape, name, file));
    }

    private static long ByteLength(TensorType type, long[] shape, string name, string file)
    {
        (int elements, int bytes) = BlockFormat.IsBlockFormat(type)
            ? (BlockFormat.Elements(type), BlockFormat.Bytes(type))
            : (1, TensorTypeNames.Bits(type) / 8);
        long columns = shape.Length == 0 ? 1 : shape[^1];
        if (columns % elements != 0)
            throw CheckpointException.ForTensor(file, name, $"rows of {columns}", $"a multiple of {elements}, a block of type {type}");
        if (elements > 1 && shape.Length < 2)
            throw CheckpointException.ForTensor(file, name, $"a vector of type {type}", "a matrix, or a vector of single numbers");
        BigInteger length = columns / elements * (BigInteger)bytes;
        foreach (long dimension in shape.SkipLast(1))
            length *= dimension;
        return length <= long.MaxValue
            ? (long)length
            : throw CheckpointException.ForTensor(file, name, $"shape {TensorView.DescribeShape(shape)}", "a tensor that fits into a file");
    }
}
