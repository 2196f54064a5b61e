namespace RetNet.Extensions.ML.Tests;

internal sealed class SurprisedRow
{
    public float Surprise { get; set; }
}
