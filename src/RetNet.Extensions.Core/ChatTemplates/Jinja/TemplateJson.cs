using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>JSON in and out of templates. Output is written as Python's <c>json.dumps</c> writes it.</summary>
internal static partial class TemplateJson
{
    /// <summary>A template's value for a JSON value of a setting. Every string in it counts as coming from outside.</summary>
    public static object? Read(JsonElement element) => Read(element, TextOrigin.Setting);

    /// <summary>A template's value for a JSON value. Every string in it counts as coming from an origin. Half of a surrogate pair and
    /// bytes that are not UTF-8 become U+FFFD.</summary>
    public static object? Read(JsonElement element, TextOrigin origin)
    {
        try
        {
            return ReadValue(element, origin);
        }
        catch (InvalidOperationException)
        {
            string text = Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(element));
            return ReadValue(JsonElement.Parse(Escapes().Replace(text, match => match.Groups["half"].Success ? "\\ufffd" : match.Value)),
                origin);
        }
    }

    [GeneratedRegex(@"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(?<half>\\u[dD][89a-fA-F]..)|\\.")]
    private static partial Regex Escapes();

    private static object? ReadValue(JsonElement element, TextOrigin origin)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                TemplateMap map = new();
                foreach (JsonProperty member in element.EnumerateObject())
                    map.Set(MarkedText.From(origin, member.Name), ReadValue(member.Value, origin));
                return map;
            case JsonValueKind.Array:
                return element.EnumerateArray().Select(item => ReadValue(item, origin)).ToList();
            case JsonValueKind.String:
                return MarkedText.From(origin, element.GetString()!);
            case JsonValueKind.Number:
                return ReadNumber(element);
            case JsonValueKind.True:
                return true;
            case JsonValueKind.False:
                return false;
            default:
                return null;
        }
    }

    // Python keeps the digits of every integer. Its time grows with their square, so that very long ones are refused, as Python does.
    private static object ReadNumber(JsonElement element)
    {
        const int MostDigits = 4300;
        if (element.TryGetInt64(out long integer))
            return element.GetRawText() == "-0" ? (object)0L : integer;
        string text = element.GetRawText();
        if (text.AsSpan().ContainsAny(".eE"))
            return element.GetDouble();
        return text.Length <= MostDigits
            ? BigInteger.Parse(text, CultureInfo.InvariantCulture)
            : throw new TemplateFailure($"a number has more than {MostDigits} digits");
    }

    /// <summary>Writes a value as JSON.</summary>
    /// <param name="value">The value.</param>
    /// <param name="style">How.</param>
    /// <param name="budget">What the rendering may still cost.</param>
    public static MarkedText Write(object? value, JsonStyle style, Budget budget)
    {
        JsonText text = new(style, budget);
        text.Write(value, 0);
        return MarkedText.From(text.Origin, text.ToString());
    }
}
