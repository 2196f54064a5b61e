using Microsoft.ML.Data;

namespace TextClassification;

/// <summary>A line of messages.tsv: what a customer wrote, and the desk it belongs to.</summary>
public sealed class Message
{
    [LoadColumn(0)]
    public string Label { get; set; } = "";

    [LoadColumn(1)]
    public string Text { get; set; } = "";
}
