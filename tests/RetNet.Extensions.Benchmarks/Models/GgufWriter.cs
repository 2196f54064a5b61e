using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using System.Text;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Benchmarks.Models;

/// <summary>Writes a Llama as GGUF, version 3: header, metadata, tensor descriptions, then the tensors, each at a multiple of 32
/// bytes.</summary>
internal static class GgufWriter
{
    /// <summary>Values of a block of Q8_0 and of Q4_0.</summary>
    public const int BlockValues = 32;

    private const int Alignment = 32;
    private const int BlockBytes = sizeof(ushort) + BlockValues;
    private const int HalfBlockBytes = sizeof(ushort) + (BlockValues / 2);

    /// <summary>Writes a model.</summary>
    /// <param name="stream">Where it is written.</param>
    /// <param name="shape">The dimensions.</param>
    /// <param name="tensors">The weights.</param>
    /// <param name="type">How matrices are stored; norms are float32.</param>
    /// <param name="vocabulary">The tokenizer's metadata.</param>
    public static void Write(Stream stream, SyntheticShape shape, IReadOnlyList<SyntheticTensor> tensors, GgufType type,
        IReadOnlyList<(string Key, object Value)> vocabulary)
    {
        using (BinaryWriter writer = new(stream, Encoding.UTF8, leaveOpen: true))
        {
            (string Key, object Value)[] metadata = [.. Metadata(shape, type), .. vocabulary];
            writer.Write("GGUF"u8);
            writer.Write(3u);
            writer.Write((ulong)tensors.Count);
            writer.Write((ulong)metadata.Length);
            foreach ((string key, object value) in metadata)
            {
                WriteString(writer, key);
                WriteValue(writer, value);
            }

            ulong offset = 0;
            foreach (SyntheticTensor tensor in tensors)
            {
                WriteDescription(writer, tensor, TypeOf(tensor, type), offset);
                offset += (ulong)Align(ByteLength(tensor, type));
            }
        }

        Pad(stream);
        foreach (SyntheticTensor tensor in tensors)
        {
            stream.Write(Encode(tensor.GgufValues(), TypeOf(tensor, type)));
            Pad(stream);
        }
    }

    /// <summary>Blocks of 32 values: a half-precision scale, largest magnitude ÷ 127, and 32 signed bytes.</summary>
    public static byte[] ToQ8(ReadOnlySpan<float> values)
    {
        byte[] blocks = new byte[values.Length / BlockValues * BlockBytes];
        for (int i = 0; i < values.Length / BlockValues; i++)
        {
            ReadOnlySpan<float> source = values.Slice(i * BlockValues, BlockValues);
            Span<byte> block = blocks.AsSpan(i * BlockBytes, BlockBytes);
            float largest = 0;
            foreach (float value in source)
                largest = Math.Max(largest, Math.Abs(value));
            Half scale = (Half)(largest / sbyte.MaxValue);
            BinaryPrimitives.WriteHalfLittleEndian(block, scale);
            float inverse = (float)scale == 0 ? 0 : 1 / (float)scale;
            for (int j = 0; j < BlockValues; j++)
                block[sizeof(ushort) + j] = (byte)(sbyte)Math.Clamp(MathF.Round(source[j] * inverse), -sbyte.MaxValue, sbyte.MaxValue);
        }

        return blocks;
    }

    /// <summary>Blocks of 32 values: a half-precision scale, the value of largest magnitude ÷ −8, and 32 numbers of four bits, 8 more than
    /// the multiple of the scale; the low halves of the bytes come first.</summary>
    public static byte[] ToQ4(ReadOnlySpan<float> values)
    {
        const int zero = 8, half = BlockValues / 2;
        byte[] blocks = new byte[values.Length / BlockValues * HalfBlockBytes];
        for (int i = 0; i < values.Length / BlockValues; i++)
        {
            ReadOnlySpan<float> source = values.Slice(i * BlockValues, BlockValues);
            Span<byte> block = blocks.AsSpan(i * HalfBlockBytes, HalfBlockBytes);
            Half scale = (Half)(TensorPrimitives.MaxMagnitude(source) / -zero);
            BinaryPrimitives.WriteHalfLittleEndian(block, scale);
            float inverse = (float)scale == 0 ? 0 : 1 / (float)scale;
            for (int j = 0; j < BlockValues; j++)
            {
                int number = (int)Math.Clamp(MathF.Round(source[j] * inverse) + zero, 0, 15);
                block[sizeof(ushort) + (j % half)] |= (byte)(j < half ? number : number << 4);
            }
        }

        return blocks;
    }

