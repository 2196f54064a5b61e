using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Core.Tests.Checkpoints.Gguf;
using RetNet.Extensions.Fuzz.Mutations;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>A GGUF model in two files, of which one is changed; it is opened by either, and every tensor is read.</summary>
/// <remarks>An input is a byte that says which part it is, odd for the second, and the part.</remarks>
internal sealed class GgufPartsReader : Reader
{
    private readonly TemporaryFolder _folder = new();
    private readonly byte[][] _parts = [Part(0, first: true).ToArray(), Part(1, first: false).ToArray()];

    public GgufPartsReader() => Seeds = [[0, .. _parts[0]], [1, .. _parts[1]]];

    public override string Name => "gguf-parts";

    public override IReadOnlyList<byte[]> Seeds { get; }

    public override byte[] Mutate(byte[] input, Mutation mutation) =>
        mutation.OnceIn(2) ? Bytes.Mutate(input, mutation, input.Length / 2) : Written(mutation);

    public override void Read(byte[] input)
    {
        int changed = input.Length > 0 ? input[0] & 1 : 0;
        string[] paths =
            [.. _parts.Select((part, i) => _folder.Write($"m-0000{i + 1}-of-00002.gguf", i == changed ? input.Skip(1).ToArray() : part))];
        foreach (string path in paths)
        {
            using Checkpoint checkpoint = Checkpoint.Open(path);
            foreach (TensorView tensor in checkpoint.Tensors.Values)
                Weights.Read(tensor);
        }
    }

    public override bool IsRefusal(Exception exception) => exception is CheckpointException;

    /// <summary>A part whose numbers are not what they should be.</summary>
    private static byte[] Written(Mutation mutation)
    {
        object[] numbers = [0, 1, 2, 21, 22, 65535, uint.MaxValue, -1f, "2", (int[])[2], true];
        int part = mutation.Random.Next(2);
        GgufBytes file = part == 0 ? GgufModels.Metadata() : new GgufBytes();
        foreach ((string key, int value) in new[] { ("split.no", part), ("split.count", 2), ("split.tensors.count", 21) })
        {
            if (!mutation.OnceIn(6))
                file.With(key, mutation.OnceIn(3) ? mutation.Pick(numbers) : value);
        }

        return [(byte)part, .. WithTensors(file, mutation.OnceIn(4) ? part == 1 : part == 0).ToArray()];
    }

    private static GgufBytes Part(int number, bool first)
    {
        GgufBytes file = first ? GgufModels.Metadata() : new GgufBytes();
        return WithTensors(file.With("split.no", number).With("split.count", 2).With("split.tensors.count", 21), first);
    }

    private static GgufBytes WithTensors(GgufBytes file, bool ofBlocks) => file.WithTensorsOf(
        new GgufBytes().WithWeights(), name => name.StartsWith("blk.", StringComparison.Ordinal) == ofBlocks);
}
