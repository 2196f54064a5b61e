using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>What a trained transformer has to know beside its weights, and what is saved of its options.</summary>
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

    /// <summary>The classes; null except for several classes.</summary>
    public LabelKeys? Labels { get; init; }

    /// <summary>Checks what was read from a file.</summary>
    /// <exception cref="FormatException">A value is out of range.</exception>
    public void Validate()
    {
        if (TextColumns.Length is not (1 or 2) || TextColumns.Any(string.IsNullOrEmpty) || ScoreColumn == "" || ContextLength < 0 || BatchSize is < 1 or > 1 << 16)
            throw new FormatException($"The settings of a trained model are out of range: {this}.");
        Labels?.Validate();
    }
}
