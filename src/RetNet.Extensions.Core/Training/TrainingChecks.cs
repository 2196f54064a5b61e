using System.Globalization;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Training;

/// <summary>Checks the arguments of a model, in the same way on every device.</summary>
internal static class TrainingChecks
{
    /// <exception cref="ArgumentException">The batch does not fit the model.</exception>
    public static void Require(TrainableModel model, in TrainingBatch batch)
    {
        ObjectDisposedException.ThrowIf(model.IsDisposed, model);
        if (batch.Lengths.IsEmpty)
            throw new ArgumentException("The batch has no sequence.", nameof(batch));
        long total = 0;
        foreach (int length in batch.Lengths)
        {
            if (length < 1)
                throw new ArgumentException($"A sequence of the batch has {length} tokens; at least one is needed.", nameof(batch));
            total += length;
        }

        if (total != batch.Tokens.Length)
        {
            throw new ArgumentException($"The lengths of the sequences add up to {total} tokens; the batch has {batch.Tokens.Length}.",
                nameof(batch));
        }

        foreach (int token in batch.Tokens)
        {
            if ((uint)token >= (uint)model.VocabularySize)
                throw new ArgumentException($"Token {token} is outside the vocabulary of {model.VocabularySize} tokens.", nameof(batch));
        }

        if (!batch.Inputs.IsEmpty && batch.Inputs.Length != total * model.Width)
        {
            throw new ArgumentException($"The batch has {batch.Inputs.Length} values of inputs; {total} tokens need {model.Width} each.",
                nameof(batch));
        }

        if (!(batch.Dropout is >= 0 and < 1))
            throw new ArgumentException($"{nameof(batch.Dropout)} is {batch.Dropout}; expected at least 0 and below 1.", nameof(batch));
        if (batch.ChunkLength is < 0 or > ConfigurationReader.MaximumWidth)
        {
            throw new ArgumentException(
                $"{nameof(batch.ChunkLength)} is {batch.ChunkLength}; expected 0 (the default) to "
                    + $"{ConfigurationReader.MaximumWidth}.", nameof(batch));
        }

        if (!Enum.IsDefined(batch.Form))
            throw new ArgumentException($"Unknown form {batch.Form}.", nameof(batch));
        if (!Enum.IsDefined(batch.Precision))
            throw new ArgumentException($"Unknown precision {batch.Precision}.", nameof(batch));
        RequirePrecision(model, batch.Precision);
        if (batch.State is { } state)
            RequireState(model, batch, state);
    }

    /// <exception cref="ArgumentException">The model's device does not compute in that precision.</exception>
    public static void RequirePrecision(TrainableModel model, TrainingPrecision precision)
    {
        if (precision != TrainingPrecision.Float32 && model.Device == ComputeDevice.Cpu)
        {
            throw new ArgumentException(
                $"{nameof(TrainingOptions.Precision)} is {precision}; expected {TrainingPrecision.Float32}, the only precision of the "
                    + "managed engine. Move the model to another device (ToDevice) for a lower one.");
        }
    }

    /// <summary>Refuses options that would have no effect.</summary>
    /// <param name="trained">What is trained without them.</param>
    /// <param name="options">The name of each, its value, and the one that it must have.</param>
    /// <exception cref="ArgumentException">One has another value.</exception>
    public static void RequireUnused(string trained, params ReadOnlySpan<(string Name, object? Value, object? Unused)> options)
    {
        foreach ((string name, object? value, object? unused) in options)
        {
            if (!Equals(value, unused))
            {
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                    $"{name} is {value}; expected {unused ?? "none"}, because {trained} are trained without it."));
            }
        }
    }

    /// <summary>Checks training data before anything is computed.</summary>
    /// <param name="tokens">A text.</param>
    /// <param name="vocabularySize">The number of tokens of the model's vocabulary.</param>
    /// <param name="use">What the text is used for: training or validation.</param>
    /// <exception cref="ArgumentException">A token is outside the vocabulary.</exception>
    public static void RequireVocabulary(ReadOnlySpan<int> tokens, int vocabularySize, string use)
    {
        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)vocabularySize)
            {
                throw new ArgumentException($"The {use} data has token {token}, "
                    + $"outside the model's vocabulary of {vocabularySize} tokens.");
            }
        }
    }

    /// <exception cref="ArgumentException">The targets do not fit batch or model.</exception>
    public static void RequireTargets(TrainableModel model, in TrainingBatch batch, ReadOnlySpan<int> targets)
    {
        if (targets.Length != batch.Tokens.Length)
            throw new ArgumentException($"There are {targets.Length} targets for {batch.Tokens.Length} tokens.", nameof(targets));
        foreach (int target in targets)
        {
            if (target < -1 || target >= model.VocabularySize)
            {
                throw new ArgumentException($"Target {target} is outside the vocabulary of {model.VocabularySize} tokens; expected a "
                    + "token or −1.",
                    nameof(targets));
            }
        }
    }

    private static void RequireState(TrainableModel model, in TrainingBatch batch, TrainingState state)
    {
        ObjectDisposedException.ThrowIf(state.IsDisposed, state);
        if (!ReferenceEquals(state.Model, model))
            throw new ArgumentException("The state belongs to another model.", nameof(batch));
        if (state.Sequences != batch.Lengths.Length)
            throw new ArgumentException($"The state has {state.Sequences} sequences, the batch {batch.Lengths.Length}.", nameof(batch));
        if (batch.Form == RetentionForm.Parallel)
        {
            throw new ArgumentException("The parallel form cannot continue from a state; use the recurrent or chunkwise form.",
                nameof(batch));
        }
    }
}
