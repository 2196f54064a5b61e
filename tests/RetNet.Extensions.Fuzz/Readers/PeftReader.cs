using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Adapters;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.Fuzz.Mutations;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>LoRA adapters of PEFT: merged, and, where it can be, held; each reads a token.</summary>
internal sealed class PeftReader : Reader
{
    private static readonly string[] Cases = ["lora-llama", "lora-llama-embeddings"];

    private readonly TemporaryFolder _folder = new();

    public override string Name => "adapter";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. Cases.Select(name =>
            DocumentAndWeights.Join(Golden.Read(name, "adapter_config.json"), Golden.Read(name, "adapter_model.safetensors"))),
    ];

    public override byte[] Mutate(byte[] input, Mutation mutation) => DocumentAndWeights.Mutate(input, mutation);

    public override void Read(byte[] input)
    {
        (byte[] document, byte[] weights) = DocumentAndWeights.Split(input);
        _folder.Write("adapter_config.json", document);
        _folder.Write("adapter_model.safetensors", weights);
        Run(_folder.Root);
    }

    public override bool IsRefusal(Exception exception) => exception is CheckpointException;

    /// <summary>A model with an adapter reads a token.</summary>
    public static void Run(string adapter)
    {
        Run(new ModelAdapter(adapter) { IsMerged = true }, StateOptions.Default);
        Run(new ModelAdapter(adapter) { Name = "a" }, new StateOptions { Adapter = "a" });
    }

    private static void Run(ModelAdapter adapter, StateOptions options)
    {
        using LanguageModel model = LanguageModel.Load(Golden.Folder("llama-plain"), TinyText.OneThread with { Adapters = [adapter] });
        using SequenceState state = model.CreateState(options);
        model.Forward(state, [1], new float[model.Info.VocabularySize]);
    }
}
