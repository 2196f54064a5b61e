using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Fuzz.Mutations;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>The index of a checkpoint in shards; every tensor is read.</summary>
internal sealed class ShardsReader : Reader
{
    private readonly TemporaryFolder _folder = new();

    public ShardsReader()
    {
        _folder.Write("config.json", "{}");
        _folder.Write("a.safetensors", SafetensorsBytes.Floats(("a", [2], 1), ("b", [3, 2], 2)));
        _folder.Write("b.safetensors", SafetensorsBytes.Floats(("c", [4], 3)));
        Seeds =
        [
            JsonSerializer.SerializeToUtf8Bytes(new
            {
                metadata = new { total_size = 48 },
                weight_map = new { a = "a.safetensors", b = "a.safetensors", c = "b.safetensors" },
            }),
            JsonSerializer.SerializeToUtf8Bytes(new { weight_map = new { c = "b.safetensors" } }),
        ];
    }

    public override string Name => "shards";

    public override IReadOnlyList<byte[]> Seeds { get; }

    public override byte[] Mutate(byte[] input, Mutation mutation) => Json.Mutate(input, mutation);

    public override void Read(byte[] input)
    {
        _folder.Write("model.safetensors.index.json", input);
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Root);
        foreach (TensorView tensor in checkpoint.Tensors.Values)
            Weights.Read(tensor);
    }

    public override bool IsRefusal(Exception exception) => exception is CheckpointException;
}
