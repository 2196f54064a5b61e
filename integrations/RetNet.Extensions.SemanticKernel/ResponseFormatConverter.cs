using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI;
using RetNet.Extensions.AI.Schemas.Types;

namespace RetNet.Extensions.SemanticKernel;

/// <summary>Writes a format of answers by its name, or as the schema that its answers have, which every mapping of a kernel takes. The name
/// and the description of a format are the schema's <c>title</c> and <c>description</c>.</summary>
internal sealed class ResponseFormatConverter : JsonConverter<object>
{
    public override object? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        JsonElement json = JsonElement.ParseValue(ref reader);
        return json.ValueKind == JsonValueKind.String ? json.GetString() : json;
    }

    public override void Write(Utf8JsonWriter writer, object value, JsonSerializerOptions options)
    {
        switch (value)
        {
            case string name when PromptFileSettings.IsFormat(name):
                writer.WriteStringValue(name);
                break;
            case JsonElement { ValueKind: JsonValueKind.String } name:
                Write(writer, name.GetString()!, options);
                break;
            case JsonElement { ValueKind: not JsonValueKind.Undefined } json:
                json.WriteTo(writer);
                break;
            case JsonDocument json:
                json.WriteTo(writer);
                break;
            case ChatResponseFormatText:
                writer.WriteStringValue("text");
                break;
            case ChatResponseFormatJson { Schema: null }:
                writer.WriteStringValue("json_object");
                break;
            case ChatResponseFormatJson format:
                WriteSchema(writer, format);
                break;
            case Type type:
                WriteSchema(writer, Format(type));
                break;
            default:
                string found = value is string text ? $"\"{text}\"" : $"of type {value.GetType().Name}";
                throw new JsonException($"response_format is {found}; expected a text (text, json_object), a type, "
                    + $"a {nameof(ChatResponseFormat)} or JSON.");
        }
    }

    /// <summary>The format of a type, as narrow as the type.</summary>
    private static ChatResponseFormatJson Format(Type type)
    {
        ChatResponseFormatJson format = ChatResponseFormat.ForJsonSchema(type);
        JsonNode? schema = AnyJson.ToNode(format.Schema);
        AttributeKeywords.Correct(schema);
        TypeNarrowing.Narrow(schema, type, AIJsonUtilities.DefaultOptions);
        return ChatResponseFormat.ForJsonSchema(AnyJson.ToElement(schema!), format.SchemaName, format.SchemaDescription);
    }

    private static void WriteSchema(Utf8JsonWriter writer, ChatResponseFormatJson format)
    {
        if (format.Schema is { ValueKind: JsonValueKind.Undefined })
            throw new JsonException($"response_format has a default {nameof(JsonElement)}, which holds no JSON; expected a JSON schema.");
        JsonElement schema = format.Schema!.Value;
        if (schema.ValueKind != JsonValueKind.Object)
        {
            schema.WriteTo(writer);
            return;
        }

        JsonObject titled = JsonObject.Create(schema)!;
        if (format.SchemaName is { } name)
            titled.TryAdd("title", name);
        if (format.SchemaDescription is { } description)
            titled.TryAdd("description", description);
        titled.WriteTo(writer);
    }
}
