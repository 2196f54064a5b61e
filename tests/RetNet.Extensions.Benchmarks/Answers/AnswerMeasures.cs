using System.Text.Json;
using Spectre.Console;

namespace RetNet.Extensions.Benchmarks.Answers;

/// <summary>Answers and the free texts that were written beside them.</summary>
internal sealed class AnswerMeasures
{
    private const double Target = 1.3;

    private readonly List<(AnswerSeries Series, Answer Answer)> _answers = [], _free = [];
    private int _broken;

    /// <summary>Adds a free text.</summary>
    public void AddFree(AnswerSeries series, Answer text) => _free.Add((series, text));

    /// <summary>Adds an answer. One that was cut off, or does not parse, does not count.</summary>
    public void AddAnswer(AnswerSeries series, Answer answer)
    {
        if (answer.IsWhole && IsJson(answer.Text))
            _answers.Add((series, answer));
        else
            _broken++;
    }

    /// <summary>A row for each engine: all schemas together, medians of the rounds.</summary>
    public Table Table()
    {
        Table table = new Table().Border(TableBorder.Markdown).AddColumns(
            "", "free text, tokens/s", "JSON by schema, tokens/s", "ratio", "JSON, characters/s", "tokens per forward");
        foreach (IGrouping<string, (AnswerSeries, Answer)> answers in _answers.GroupBy(one => one.Series.Engine))
        {
            (double free, _, _) = Rates(_free.Where(one => one.Series.Engine == answers.Key));
            (double json, double characters, double perStep) = Rates(answers);
            table.AddRow(answers.Key, $"{free:F1}", $"{json:F1}", $"{json / free:F2}×", $"{characters:F0}", $"{perStep:F2}");
        }

        return table.Caption($"target of the ratio here: ≥ {Target}×; {_answers.Count} of {_answers.Count + _broken} answers count");
    }

    /// <summary>A row for each schema and engine.</summary>
    public Table Details()
    {
        Table table = new Table().Border(TableBorder.Markdown).AddColumns(
            "schema", "", "tokens", "characters", "tokens per forward", "JSON, tokens/s", "JSON, characters/s", "begins");
        foreach (IGrouping<(string Schema, string Engine), (AnswerSeries, Answer Answer)> answers in
            _answers.GroupBy(one => (one.Series.Schema, one.Series.Engine)).OrderBy(answers => answers.Key))
        {
            (double json, double characters, double perStep) = Rates(answers);
            Answer first = answers.First().Answer;
            table.AddRow(answers.Key.Schema, answers.Key.Engine, $"{first.Tokens}", $"{first.Text.Length}", $"{perStep:F2}",
                $"{json:F1}", $"{characters:F0}", Markup.Escape(Beginning(first.Text)));
        }

        return table;
    }

    /// <summary>Tokens per second, characters per second and tokens per forward: the median of the rounds, each with all of its
    /// texts.</summary>
    private static (double Tokens, double Characters, double PerStep) Rates(IEnumerable<(AnswerSeries Series, Answer Answer)> texts)
    {
        Answer[][] rounds = [.. texts.GroupBy(one => one.Series.Round, one => one.Answer).Select(round => round.ToArray())];
        return (Median(round => round.Sum(one => one.Tokens) / round.Sum(one => one.Seconds)),
            Median(round => round.Sum(one => one.Text.Length) / round.Sum(one => one.Seconds)),
            Median(round => (double)round.Sum(one => one.Tokens) / round.Sum(one => one.Steps)));

        double Median(Func<Answer[], double> value)
        {
            double[] sorted = [.. rounds.Select(value).Order()];
            return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }

    private static string Beginning(string text) =>
        new([.. text.Take(60).Select(character => character is >= ' ' and < '\x7F' and not '|' ? character : '.')]);

    private static bool IsJson(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}

/// <summary>What a text was written for.</summary>
/// <param name="Engine">The name of the program.</param>
/// <param name="Schema">The name of the schema.</param>
/// <param name="Round">The round.</param>
internal sealed record AnswerSeries(string Engine, string Schema, int Round);
