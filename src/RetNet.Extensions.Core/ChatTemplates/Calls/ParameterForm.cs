using System.Text.Json;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Calls;

/// <summary>How arguments are written one by one, as <c>Before name Middle value After</c>, strings without quotes.</summary>
/// <param name="Before">What stands before a parameter's name.</param>
/// <param name="Middle">What stands between the name and a value that is a string.</param>
/// <param name="After">What stands after a value.</param>
internal sealed record ParameterForm(string Before, string Middle, string After)
{
    /// <summary>What stands between the name and a value that is no string.</summary>
    public string MiddleOfJson { get; init; } = Middle;

    /// <summary>How <c>true</c>, <c>false</c> and <c>null</c> are written.</summary>
    public IReadOnlyDictionary<string, string> Words { get; init; } = new Dictionary<string, string>
    {
        ["true"] = "true",
        ["false"] = "false",
        ["null"] = "null",
    };

    /// <summary>The arguments as the form writes them; names and values may be no control tokens.</summary>
    public MarkedText Write(JsonElement arguments)
    {
        MarkedTextBuilder text = new();
        foreach (JsonProperty argument in arguments.EnumerateObject())
        {
            bool isText = argument.Value.ValueKind == JsonValueKind.String;
            string value = isText ? argument.Value.GetString()! : CallJson.Text(argument.Value);
            text.Append(MarkedText.Trusted(Before));
            text.Append(MarkedText.From(TextOrigin.Conversation, argument.Name));
            text.Append(MarkedText.Trusted(isText ? Middle : MiddleOfJson));
            text.Append(MarkedText.From(
                TextOrigin.Conversation, !isText && Words.TryGetValue(value, out string? word) ? word : value));
            text.Append(MarkedText.Trusted(After));
        }

        return text.ToMarkedText();
    }
}
