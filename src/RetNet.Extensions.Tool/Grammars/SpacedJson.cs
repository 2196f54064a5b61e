using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace RetNet.Extensions.Tool.Grammars;

/// <summary>JSON on one line with a space after each comma and colon; numbers without exponents.</summary>
internal static class SpacedJson
{
    public static string Write(JsonElement element)
    {
        StringBuilder text = new();
        Write(element, text);
        return text.ToString();
    }

    private static void Write(JsonElement element, StringBuilder text)
    {
        string separator = "";
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                text.Append('{');
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    text.Append(separator).Append(Quote(property.Name)).Append(": ");
                    Write(property.Value, text);
                    separator = ", ";
                }

                text.Append('}');
                break;
            case JsonValueKind.Array:
                text.Append('[');
                foreach (JsonElement item in element.EnumerateArray())
                {
                    text.Append(separator);
                    Write(item, text);
                    separator = ", ";
                }

                text.Append(']');
                break;
            case JsonValueKind.String:
                text.Append(Quote(element.GetString()!));
                break;
            case JsonValueKind.Number when element.GetRawText().AsSpan().ContainsAny('e', 'E')
                && element.TryGetDecimal(out decimal number):
                text.Append(number.ToString(CultureInfo.InvariantCulture));
                break;
            default:
                text.Append(element.GetRawText());
                break;
        }
    }

    private static string Quote(string value) => $"\"{JsonEncodedText.Encode(value, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
