using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Fuzz.Mutations;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>LoRA adapters in GGUF: merged and held, each reads a token.</summary>
internal sealed class GgufAdapterReader : Reader
{
    // Keys, values and names of tensors stand before the numbers.
    private const int Header = 2048;

    private readonly TemporaryFolder _folder = new();

    public override string Name => "adapter-gguf";

    public override IReadOnlyList<byte[]> Seeds { get; } = [Golden.Read("lora-gguf", "adapter.gguf")];

    public override byte[] Mutate(byte[] input, Mutation mutation) => Bytes.Mutate(input, mutation, Header);

    public override void Read(byte[] input) => PeftReader.Run(_folder.Write("adapter.gguf", input));

    public override bool IsRefusal(Exception exception) => exception is CheckpointException;
}
