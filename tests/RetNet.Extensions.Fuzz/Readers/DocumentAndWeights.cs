using System.Buffers.Binary;
using RetNet.Extensions.Fuzz.Mutations;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>An input of two files: the length of a JSON document, the document, and a safetensors file.</summary>
internal static class DocumentAndWeights
{
    public static byte[] Join(ReadOnlySpan<byte> document, ReadOnlySpan<byte> weights)
    {
        byte[] length = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(length, document.Length);
        return [.. length, .. document, .. weights];
    }

    public static (byte[] Document, byte[] Weights) Split(byte[] input)
    {
        if (input.Length < sizeof(int))
            return ([], []);
        int length = Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(input), 0, input.Length - sizeof(int));
        return (input.AsSpan(sizeof(int), length).ToArray(), input[(sizeof(int) + length)..]);
    }

    /// <summary>Changes one of the two.</summary>
    public static byte[] Mutate(byte[] input, Mutation mutation)
    {
        (byte[] document, byte[] weights) = Split(input);
        return mutation.OnceIn(2)
            ? Join(Json.Mutate(document, mutation), weights)
            : Join(document, SafetensorsReader.MutateFile(weights, mutation));
    }
}
