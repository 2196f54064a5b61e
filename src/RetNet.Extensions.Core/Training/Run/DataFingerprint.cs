using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace RetNet.Extensions.Core.Training.Run;

/// <summary>Fingerprints of a model and of data, by which a resumed training recognises its own.</summary>
internal static class DataFingerprint
{
    public static string Of(IEnumerable<ReadOnlyMemory<int>> documents)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ReadOnlyMemory<int> document in documents)
        {
            hash.AppendData(BitConverter.GetBytes(document.Length));
            hash.AppendData(MemoryMarshal.AsBytes(document.Span));
        }

        return Name(hash);
    }

    public static string Of(IEnumerable<LabelledSequence> sequences)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (LabelledSequence sequence in sequences)
        {
            hash.AppendData(BitConverter.GetBytes(sequence.Tokens.Length));
            hash.AppendData(BitConverter.GetBytes(sequence.Target));
            hash.AppendData(BitConverter.GetBytes(sequence.Weight));
            hash.AppendData(MemoryMarshal.AsBytes(sequence.Tokens.Span));
        }

        return Name(hash);
    }

    public static string Of(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static string Name(IncrementalHash hash) => Convert.ToHexStringLower(hash.GetHashAndReset());
}
