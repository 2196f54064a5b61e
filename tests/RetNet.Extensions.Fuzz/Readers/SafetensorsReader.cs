using System.Buffers.Binary;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Fuzz.Mutations;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>Safetensors files: the header's fields, its stated length, and the data; every tensor is read.</summary>
internal sealed class SafetensorsReader : Reader
{
    private const int LengthBytes = sizeof(long);

    public override string Name => "safetensors";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        SafetensorsBytes.Floats(("layers.0.w", [2, 3], 1), ("layers.0.b", [3], 2), ("empty", [0], 0), ("norm", [4], 3)),
        SafetensorsBytes.File(
            """{"w":{"dtype":"BF16","shape":[2,3],"data_offsets":[0,12]},"v":{"dtype":"I64","shape":[],"data_offsets":[12,20]}}""", 20),
        SafetensorsBytes.File("{}", 0),
    ];

    public override byte[] Mutate(byte[] input, Mutation mutation) => MutateFile(input, mutation);

    /// <summary>Changes a safetensors file.</summary>
    public static byte[] MutateFile(byte[] input, Mutation mutation)
    {
        if (mutation.OnceIn(4) || input.Length < LengthBytes
            || BinaryPrimitives.ReadInt64LittleEndian(input) is not (> 0 and var length) || length > input.Length - LengthBytes)
        {
            return Bytes.Mutate(input, mutation, LengthBytes);
        }

        byte[] header = Json.Mutate(input.AsSpan(LengthBytes, (int)length).ToArray(), mutation);
        return SafetensorsBytes.File(header, input[(LengthBytes + (int)length)..], mutation.OnceIn(20) ? (ulong)length : null);
    }

    public override void Read(byte[] input)
    {
        using MemoryStream stream = new(input);
        using SafetensorsFile file = SafetensorsFile.Read(stream, "model.safetensors");
        foreach (TensorView tensor in file.Tensors.Values)
            Weights.Read(tensor);
    }

    public override bool IsRefusal(Exception exception) => exception is CheckpointException;
}
