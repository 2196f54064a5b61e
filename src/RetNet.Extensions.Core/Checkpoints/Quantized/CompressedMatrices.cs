using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Quantized;

/// <summary>The formats of compressed-tensors: 8-bit floats or integers with scales of the matrix, of rows or of groups, and integers of 4
/// or 8 bits that are packed in words of 32, the lowest first, with 2^(bits − 1) added.</summary>
internal static class CompressedMatrices
{
    private static readonly string[] Formats =
        ["dense", "pack-quantized", "int-quantized", "float-quantized", "naive-quantized", "mixed-precision"];

    public static void Read(TensorSet tensors, ConfigurationReader options)
    {
        string[] formats = [options.OptionalText("format") ?? "dense", .. GroupFormats(options)];
        foreach (string format in formats)
        {
            if (!Formats.Contains(format))
            {
                throw options.TextFault("format", "pack-quantized, int-quantized or float-quantized: load it with transformers and save it "
                    + "dequantised");
            }
        }

        if (options.Contains("transform_config") && !options.IsEmpty("transform_config"))
            throw options.Fault("transform_config", "none: weights that were rotated are not supported");
        RequireDense(options);
        foreach (string module in tensors.Before(".weight_packed"))
            AddPacked(tensors, module);
        (int, int)? tile = BlockStructure(options);
        foreach (string module in tensors.Before(".weight_scale"))
        {
            if (tensors.Has(module + ".weight") && tensors.Result[module + ".weight"].Type == TensorType.Int8)
                AddIntegers(tensors, module);
            else
                ScaledFloats.Add(tensors, module + ".weight", module + ".weight_scale", tile);
        }

        tensors.Drop(".input_scale", ".input_zero_point", ".output_scale", ".output_zero_point", ".weight_zero_point", ".k_scale",
            ".v_scale", ".input_global_scale");
    }

    // A sparsity of the format dense describes weights that are stored whole.
    private static void RequireDense(ConfigurationReader options)
    {
        const string option = "sparsity_config", format = "format";
        if (!options.Contains(option) || options.IsEmpty(option))
            return;
        ConfigurationReader sparsity = options.OptionalObject(option)!.Value;
        if (sparsity.OptionalText(format) != "dense")
            throw sparsity.TextFault(format, "dense: sparse weights are not supported");
    }

    private static IEnumerable<string> GroupFormats(ConfigurationReader options)
    {
        if (options.OptionalObject("config_groups") is not { } groups)
            yield break;
        foreach (string name in groups.Names)
        {
            if (groups.OptionalObject(name)?.OptionalText("format") is { } format)
                yield return format;
        }
    }

    private static (int, int)? BlockStructure(ConfigurationReader options)
    {
        if (options.OptionalObject("config_groups") is not { } groups)
            return null;
        foreach (string name in groups.Names)
        {
            if (groups.OptionalObject(name)?.OptionalObject("weights") is { } weights && weights.IsArray("block_structure")
                && weights.Numbers("block_structure", 1, ConfigurationReader.MaximumWidth) is [double height, double width])
            {
                return ((int)height, (int)width);
            }
        }

        return null;
    }

