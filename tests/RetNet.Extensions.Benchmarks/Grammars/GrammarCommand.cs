using System.CommandLine;
using System.Diagnostics;
using System.Text.Json;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Tool.Grammars;
using Spectre.Console;

namespace RetNet.Extensions.Benchmarks.Grammars;

/// <summary><c>grammar TOKENIZER SCHEMAS</c>: what constraining a text to a JSON schema costs, on one thread.</summary>
internal sealed class GrammarCommand : Command
{
    private const int Repetitions = 3;

    private readonly Argument<string> _tokenizer = new("TOKENIZER") { Description = "A tokenizer.json, or its folder." };
    private readonly Argument<string> _schemas =
        new("SCHEMAS") { Description = "Lines of JSON, each with name, schema and tests (data and whether it is valid)." };
    private readonly Option<bool> _anyJson = new("--any-json") { Description = "Any JSON instead of the schemas." };
    private readonly Option<bool> _foreign =
        new("--foreign") { Description = "Texts of other origin, as retnet grammar check reads them: any order, any white space." };
    private readonly Option<int> _slowest = new("--slowest") { Description = "How many of the slowest to list." };

    public GrammarCommand()
        : base("grammar", "Measures masks of JSON schemas: from schema to first mask, and each mask along the valid instances.")
    {
        Add(_tokenizer);
        Add(_schemas);
        Add(_anyJson);
        Add(_foreign);
        Add(_slowest);
        SetAction(Run);
    }

    private void Run(ParseResult parse)
    {
        Tokenizer tokenizer = Tokenizer.Load(parse.GetRequiredValue(_tokenizer));
        long start = Stopwatch.GetTimestamp();
        TokenTrie vocabulary = new(tokenizer);
        TimeSpan sorting = Stopwatch.GetElapsedTime(start);
        string[] lines = File.ReadAllLines(parse.GetRequiredValue(_schemas));
        bool isForeign = parse.GetValue(_foreign);
        JsonSchemaOptions options =
            new() { AnyOrder = isForeign, Whitespace = isForeign ? JsonWhitespace.Any : JsonWhitespace.Spaced };
        Func<JsonElement, Grammar> read = parse.GetValue(_anyJson)
            ? _ => Grammar.Json()
            : line => Grammar.FromJsonSchema(line.GetProperty("schema"), options);
        // Three times over, each with nothing known; of each time the least is taken, since other programs interrupt.
        GrammarMeasures measures = Measure(lines);
        for (int i = 1; i < Repetitions; i++)
            measures = measures.Least(Measure(lines));
        AnsiConsole.WriteLine($"{vocabulary.VocabularySize} tokens sorted in {sorting.TotalMilliseconds:F0} ms; {lines.Length} schemas, "
            + $"{measures.Refused} refused, {measures.Wrong} of {measures.Instances} valid instances not allowed");
        AnsiConsole.Write(measures.Table());
        foreach ((string what, double microseconds) in measures.Slowest.Take(parse.GetValue(_slowest)))
            AnsiConsole.WriteLine($"{microseconds,10:F0} µs  {what}");

        GrammarMeasures Measure(IEnumerable<string> schemas)
        {
            GrammarMeasures found = new();
            foreach (string line in schemas)
            {
                using JsonDocument document = JsonDocument.Parse(line);
                MeasureOne(document.RootElement, tokenizer, vocabulary, read, found);
            }

            return found;
        }
    }

    private static void MeasureOne(
        JsonElement line, Tokenizer tokenizer, TokenTrie vocabulary, Func<JsonElement, Grammar> read, GrammarMeasures measures)
    {
        string name = line.GetProperty("name").GetString()!;
        TokenConstraint constraint;
        try
        {
            long start = Stopwatch.GetTimestamp();
            constraint = new TokenConstraint(read(line), vocabulary);
            constraint.CreateText().AllowedTokens();
            measures.AddFirst(name, Stopwatch.GetElapsedTime(start));
        }
        catch (GrammarException)
        {
            measures.Refused++;
            return;
        }

        foreach (JsonElement test in line.GetProperty("tests").EnumerateArray().Where(test => test.GetProperty("valid").GetBoolean()))
        {
            measures.Instances++;
            ConstrainedText text = constraint.CreateText();
            string json = SpacedJson.Write(test.GetProperty("data"));
            int at = 0;
            foreach (int token in tokenizer.Encode(json, addSpecialTokens: false))
            {
                long start = Stopwatch.GetTimestamp();
                bool isAllowed = (text.AllowedTokens()[token >> 6] >> token & 1) != 0;
                measures.AddMask($"{name}: {at}: {(at > 30 ? json[(at - 30)..at] : json[..at])}", Stopwatch.GetElapsedTime(start));
                if (!isAllowed || !text.TryAppend(token))
                {
                    measures.Wrong++;
                    break;
                }

                at = Math.Min(json.Length, at + tokenizer.Decode([token]).Length);
            }
        }
    }
}
