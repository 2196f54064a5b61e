using Microsoft.ML.Data;

namespace RetNet.Extensions.Benchmarks.Scoring;

/// <summary>What a prediction engine gives for a row: class probabilities or an embedding, both in the column <c>Score</c>.</summary>
internal sealed class TextScore
{
    [VectorType]
    [ColumnName(TextPipeline.Output)]
    public float[] Score { get; set; } = [];
}
