using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Fuzz.Mutations;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>Quantised safetensors of each method with their configuration; every tensor is read, whole and by a row.</summary>
internal sealed class QuantizedReader : Reader
{
    private readonly TemporaryFolder _folder = new();

    public override string Name => "quantized";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. Golden.Names("quantized-").Where(name => name != "quantized-llama-gptq").Select(name =>
            DocumentAndWeights.Join(Golden.Read(name, "config.json"), Golden.Read(name, "model.safetensors"))),
    ];

    public override byte[] Mutate(byte[] input, Mutation mutation) => DocumentAndWeights.Mutate(input, mutation);

    public override void Read(byte[] input)
    {
        (byte[] document, byte[] weights) = DocumentAndWeights.Split(input);
        _folder.Write("config.json", document);
        _folder.Write("model.safetensors", weights);
        using Checkpoint checkpoint = Checkpoint.Open(_folder.Root);
        foreach (TensorView tensor in checkpoint.Tensors.Values)
        {
            Weights.Read(tensor);
            if (tensor.IsWeight && tensor.Shape is [> 0, var width])
                tensor.Rows(0, 1).CopyTo(new float[width]);
        }
    }

    public override bool IsRefusal(Exception exception) => exception is CheckpointException;
}
