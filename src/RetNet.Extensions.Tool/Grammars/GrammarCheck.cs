using System.Diagnostics;
using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Tool.Grammars;

/// <summary>Judges the instances of schemas by the schemas' grammars and counts what comes out.</summary>
/// <param name="vocabulary">The tokens that instances are fed in.</param>
/// <param name="tokenizer">Their tokenizer; null for bytes.</param>
internal sealed class GrammarCheck(TokenTrie vocabulary, Tokenizer? tokenizer)
{
    private const int DeepestJson = 1_000;

    // Instances come from elsewhere: members in any order, strings in any form.
    private static readonly JsonSchemaOptions Options = new() { Whitespace = JsonWhitespace.Any, AnyOrder = true };

    private readonly SortedDictionary<string, int> _refusals = new(StringComparer.Ordinal);
    private readonly List<string> _wrongNames = [];
    private readonly List<double> _masks = [], _firstMasks = [];
    private int _schemas, _right;
    private (int Right, int Refused, int Wrong) _instances;

    private int Refused => _refusals.Values.Sum();

    /// <summary>Judges the instances of one schema.</summary>
    /// <param name="line">An object with <c>name</c>, <c>schema</c> and <c>tests</c>.</param>
    /// <param name="place">The file and the line, for errors.</param>
    /// <exception cref="CommandException">The line has another form.</exception>
    public void Add(string line, string place) => Read(line, $"{place} is no object with \"name\", ", row => Add(row, "name"));

    /// <summary>Judges the instances of several schemas.</summary>
    /// <param name="suite">A list of objects with <c>description</c>, <c>schema</c> and <c>tests</c>, as JSON-Schema-Test-Suite has
    /// them.</param>
    /// <param name="file">The file that it comes from, for errors.</param>
    /// <exception cref="CommandException">It has another form.</exception>
    public void AddSuite(string suite, string file) => Read(suite, $"{file} is no list of objects with \"description\", ", groups =>
    {
        foreach (JsonElement group in groups.EnumerateArray())
            Add(group, "description");
    });

    /// <summary>Writes the counts, and the times in microseconds.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteNumber("schemas", _schemas);
        json.WriteNumber("right", _right);
        json.WriteNumber("refused", Refused);
        json.WriteNumber("wrong", _wrongNames.Count);
        json.WriteStartObject("refusals");
        foreach ((string keyword, int count) in _refusals)
            json.WriteNumber(keyword, count);
        json.WriteEndObject();
        json.WriteStartArray("wrong_names");
        foreach (string name in _wrongNames)
            json.WriteStringValue(name);
        json.WriteEndArray();
        WriteTimes(json, "mask_us", _masks);
        WriteTimes(json, "first_mask_us", _firstMasks);
        json.WriteStartObject("instances");
        json.WriteNumber("right", _instances.Right);
        json.WriteNumber("refused", _instances.Refused);
        json.WriteNumber("wrong", _instances.Wrong);
        json.WriteEndObject();
    }

    /// <summary>The counts and times for people.</summary>
    public (string Name, string Value)[] Facts() =>
    [
        ("schemas", $"{_schemas}"), ("right", $"{_right}"),
        ("refused", Count(Refused, _refusals.Select(refusal => $"{refusal.Key} {refusal.Value}"))),
        ("wrong", Count(_wrongNames.Count, _wrongNames)),
        ("instances", $"{_instances.Right} right, {_instances.Refused} refused, {_instances.Wrong} wrong"),
        ("mask", Describe(_masks)), ("schema to first mask", Describe(_firstMasks)),
    ];

    private static void Read(string text, string otherwise, Action<JsonElement> add)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, new JsonDocumentOptions { MaxDepth = DeepestJson });
            add(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new CommandException($"{otherwise}\"schema\" and \"tests\" of \"data\" and \"valid\": {exception.Message}");
        }
    }

    private void Add(JsonElement row, string nameKey)
    {
        string name = row.GetProperty(nameKey).GetString()!;
        JsonElement tests = row.GetProperty("tests");
        JsonElement schema = row.GetProperty("schema");
        _schemas++;
        try
        {
            long start = Stopwatch.GetTimestamp();
            TokenConstraint constraint = new(Grammar.FromJsonSchema(schema, Options), vocabulary);
            _ = constraint.CreateText().AllowedTokens();
            _firstMasks.Add(Microseconds(start));
            int right = tests.EnumerateArray()
                .Count(test => Judge(constraint, test.GetProperty("data")) == test.GetProperty("valid").GetBoolean());
            int wrong = tests.GetArrayLength() - right;
            _instances.Right += right;
            _instances.Wrong += wrong;
            if (wrong == 0)
                _right++;
            else
                _wrongNames.Add(name);
        }
        catch (GrammarException exception)
        {
            _instances.Refused += tests.GetArrayLength();

            // The place is a JSON pointer that ends with the keyword.
            string keyword = exception.Place.Split('/')[^1];
            _refusals[keyword] = _refusals.GetValueOrDefault(keyword) + 1;
        }
    }

    private bool Judge(TokenConstraint constraint, JsonElement data)
    {
        string text = SpacedJson.Write(data);
        ConstrainedText constrained = constraint.CreateText();
        int[] tokens = tokenizer is null ? [.. Encoding.UTF8.GetBytes(text).Select(value => (int)value)]
            : tokenizer.Encode(text, addSpecialTokens: false);
        foreach (int token in tokens)
        {
            long start = Stopwatch.GetTimestamp();
            bool isAllowed = (constrained.AllowedTokens()[token / 64] >> (token % 64) & 1) != 0;
            _masks.Add(Microseconds(start));
            if (!isAllowed || !constrained.TryAppend(token))
                return false;
        }

        return constrained.MayEnd;
    }

    private static string Count(int count, IEnumerable<string> which) => count == 0 ? "0" : $"{count} ({string.Join(", ", which)})";

    private static double Microseconds(long start) => Stopwatch.GetElapsedTime(start).TotalMicroseconds;

    private static void WriteTimes(Utf8JsonWriter json, string name, List<double> times)
    {
        json.WriteStartObject(name);
        json.WriteNumber("p50", Math.Round(Percentile(times, 0.5), 2));
        json.WriteNumber("mean", Math.Round(times.DefaultIfEmpty().Average(), 2));
        json.WriteNumber("p99", Math.Round(Percentile(times, 0.99), 2));
        json.WriteEndObject();
    }

    private static string Describe(List<double> times) =>
        $"p50 {Percentile(times, 0.5):F1} us, mean {times.DefaultIfEmpty().Average():F1} us, p99 {Percentile(times, 0.99):F1} us";

    private static double Percentile(List<double> times, double part)
    {
        double[] sorted = [.. times.Order()];
        return sorted.Length == 0 ? 0 : sorted[(int)(part * (sorted.Length - 1))];
    }
}
