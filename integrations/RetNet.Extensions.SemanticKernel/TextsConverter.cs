using System.Text.Json;
using System.Text.Json.Serialization;

namespace RetNet.Extensions.SemanticKernel;

/// <summary>Reads a list of texts; a single text is a list of one.</summary>
internal sealed class TextsConverter : JsonConverter<IList<string>>
{
    public override IList<string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        JsonElement json = JsonElement.ParseValue(ref reader);
        return json.ValueKind switch
        {
            JsonValueKind.String => [json.GetString()!],
            JsonValueKind.Array when json.EnumerateArray().All(text => text.ValueKind == JsonValueKind.String) =>
                [.. json.EnumerateArray().Select(text => text.GetString()!)],
            _ => throw new JsonException("Expected a text or a list of texts."),
        };
    }

    public override void Write(Utf8JsonWriter writer, IList<string> value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (string text in value)
            writer.WriteStringValue(text);
        writer.WriteEndArray();
    }
}
