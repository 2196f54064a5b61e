using System.Text;
using System.Text.Json.Serialization;
using Microsoft.SemanticKernel.ChatCompletion;

namespace Microsoft.SemanticKernel;

public class StreamingChatMessageContent : StreamingKernelContent
{
    [JsonConstructor]
    public StreamingChatMessageContent(
        AuthorRole? role,
        string? content,
        object? innerContent = null,
        int choiceIndex = 0,
        string? modelId = null,
        Encoding? encoding = null,
        IReadOnlyDictionary<string, object?>? metadata = null)
        : base(innerContent, choiceIndex, modelId, metadata)
    {
        Role = role;
        Encoding = encoding ?? Encoding.UTF8;
        Content = content;
    }

    public AuthorRole? Role { get; set; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? AuthorName
    {
        get;
        set => field = string.IsNullOrWhiteSpace(value) ? null : value;
    }

    [JsonIgnore]
    public StreamingKernelContentItemCollection Items { get; set; } = [];

    /// <summary>The text of the first text item.</summary>
    public string? Content
    {
        get => Items.OfType<StreamingTextContent>().FirstOrDefault()?.Text;
        set
        {
            if (Items.OfType<StreamingTextContent>().FirstOrDefault() is { } text)
                text.Text = value;
            else if (value is not null)
                Items.Add(new StreamingTextContent(value, ChoiceIndex, ModelId, InnerContent, Encoding, Metadata));
        }
    }

    [JsonIgnore]
    public Encoding Encoding { get; set; }

    public override string ToString() => Content ?? string.Empty;

    public override byte[] ToByteArray() => Encoding.GetBytes(ToString());
}
