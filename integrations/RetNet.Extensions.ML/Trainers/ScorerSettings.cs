using System.Text.Json.Serialization;
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

    /// <summary>How many rows are scored together at most.</summary>
    public required int BatchSize { get; init; }

    /// <inheritdoc cref="RetNetTrainerOptions.Policy"/>
    public string Policy { get; init; } = MultiStatePolicies.Full;

    /// <inheritdoc cref="RetNetTrainerOptions.StateSize"/>
    public string? StateSize { get; init; }

    /// <inheritdoc cref="RetNetTrainerOptions.Sinks"/>
    public int Sinks { get; init; } = MultiStatePolicies.DefaultSinks;

    /// <inheritdoc cref="RetNetTrainerOptions.StateFormat"/>
    public StateFormat StateFormat { get; init; }

    /// <summary>How the model remembers a text.</summary>
    [JsonIgnore]
    public StateOptions StateOptions => new() { Policy = MultiStatePolicies.Create(Policy, StateSize, Sinks), Format = StateFormat };

    /// <summary>The classes; null except for several classes.</summary>
    public LabelKeys? Labels { get; init; }

    /// <summary>Checks values that were read from a file.</summary>
    /// <exception cref="FormatException">A value is out of range.</exception>
    public void Validate()
    {
        if (TextColumns.Length is not (1 or 2) || TextColumns.Any(string.IsNullOrEmpty) || ScoreColumn == "" || PredictionColumn == ""
            || ProbabilityColumn == ""
            || ContextLength < 0 || BatchSize is < 1 or > 1 << 16)
        {
            throw new FormatException($"The model archive is damaged: the values of '{ArchiveNames.Settings}' are out of range: {this}.");
        }

        Labels?.Validate();
    }

    /// <summary>Checks that the model supports the state settings.</summary>
    /// <exception cref="FormatException">It cannot.</exception>
    public void CheckModel(HeldModel model)
    {
        try
        {
            model.CheckState(StateOptions);
        }
        catch (ArgumentException exception)
        {
            throw new FormatException(
                $"The model archive is damaged: '{ArchiveNames.Settings}' does not fit the model ({exception.Message}).", exception);
        }
    }
}
