using Microsoft.ML.Data;

namespace RetNet.Extensions.ML.Tests;

internal sealed class EmbeddedRow
{
    public float Number { get; set; }

    public string? Text { get; set; }

    [VectorType]
    public float[] Values { get; set; } = [];

    [VectorType]
    public float[] Features { get; set; } = [];
}
