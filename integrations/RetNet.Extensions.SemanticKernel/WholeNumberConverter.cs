using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RetNet.Extensions.SemanticKernel;

/// <summary>Reads whole numbers that are also written as <c>7.0</c> or as text.</summary>
internal sealed class WholeNumberConverter<T> : JsonConverter<T>
    where T : struct, IBinaryInteger<T>
{
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        decimal number;
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetDecimal(out decimal written))
        {
            number = written;
        }
        else if (reader.TokenType != JsonTokenType.String
            || !decimal.TryParse(reader.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out number))
        {
            throw new JsonException("Expected a whole number.");
        }

        try
        {
            return number == decimal.Truncate(number) ? T.CreateChecked(number) : throw new JsonException("Expected a whole number.");
        }
        catch (OverflowException exception)
        {
            throw new JsonException($"{number} is out of range.", exception);
        }
    }

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(long.CreateChecked(value));
}
