using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models.Adapters;

namespace RetNet.Extensions.Core.Models;

/// <summary>Facts about a loaded model.</summary>
public sealed record ModelInfo
{
    /// <summary>The family as the checkpoint names it, e.g. <c>retnet (fla)</c>, <c>llama</c>, <c>qwen3</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>The number of tokens of the vocabulary.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>Whether the model has logits and can write a text. Default: true. A checkpoint of a base class without a head has hidden
    /// states only, which embed texts.</summary>
    public bool HasHead { get; init; } = true;

    /// <summary>The model width d.</summary>
    public required int Width { get; init; }

    /// <summary>The number of decoder blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>The number of (query) heads of a block.</summary>
    public required int Heads { get; init; }

    /// <summary>The number of parameters; a tied embedding counts once.</summary>
    public required long Parameters { get; init; }

    /// <summary>How the weight matrices are kept in memory; where they differ, the format of most of their bytes.</summary>
    public required WeightFormat WeightFormat { get; init; }

    /// <summary>Bytes of all weights as kept.</summary>
    public required long WeightBytes { get; init; }

    /// <summary>Bytes of weights that decoding one token reads: all but the rows of the embedding that are not looked up.</summary>
    public required long WeightBytesPerToken { get; init; }

    /// <summary>The context length that the checkpoint names, in tokens; null when it names none. A RetNet has no limit of its
    /// own.</summary>
    public int? ContextLength { get; init; }

    /// <summary>True when a state of this model has the same size at every position whatever the policy: a RetNet's.</summary>
    public required bool HasConstantState { get; init; }

    /// <summary>Where the model is computed.</summary>
    public ComputeDevice Device { get; init; }

    /// <summary>The number of threads that one forward uses at most.</summary>
    public required int Threads { get; init; }

    /// <summary>Names family and sizes of the state; a saved state is restored only by a model of the same shape.</summary>
    public required string StateShape { get; init; }

    /// <summary>Names the model: a hash of its configuration, without the ids of tokens, and of some rows of each weight. The same in every
    /// weight format and on every device; a saved state is restored only by a model with the same one.</summary>
    public string Fingerprint { get; init; } = "";

    /// <summary>The adapters that sequences can ask for, see <see cref="StateOptions.Adapter"/>.</summary>
    public IReadOnlyList<AdapterInfo> Adapters { get; init; } = [];

    /// <summary>The index of an adapter among <see cref="Adapters"/>; −1 for null.</summary>
    /// <exception cref="ArgumentException">The model does not have it.</exception>
    internal int IndexOfAdapter(string? name)
    {
        if (name is null)
            return -1;
        for (int i = 0; i < Adapters.Count; i++)
        {
            if (Adapters[i].Name == name)
                return i;
        }

        string expected = Adapters.Count == 0
            ? "null: the model holds none"
            : $"null or one of those that the model holds: {string.Join(", ", Adapters.Select(adapter => adapter.Name))}";
        throw new ArgumentException($"{nameof(StateOptions)}.{nameof(StateOptions.Adapter)} is '{name}'; expected {expected}.");
    }

    /// <summary>Names the model together with the adapter of a sequence.</summary>
    internal string FingerprintWith(string? adapter) =>
        adapter is null ? Fingerprint : $"{Fingerprint}+{Adapters[IndexOfAdapter(adapter)].Fingerprint}";

    /// <summary>The token that starts a text, if the configuration names one.</summary>
    public int? BeginningOfSequenceId { get; init; }

    /// <summary>The tokens that end a text, as the configuration names them.</summary>
    public IReadOnlyList<int> EndOfSequenceIds { get; init; } = [];
}
