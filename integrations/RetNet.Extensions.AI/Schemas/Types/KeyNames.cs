using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI.Schemas.Types;

/// <summary>The names that the members of a dictionary may have, by the type of its keys.</summary>
internal static class KeyNames
{
    private const string Fraction = @"(\.\d{1,9})?";
    private const long Billions = 999_999_999_999;

    // Of the texts of the format date-time, those that .NET reads; of values, the grammar writes no others.
    private const string UsualTime = @"T[\d:]+(\.\d{1,7})?(Z|[+-](0\d|1[0-3]):\d\d|[+-]14:00)$";

    /// <summary>What a schema says of the names; null where any text is one.</summary>
    public static JsonObject? Of(Type type, JsonSerializerOptions options)
    {
        if (type == typeof(bool))
            return new JsonObject { ["enum"] = new JsonArray("false", "true") };
        if (type == typeof(float) || type == typeof(double))
            return Numbers((-Billions, Billions), hasFraction: true);
        if (TypeNarrowing.WholeNumbers(type) is { } range)
            return Numbers(range, type == typeof(Half) || type == typeof(decimal));
        if (type.IsEnum)
        {
            return type.IsDefined(typeof(FlagsAttribute), inherit: false)
                ? EnumNames.Combined(type, options)
                : new JsonObject { ["enum"] = new JsonArray([.. EnumNames.Of(type, options).Select(name => JsonValue.Create(name))]) };
        }

        // The other keys are written as values are.
        JsonNode? schema = AnyJson.ToNode(AIJsonUtilities.CreateJsonSchema(type, serializerOptions: options));
        TypeNarrowing.Narrow(schema, type, options);
        if (schema is JsonObject dates && (type == typeof(DateTime) || type == typeof(DateTimeOffset)))
            TypeNarrowing.Add(dates, new JsonObject { ["pattern"] = UsualTime });
        return schema is JsonObject { Count: > 1 } values && values["type"]?.GetValueKind() == JsonValueKind.String
            && values["type"]!.GetValue<string>() == "string"
            ? values
            : null;
    }

    private static JsonObject Numbers((BigInteger Least, BigInteger Most) range, bool hasFraction)
    {
        // A fraction goes beyond the last whole number.
        string below = hasFraction ? $"{UpTo(range.Most - 1)}{Fraction}" : UpTo(range.Most);
        string above = hasFraction ? $"{UpTo(-range.Least - 1)}{Fraction}" : UpTo(-range.Least);
        return new JsonObject { ["pattern"] = range.Least.Sign < 0 ? $"^(-{above}|{below})$" : $"^{below}$" };
    }

    /// <summary>A regular expression of the whole numbers from 0 to a number.</summary>
    private static string UpTo(BigInteger most)
    {
        string digits = most.ToString(CultureInfo.InvariantCulture);
        List<string> ways = [digits];
        if (!most.IsZero)
            ways.Add("0");
        if (digits.Length > 1)
            ways.Add($@"[1-9]\d{{0,{digits.Length - 2}}}");
        for (int i = 0; i < digits.Length; i++)
        {
            // The first digits of the number, a smaller one, and any others.
            int least = i == 0 && !most.IsZero ? 1 : 0;
            if (digits[i] - '0' > least)
                ways.Add($@"{digits[..i]}[{least}-{digits[i] - '0' - 1}]\d{{{digits.Length - 1 - i}}}");
        }

        return $"({string.Join('|', ways)})";
    }
}
