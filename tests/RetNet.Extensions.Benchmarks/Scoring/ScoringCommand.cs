using System.CommandLine;
using System.Diagnostics;
using Microsoft.ML;
using RetNet.Extensions.Benchmarks.Machine;
using Spectre.Console;

namespace RetNet.Extensions.Benchmarks.Scoring;

/// <summary><c>scoring SETS --model MODEL</c>: how fast ML.NET scores and embeds short texts, in this build and in an older one by
/// turns.</summary>
internal sealed class ScoringCommand : Command
{
    private const int RowsOfFit = 20;

    private readonly Argument<string[]> _sets = new("SET") { Description = "Files whose lines have a label, a tab and a text." };
    private readonly Option<string[]> _models = new("--model")
    {
        Description = "Models of RetNetEmbedding.",
        DefaultValueFactory = _ => [],
    };

    private readonly Option<string> _classifiers = new("--classifiers")
    {
        Description = "Where the classifiers of the sets are, or are written.",
        DefaultValueFactory = _ => "artifacts/classifiers",
    };

    private readonly Option<int> _rows = new("--rows") { Description = "Rows of each set.", DefaultValueFactory = _ => 1024 };
    private readonly Option<bool> _isFit = new("--fit")
    {
        Description = $"Only fit SdcaMaximumEntropy behind RetNetEmbedding on {RowsOfFit} rows, without and with a cache checkpoint.",
    };

    private readonly Option<string?> _before = new("--before")
    {
        Description = "RetNet.Extensions.Benchmarks.dll of an older build, which is measured by turns with this one.",
    };

    private readonly Option<int> _rounds = new("--rounds") { Description = "Turns of each build.", DefaultValueFactory = _ => 3 };

    public ScoringCommand()
        : base("scoring", "Measures how fast ML.NET classifies and embeds short texts: by a cursor, and one by one.")
    {
        Add(_sets);
        foreach (Option option in (Option[])[_models, _classifiers, _rows, _isFit, _before, _rounds])
            Add(option);
        SetAction(Run);
    }

    private void Run(ParseResult parse)
    {
        if (parse.GetValue(_before) is { } before)
            Compare(before, parse);
        else
            Measure(parse);
    }

    private void Measure(ParseResult parse)
    {
        MLContext context = new(seed: 1);
        foreach (string set in parse.GetRequiredValue(_sets))
        {
            string name = Path.GetFileNameWithoutExtension(set);
            TextRow[] rows = [.. TextRow.Read(set).Take(parse.GetValue(_isFit) ? RowsOfFit : parse.GetValue(_rows))];
            if (!parse.GetValue(_isFit))
            {
                ITransformer classifier = TextPipeline.Classifier(context, set, parse.GetRequiredValue(_classifiers));
                MeasureBoth($"{name}, classifier", context, classifier, rows);
            }

            foreach (string model in parse.GetRequiredValue(_models))
            {
                string named = $"{name}, {Path.GetFileName(model)}";
                if (parse.GetValue(_isFit))
                    MeasureFits(named, context, model, rows);
                else
                    MeasureBoth(named, context, TextPipeline.Embedding(context, model), rows);
            }
        }
    }

    private static void MeasureBoth(string name, MLContext context, ITransformer transformer, TextRow[] rows)
    {
        Console.WriteLine(ScoringMeasure.Cursor($"{name}: cursor", context, transformer, rows));
        Console.WriteLine(ScoringMeasure.Engine($"{name}: engine", context, transformer, rows));
        (transformer as IDisposable)?.Dispose();
    }

    // With a checkpoint first: what is compiled on the way then counts for neither of the other two.
    private static void MeasureFits(string name, MLContext context, string model, TextRow[] rows)
    {
        ScoringMeasure.Fit(name, context, TextPipeline.Trained(context, model, hasCheckpoint: true), rows);
        foreach (bool hasCheckpoint in (bool[])[true, false])
        {
            Console.WriteLine(ScoringMeasure.Fit($"{name}: fit {(hasCheckpoint ? "with" : "without")} a checkpoint", context,
                TextPipeline.Trained(context, model, hasCheckpoint), rows));
        }
    }

    private void Compare(string before, ParseResult parse)
    {
        string[] programs = [before, Environment.GetCommandLineArgs()[0]];
        List<ScoringMeasure>[] measures = [[], []];
        for (int round = 0; round < parse.GetValue(_rounds); round++)
        {
            for (int program = 0; program < programs.Length; program++)
                measures[program].AddRange(Start(programs[program], parse));
        }

        Table table = new Table().AddColumns("", "older build", "this build", "ratio", "same bits");
        foreach (IGrouping<string, ScoringMeasure> older in measures[0].GroupBy(measure => measure.Name))
        {
            ScoringMeasure[] newer = [.. measures[1].Where(measure => measure.Name == older.Key)];
            (double was, double now, string unit) = (Median(older), Median(newer), newer[0].Unit);
            bool isSame = older.Concat(newer).DistinctBy(measure => measure.Hash).Count() == 1;
            table.AddRow(Array.ConvertAll((string[])[older.Key, $"{was:G4} {unit}", $"{now:G4} {unit}", $"{now / was:F2}",
                isSame ? "yes" : "no"], Markup.Escape));
        }

        AnsiConsole.Write(table);
    }

    private IEnumerable<ScoringMeasure> Start(string program, ParseResult parse)
    {
        string[] models = [.. parse.GetRequiredValue(_models).SelectMany(model => (string[])["--model", model])];
        string[] fit = parse.GetValue(_isFit) ? ["--fit"] : [];
        ProcessStartInfo start = new("dotnet", [program, "scoring", .. parse.GetRequiredValue(_sets), .. models, .. fit, "--classifiers",
            parse.GetRequiredValue(_classifiers), "--rows", $"{parse.GetValue(_rows)}"])
        { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(ScoringMeasure.Parse);
    }

    private static double Median(IEnumerable<ScoringMeasure> measures) => measures.Select(measure => measure.Value).Median();
}