    private static void AddPacked(TensorSet tensors, string module)
    {
        TensorView packed = tensors.Require(module + ".weight_packed", module);
        long[] shape = new long[2];
        TensorView shapeTensor = tensors.Require(module + ".weight_shape", module);
        if (shapeTensor.Type == TensorType.Int32 && shapeTensor.ElementCount == 2)
            StoredNumber.Raw<int>(shapeTensor).Select(value => (long)value).ToArray().CopyTo(shape, 0);
        else
            TensorSet.Check(shapeTensor, [TensorType.Int64], 2).CopyTo(shape);
        if (shape is not [> 0 and <= int.MaxValue, > 0 and <= ConfigurationReader.MaximumWidth] || packed.Shape.Length != 2)
        {
            throw CheckpointException.ForTensor(shapeTensor.File, shapeTensor.Name, TensorView.DescribeShape(shape),
                "the shape of a matrix");
        }

        (int rows, int columns) = ((int)shape[0], (int)shape[1]);
        int words = (int)Math.Min(packed.Shape[1], int.MaxValue);
        int bits = words == (columns + 3) / 4 ? 8 : 4, pack = 32 / bits;
        TensorSet.Check(packed, [TensorType.Int32], rows, (columns + pack - 1) / pack);
        TensorView scales = tensors.Require(module + ".weight_scale", module);
        int groups = scales.Shape is [_, long count] && count is > 0 and <= int.MaxValue ? (int)count : 1;
        TensorSet.Check(scales, StoredNumber.Scales, rows, groups);
        int groupSize = Size(scales, columns, groups);
        int[]? order = GroupOrder.Take(tensors, module + ".weight_g_idx", columns, groupSize, groups);
        TensorView? zeros = tensors.Take(module + ".weight_zero_point");
        if (zeros is not null)
            TensorSet.Check(zeros, [TensorType.Int32], (rows + pack - 1) / pack, groups);
        tensors.Add(IntegerMatrix.Create(
            packed.File, module + ".weight", rows, columns, groupSize, order, bits, Scales(), scales.Type, tensors.Cache, () =>
            {
                uint[] content = StoredNumber.Raw<uint>(packed);
                byte[] values = new byte[checked(rows * columns)];
                for (int r = 0; r < rows; r++)
                {
                    for (int c = 0; c < columns; c++)
                        values[(r * columns) + c] = PackedIntegers.Get(content[(r * words) + (c / pack)], c % pack, bits);
                }

                (float[] s, short[] z) = Scales();
                return new DecodedMatrix(values, s, z);
            }));

        (float[] Scales, short[] Zeros) Scales()
        {
            short[] z = new short[rows * groups];
            z.AsSpan().Fill((short)(1 << (bits - 1)));
            if (zeros is not null)
            {
                uint[] content = StoredNumber.Raw<uint>(zeros);
                for (int r = 0; r < rows; r++)
                {
                    for (int g = 0; g < groups; g++)
                        z[(r * groups) + g] = PackedIntegers.Get(content[(r / pack * groups) + g], r % pack, bits);
                }
            }

            return (scales.ToFloats(), z);
        }
    }

    private static void AddIntegers(TensorSet tensors, string module)
    {
        TensorView weights = tensors.Require(module + ".weight", module), scales = tensors.Require(module + ".weight_scale", module);
        if (weights.Shape is not [long rowCount and > 0 and <= int.MaxValue,
            long columnCount and > 0 and <= ConfigurationReader.MaximumWidth])
        {
            throw CheckpointException.ForTensor(weights.File, weights.Name, $"shape {weights.DescribeShape()}", "a matrix");
        }

        (int rows, int columns) = ((int)rowCount, (int)columnCount);
        int groups = scales.Shape is [_, long count] && count is > 0 and <= int.MaxValue ? (int)count : 1;
        bool isOne = scales.ElementCount == 1;
        if ((!isOne && scales.ElementCount != (long)rows * groups) || !StoredNumber.Scales.Contains(scales.Type))
        {
            throw CheckpointException.ForTensor(scales.File, scales.Name, $"{scales.Type} of shape {scales.DescribeShape()}",
                $"one number, or floats of shape [{rows} × groups]");
        }

        int groupSize = Size(scales, columns, groups);
        TensorView? zeros = tensors.Take(module + ".weight_zero_point");
        if (zeros is not null && (zeros.Type != TensorType.Int8 || zeros.ElementCount != scales.ElementCount))
        {
            throw CheckpointException.ForTensor(zeros.File, zeros.Name, $"{zeros.Type} of shape {zeros.DescribeShape()}",
                "I8, as the scales");
        }

        tensors.Add(IntegerMatrix.CreateSigned(weights, groupSize, Scales, scales.Type, tensors.Cache));

        (float[] Scales, short[] Zeros) Scales()
        {
            float[] s = scales.ToFloats();
            short[] z = zeros is null ? new short[s.Length] : [.. StoredNumber.Raw<sbyte>(zeros)];
            return isOne
                ? ([.. Enumerable.Repeat(s[0], rows * groups)], [.. Enumerable.Repeat(z[0], rows * groups)])
                : (s, z);
        }
    }

    private static int Size(TensorView scales, int columns, int groups) => columns % groups == 0
        ? columns / groups
        : throw CheckpointException.ForTensor(scales.File, scales.Name, $"{groups} groups", $"a divisor of {columns} columns");
}
