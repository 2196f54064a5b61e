using Microsoft.ML.Data;

namespace RetNet.Extensions.ML.Tests;

internal sealed class ClassifiedReview
{
    public string? Kind { get; set; }

    public string? PredictedKind { get; set; }

    [VectorType]
    public float[] Score { get; set; } = [];
}
