using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RetNet.Extensions.Benchmarks.Calling;

/// <summary>A function and how people ask for it.</summary>
/// <param name="Signature">As the chat template writes it.</param>
/// <param name="Requests">What is asked, with the names of parameters in braces; what stands in brackets may be left out.</param>
/// <param name="Result">What the function returns, with parameters and further kinds of values in braces.</param>
/// <param name="Answers">What is said then, with parameters and <c>{result}</c> in braces.</param>
internal sealed partial record FunctionKind(string Signature, string[] Requests, string Result, string[] Answers)
{
    private const int LinesOfOne = 4;

    /// <summary>What the values of a parameter are, where its name does not say so.</summary>
    public IReadOnlyDictionary<string, string> ValueKinds { get; init; } = new Dictionary<string, string>();

    /// <summary>Reads a file of functions.</summary>
    public static FunctionKind[] Read(string file) =>
    [
        .. Lines(file).Chunk(LinesOfOne)
            .Select(lines => new FunctionKind(lines[0], lines[1][2..].Split(" | "), lines[2][2..], lines[3][2..].Split(" | "))),
    ];

    /// <summary>The lines of a file of this folder, without empty ones and comments.</summary>
    public static IEnumerable<string> Lines(string file) =>
        File.ReadLines(Path.Combine(AppContext.BaseDirectory, "Calling", file)).Where(line => line.Length > 0 && line[0] != '#');

    /// <summary>The first and the last word of the name: two functions with the same ones could not be told apart.</summary>
    public string Key
    {
        get
        {
            string[] words = Calling.Signature.Name(Signature).Split('_');
            return $"{words[0]} {words[^1]}";
        }
    }

    /// <summary>The same function with another verb in its name, if there is one.</summary>
    public FunctionKind Renamed(string verb)
    {
        int end = Calling.Signature.Name(Signature).IndexOf('_', StringComparison.Ordinal);
        return end < 0 ? this : this with { Signature = verb + Signature[end..] };
    }

    /// <summary>The function as chat templates expect it, its names in a style.</summary>
    public JsonElement Tool(NameStyle style) => Calling.Signature.Tool(Styled(style));

    /// <summary>A request for the function.</summary>
    public Request Draw(Values values, NameStyle style)
    {
        string text = Brackets().Replace(values.OneOf(Requests), match => values.Chance(0.5) ? match.Groups[1].Value : "");
        JsonObject arguments = [];
        Dictionary<string, string> said = [];
        foreach ((string name, string type) in Parameters())
        {
            if (!text.Contains($"{{{name}}}", StringComparison.Ordinal))
                continue;
            (said[name], JsonNode value) = values.Draw(ValueKinds.GetValueOrDefault(name, name), type);
            arguments[style.OfParameter(name)] = value;
        }

        string result = Fill(Result, said, values);
        said["result"] = result;
        return new Request(
            Fill(text, said, values), new FunctionCall(style.OfFunction(Calling.Signature.Name(Signature)), arguments), result,
            Fill(values.OneOf(Answers), said, values));
    }

    private IEnumerable<(string Name, string Type)> Parameters() => Parameter().Matches(List)
        .Select(match => (match.Groups["name"].Value, match.Groups["type"].Value));

    private string List => Signature[Signature.IndexOf('(', StringComparison.Ordinal)..Signature.IndexOf("):", StringComparison.Ordinal)];

    private string Styled(NameStyle style)
    {
        string name = Calling.Signature.Name(Signature);
        string parameters = Parameter().Replace(List, match => $"{style.OfParameter(match.Groups["name"].Value)}"
            + $"{match.Groups["optional"].Value}: {match.Groups["type"].Value}");
        return style.OfFunction(name) + parameters + Signature[(name.Length + List.Length)..];
    }

    private static string Fill(string text, Dictionary<string, string> said, Values values) =>
        Braces().Replace(text, match => said.TryGetValue(match.Groups[1].Value, out string? value) ? value
            : values.Text(match.Groups[1].Value.TrimEnd('2')));

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Braces();

    [GeneratedRegex(@"\[([^\]]*)\]")]
    private static partial Regex Brackets();

    [GeneratedRegex(@"(?<name>\w+)(?<optional>\??): (?<type>[\w|]+)")]
    private static partial Regex Parameter();
}

/// <summary>A request, the call that it needs, what that returns and what is said then.</summary>
internal sealed record Request(string Text, FunctionCall Call, string Result, string Answer);
