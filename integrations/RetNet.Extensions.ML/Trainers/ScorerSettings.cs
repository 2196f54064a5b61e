using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>The saved settings of a trained transformer, beside its weights.</summary>
internal sealed record ScorerSettings
{
    /// <summary>The text columns, one or two.</summary>
    public required string[] TextColumns { get; init; }

    public required string ScoreColumn { get; init; }

    /// <summary>The column of the predicted label; null for a regression.</summary>
    public string? PredictionColumn { get; init; }

    /// <summary>The column of the probability; null except for two classes.</summary>
    public string? ProbabilityColumn { get; init; }

    /// <summary>The tokens of a row that are read; 0 for all.</summary>
    public required int ContextLength { get; init; }

    /// <summary>The rows of a step of training.</summary>
    public required int BatchSize { get; init; }

    /// <inheritdoc cref="RetNetTrainerOptions.Policy"/>
    public string Policy { get; init; } = MultiStatePolicies.Full;

    /// <inheritdoc cref="RetNetTrainerOptions.StateSize"/>
    public string? StateSize { get; init; }

    /// <inheritdoc cref="RetNetTrainerOptions.Sinks"/>
    public int Sinks { get; init; } = MultiStatePolicies.DefaultSinks;

    /// <inheritdoc cref="RetNetTrainerOptions.StateFormat"/>
    public StateFormat StateFormat { get; init; }

    /// <summary>The classes; null except for several classes.</summary>
    public LabelKeys? Labels { get; init; }

    /// <summary>Checks values that were read from a file.</summary>
    /// <exception cref="FormatException">A value is out of range.</exception>
    public void Validate()
    {
        string columns = TextColumns.Length > 2 ? $"{TextColumns.Length} columns" : $"'{string.Join("', '", TextColumns)}'";
        Require(TextColumns.Length is 1 or 2 && !TextColumns.Any(string.IsNullOrEmpty), nameof(TextColumns), columns, "one or two names");
        Require(ScoreColumn != "", nameof(ScoreColumn), "empty", "a name");
        Require(PredictionColumn != "", nameof(PredictionColumn), "empty", "a name");
        Require(ProbabilityColumn != "", nameof(ProbabilityColumn), "empty", "a name");
        Require(ContextLength >= 0, nameof(ContextLength), ContextLength, "0 (all) or more");
        Require(BatchSize is >= 1 and <= 1 << 16, nameof(BatchSize), BatchSize, "1 to 65536");
        Require(Enum.IsDefined(StateFormat), nameof(StateFormat), StateFormat, string.Join(", ", Enum.GetNames<StateFormat>()));
        Labels?.Validate();
    }

    /// <summary>How the model remembers a text.</summary>
    /// <exception cref="ArgumentException">The policy is unknown, or its size is malformed, missing or out of place.</exception>
    public StateOptions CreateStateOptions() =>
        new() { Policy = MultiStatePolicies.Create(Policy, StateSize, Sinks), Format = StateFormat };

    /// <summary>Checks that the model supports the state settings.</summary>
    /// <exception cref="FormatException">It cannot.</exception>
    public void CheckModel(HeldModel model)
    {
        try
        {
            model.CheckState(CreateStateOptions());
        }
        catch (ArgumentException exception)
        {
            throw new FormatException(
                $"The model archive is damaged: '{ArchiveNames.Settings}' does not fit the model ({exception.Message}).", exception);
        }
    }

    private static void Require(bool holds, string setting, object found, string expected)
    {
        if (!holds)
        {
            throw new FormatException(
                $"The model archive is damaged: {setting} in '{ArchiveNames.Settings}' is {found}; expected {expected}.");
        }
    }
}
