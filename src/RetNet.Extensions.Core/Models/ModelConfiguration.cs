using System.Diagnostics.CodeAnalysis;
using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models;

/// <summary>The dimensions and settings of a model; each family has its own.</summary>
[Experimental("RETNET001")]
public abstract record ModelConfiguration
{
    private protected ModelConfiguration()
    {
    }

    /// <summary>Token that begins a text, if any.</summary>
    public int? BosTokenId { get; init; }

    /// <summary>Tokens that end a text.</summary>
    public IReadOnlyList<int> EosTokenIds { get; init; } = [];

    /// <summary>Token that fills up a batch, if any.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>The architecture as models name it, such as <c>llama</c> or <c>retnet (fla)</c>.</summary>
    public abstract string Architecture { get; }

    /// <summary>The shape of states by name: a model restores the saved states of models with the same one.</summary>
    public abstract string StateShape { get; }

    /// <summary>The tensors of a model, one for each weight, as the family's files have them.</summary>
    internal virtual IEnumerable<TensorSource> Arrange(IEnumerable<TensorSource> tensors) => tensors;

    /// <summary>The configuration of the same model once it has learned from sequences of a length.</summary>
    internal virtual ModelConfiguration ForLength(int tokens) => this;

    /// <summary>Writes the configuration as its family's config.json has it.</summary>
    /// <returns>The document.</returns>
    public abstract string ToJson();
}
