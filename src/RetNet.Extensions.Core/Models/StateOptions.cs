using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Models;

/// <summary>How a sequence remembers. A model ignores what does not concern its family.</summary>
/// <remarks>States with equal options are the same after the same tokens.</remarks>
public sealed record StateOptions
{
    /// <summary>The defaults: a Transformer keeps everything; a RetNet's prompt is computed in chunks.</summary>
    public static StateOptions Default { get; } = new();

    /// <summary>
    /// How keys and values or the matrices of a RetNet are kept. Default: <see cref="StateFormat.Float32"/>.
    /// <see cref="StateFormat.BFloat16"/> halves the memory of a state and what decoding reads of it, and <see cref="StateFormat.Int8"/>
    /// halves that of a Transformer on the CPU again.
    /// </summary>
    public StateFormat Format { get; init; }

    /// <summary>Transformer: which rows of a layer's multi-state survive a step. Default: <see cref="Full"/>, all of them.</summary>
    public IMultiStatePolicy Policy { get; init; } = Full.Instance;

    /// <summary>
    /// Transformer with a bounded policy: how many tokens of one input are attended before a cut. 0 takes an input whole and cuts
    /// once at its end. Default, null: inputs of up to <see cref="WholePromptLimit"/> tokens whole, longer ones in pieces of
    /// <see cref="DefaultPromptChunk"/> tokens, so that memory stays bounded.
    /// </summary>
    public int? PromptChunk { get; init; }

    /// <summary>RetNet: the form in which several tokens at once are computed. Default: <see cref="RetentionForm.Recurrent"/>.</summary>
    public RetentionForm Form { get; init; } = RetentionForm.Recurrent;

    /// <summary>RetNet: tokens per chunk of the chunkwise form; null for the checkpoint's own (torchscale) or 64.</summary>
    public int? RetentionChunk { get; init; }

    /// <summary>The <see cref="Adapters.ModelAdapter.Name"/> of an adapter that the model holds beside its weights, with which the
    /// sequence is computed from its first token on. Default null: the weights alone.</summary>
    public string? Adapter { get; init; }

    /// <summary>Checks what concerns every family.</summary>
    /// <exception cref="ArgumentException">The format is not defined.</exception>
    internal void CheckFormat()
    {
        if (!Enum.IsDefined(Format))
            throw new ArgumentException($"{nameof(StateOptions)}.{nameof(Format)} is {Format}; expected a format of a state.");
    }

    /// <summary>The longest input, in tokens, that a bounded policy cuts only at its end when <see cref="PromptChunk"/> is null.</summary>
    public const int WholePromptLimit = 2048;

    /// <summary>Tokens between cuts of a longer input when <see cref="PromptChunk"/> is null.</summary>
    public const int DefaultPromptChunk = 512;
}
