using System.Diagnostics.CodeAnalysis;

namespace RetNet.Extensions.Core.Models.Decoder;

/// <summary>The weights of a model, as a checkpoint has to have them.</summary>
[Experimental("RETNET001")]
public abstract class WeightLayout
{
    private protected WeightLayout()
    {
    }

    /// <summary>All weights in the order in which they are drawn and trained.</summary>
    public abstract IEnumerable<WeightDeclaration> Weights { get; }

    /// <summary>Tensors that are saved but not trained; a checkpoint need not have them.</summary>
    public virtual IReadOnlyList<WeightDeclaration> Buffers => [];

    /// <summary>A prefix that the names in a checkpoint may have, before them or behind their first part.</summary>
    public virtual string OptionalPrefix => "";

    /// <summary>Names of tensors that a checkpoint may have and that are not read; * stands for any characters.</summary>
    public required string[] Ignorable { get; init; }

    /// <summary>What the names of a layer that guesses the token after the next begin with. Its tensors need not be read, but only where it
    /// joins two inputs as such a layer does: an ordinary layer at its place is part of the model. Null for none.</summary>
    internal string? GuessingLayer { get; init; }

    /// <summary>As <see cref="Ignorable"/>, of tensors of other parts of a checkpoint, by their whole names.</summary>
    internal string[] OtherParts { get; init; } = [];
}
