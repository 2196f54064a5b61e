using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Quantized;

/// <summary>A matrix of bitsandbytes' 4-bit numbers, two in a byte, the first in the upper half: element i is table[q] · absmax[i / block],
/// in float32, rounded to the type of its quant_state.</summary>
internal sealed unsafe class FourBitMatrix : ITensorStore
{
    private readonly TensorView _packed;
    private readonly int _columns;
    private readonly int _block;
    private readonly TensorType _type;
    private readonly Lazy<(float[] Table, float[] Largest)> _scales;

    private FourBitMatrix(TensorView packed, int columns, int block, TensorType type, Func<(float[] Table, float[] Largest)> scales)
    {
        (_packed, _columns, _block, _type) = (packed, columns, block, type);
        _scales = new(scales);
    }

    public string Path => _packed.File;

    byte* ITensorStore.Memory => null;

    /// <summary>Adds the matrix of a name.</summary>
    /// <exception cref="CheckpointException">A part is missing or contradicts another.</exception>
    public static void Add(TensorSet tensors, string name, string stateName)
    {
        TensorView state = tensors.Require(name + stateName, name), packed = tensors.Require(name, name + stateName);
        if (state.ByteLength > 1 << 16)
            throw CheckpointException.ForTensor(state.File, state.Name, $"{state.ByteLength} bytes", "a JSON object of at most 64 kB");
        ConfigurationReader options = new(RegularFile.ParseJson(StoredNumber.Raw<byte>(state), state.File), state.File);
        if (options.Numbers("shape", 1, int.MaxValue) is not [double rowCount, double columnCount] || columnCount % 2 != 0
            || columnCount > ConfigurationReader.MaximumWidth)
        {
            throw options.Fault("shape", "the shape of a matrix with an even number of columns");
        }

        (int rows, int columns) = ((int)rowCount, (int)columnCount);
        int block = options.Integer("blocksize", 2, 1 << 20);
        long elements = (long)rows * columns, blocks = (elements + block - 1) / block;
        if (packed.Type != TensorType.UInt8 || packed.ElementCount != (elements + 1) / 2)
        {
            throw CheckpointException.ForTensor(packed.File, name, $"{packed.Type} of shape {packed.DescribeShape()}",
                $"U8 with {(elements + 1) / 2} elements");
        }

        TensorView table = tensors.Require(name + ".quant_map", name, [TensorType.Float32], 16);
        TensorView largest = tensors.Require(name + ".absmax", name);
        TensorType type = options.OptionalText("dtype") switch
        {
            "bfloat16" => TensorType.BFloat16,
            "float16" => TensorType.Float16,
            _ => TensorType.Float32,
        };
        Func<(float[], float[])> scales = largest.Type == TensorType.UInt8
            ? Nested(tensors, name, largest, blocks, options, table)
            : Plain(TensorSet.Check(largest, [TensorType.Float32], blocks), table);
        long rowBytes = (long)columns * TensorTypeNames.Bits(type) / 8;
        tensors.Add(new TensorView(
            new FourBitMatrix(packed, columns, block, type, scales), name, type, [rows, columns], offset: 0, rows * rowBytes));
    }

    void ITensorStore.Read(long offset, Span<byte> target)
    {
        int rowBytes = _columns * TensorTypeNames.Bits(_type) / 8;
        (float[] table, float[] largest) = _scales.Value;
        byte[] stored = new byte[_columns / 2];
        for (long row = offset / rowBytes; !target.IsEmpty; target = target[rowBytes..], row++)
        {
            _packed.ReadBytes(row * stored.Length, stored);
            for (int c = 0; c < _columns; c++)
            {
                int q = c % 2 == 0 ? stored[c / 2] >> 4 : stored[c / 2] & 0xF;
                StoredNumber.Write(_type, table[q] * largest[((row * _columns) + c) / _block], target, c);
            }
        }
    }

    private static Func<(float[], float[])> Plain(TensorView largest, TensorView table) =>
        () => (table.ToFloats(), largest.ToFloats());

    private static Func<(float[], float[])> Nested(
        TensorSet tensors, string name, TensorView largest, long blocks, ConfigurationReader options, TensorView table)
    {
        TensorSet.Check(largest, [TensorType.UInt8], blocks);
        int nestedBlock = options.Integer("nested_blocksize", 1, 1 << 20);
        float nestedOffset = (float)options.Number("nested_offset", float.MinValue, float.MaxValue);
        TensorView nested = tensors.Require(
            name + ".nested_absmax", name, [TensorType.Float32], (blocks + nestedBlock - 1) / nestedBlock);
        TensorView nestedTable = tensors.Require(name + ".nested_quant_map", name, [TensorType.Float32], 256);
        return () =>
        {
            byte[] indices = StoredNumber.Raw<byte>(largest);
            float[] scales = nested.ToFloats(), numbers = nestedTable.ToFloats();
            float[] values = new float[indices.Length];
            for (int i = 0; i < values.Length; i++)
                values[i] = (numbers[indices[i]] * scales[i / nestedBlock]) + nestedOffset;
            return (table.ToFloats(), values);
        };
    }
}