    private static (string Key, object Value)[] Metadata(SyntheticShape shape, GgufType type) =>
    [
        ("general.architecture", "llama"),
        ("general.name", "synthetic"),
        ("general.file_type", type switch
        {
            GgufType.F32 => 0u,
            GgufType.Q4_0 => 2u,
            GgufType.Q8_0 => 7u,
            GgufType.Q4_K => 15u,
            _ => 32u,
        }),
        ("llama.context_length", (uint)shape.Context),
        ("llama.embedding_length", (uint)shape.Width),
        ("llama.block_count", (uint)shape.Layers),
        ("llama.feed_forward_length", (uint)shape.FeedForward),
        ("llama.attention.head_count", (uint)shape.Heads),
        ("llama.attention.head_count_kv", (uint)shape.Heads),
        ("llama.attention.layer_norm_rms_epsilon", SyntheticModel.NormEpsilon),
        ("llama.rope.dimension_count", (uint)shape.HeadWidth),
        ("llama.rope.freq_base", SyntheticModel.RopeTheta),
        .. shape.Experts == 0 ? Array.Empty<(string, object)>() :
        [
            ("llama.expert_count", (uint)shape.Experts),
            ("llama.expert_used_count", (uint)shape.ExpertsPerToken),
        ],
    ];

    private static void WriteValue(BinaryWriter writer, object value)
    {
        const uint unsigned = 4, signed = 5, real = 6, flag = 7, text = 8, array = 9;
        switch (value)
        {
            case uint number:
                writer.Write(unsigned);
                writer.Write(number);
                break;
            case float number:
                writer.Write(real);
                writer.Write(number);
                break;
            case bool isSet:
                writer.Write(flag);
                writer.Write(isSet);
                break;
            case string word:
                writer.Write(text);
                WriteString(writer, word);
                break;
            case string[] words:
                WriteArrayHeader(array, text, words.Length);
                foreach (string word in words)
                    WriteString(writer, word);
                break;
            case float[] numbers:
                WriteArrayHeader(array, real, numbers.Length);
                writer.Write(MemoryMarshal.AsBytes<float>(numbers));
                break;
            case int[] numbers:
                WriteArrayHeader(array, signed, numbers.Length);
                writer.Write(MemoryMarshal.AsBytes<int>(numbers));
                break;
            default:
                throw new ArgumentException($"GGUF metadata of type {value.GetType().Name} are not written.", nameof(value));
        }

        void WriteArrayHeader(uint kind, uint elements, int count)
        {
            writer.Write(kind);
            writer.Write(elements);
            writer.Write((ulong)count);
        }
    }

    private static void WriteDescription(BinaryWriter writer, SyntheticTensor tensor, GgufType type, ulong offset)
    {
        WriteString(writer, tensor.GgufName);

        // The innermost dimension comes first.
        writer.Write(tensor.IsNorm ? 1u : tensor.Experts == 1 ? 2u : 3u);
        writer.Write((ulong)tensor.Columns);
        if (!tensor.IsNorm)
            writer.Write((ulong)(tensor.Rows / tensor.Experts));
        if (tensor.Experts > 1)
            writer.Write((ulong)tensor.Experts);
        writer.Write((uint)type);
        writer.Write(offset);
    }

    private static void WriteString(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    // A model in Q4_K has its head in Q6_K, as llama.cpp's quantiser chooses.
    private static GgufType TypeOf(SyntheticTensor tensor, GgufType type) => tensor.IsNorm || tensor.IsRouter
        ? GgufType.F32
        : type == GgufType.Q4_K && tensor.GgufName == "output.weight" ? GgufType.Q6_K : type;

    private static long ByteLength(SyntheticTensor tensor, GgufType type) => TypeOf(tensor, type) switch
    {
        GgufType.F32 => tensor.Count * sizeof(float),
        GgufType.BF16 => tensor.Count * sizeof(ushort),
        GgufType.Q4_0 => tensor.Count / BlockValues * HalfBlockBytes,
        GgufType.Q4_K => tensor.Count / SuperBlocks.Values * SuperBlocks.Q4Bytes,
        GgufType.Q6_K => tensor.Count / SuperBlocks.Values * SuperBlocks.Q6Bytes,
        _ => tensor.Count / BlockValues * BlockBytes,
    };

    private static ReadOnlySpan<byte> Encode(float[] values, GgufType type)
    {
        switch (type)
        {
            case GgufType.F32:
                return MemoryMarshal.AsBytes<float>(values);
            case GgufType.Q8_0:
                return ToQ8(values);
            case GgufType.Q4_0:
                return ToQ4(values);
            case GgufType.Q4_K:
                return SuperBlocks.ToQ4(values);
            case GgufType.Q6_K:
                return SuperBlocks.ToQ6(values);
            default:
                ushort[] halves = Array.ConvertAll(values, WeightConversion.ToBFloat16);
                return MemoryMarshal.AsBytes<ushort>(halves);
        }
    }

    private static long Align(long bytes) => (bytes + Alignment - 1) / Alignment * Alignment;

    private static void Pad(Stream stream) => stream.Write(new byte[Align(stream.Position) - stream.Position]);
}
