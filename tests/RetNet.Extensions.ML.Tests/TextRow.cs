using Microsoft.ML.Data;

namespace RetNet.Extensions.ML.Tests;

/// <summary>A row with a text, and columns of other types beside it.</summary>
internal sealed class TextRow
{
    public float Number { get; set; }

    public string? Text { get; set; }

    [VectorType(3)]
    public float[] Values { get; set; } = [1, 2, 3];
}
