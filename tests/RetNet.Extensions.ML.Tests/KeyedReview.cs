using Microsoft.ML.Data;

namespace RetNet.Extensions.ML.Tests;

/// <summary>A text whose label is a key from the start.</summary>
internal sealed class KeyedReview
{
    public string? Sentence1 { get; set; }

    [KeyType(3)]
    public uint Label { get; set; }
}
