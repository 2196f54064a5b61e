namespace RetNet.Extensions.ML.Tests;

internal sealed class WrittenRow
{
    public string? Text { get; set; }

    public string? Story { get; set; }
}
