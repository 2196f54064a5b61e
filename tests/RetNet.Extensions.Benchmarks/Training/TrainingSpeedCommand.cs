using System.CommandLine;
using System.Globalization;
using RetNet.Extensions.Benchmarks.Machine;
using Spectre.Console;

namespace RetNet.Extensions.Benchmarks.Training;

/// <summary><c>training-speed</c>: how fast both families are trained, at two sizes, in two builds of the tool by turns.</summary>
internal sealed class TrainingSpeedCommand : Command
{
    private const double Megabyte = 1e6, Billion = 1e9;

    private static readonly TrainingCase[] Cases =
    [
        new("retnet", Width: 192, Layers: 6, Heads: 3, Batch: 12, Steps: 8),
        new("llama", Width: 192, Layers: 6, Heads: 3, Batch: 12, Steps: 8),
        new("retnet", Width: 512, Layers: 11, Heads: 8, Batch: 4, Steps: 4),
        new("llama", Width: 512, Layers: 11, Heads: 8, Batch: 4, Steps: 4),
    ];

    private readonly Argument<string[]> _data = new("DATA")
    {
        Description = "Files of UTF-8 text, or folders of them, of some 200 kB.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string> _tool = new("--tool") { Description = "The retnet of this build.", Required = true };
    private readonly Option<string?> _before = new("--before") { Description = "The retnet of an older build." };
    private readonly Option<string> _tokenizer = new("--tokenizer")
    {
        Description = "The folder of a tokenizer; its vocabulary is that of the models.",
        DefaultValueFactory = _ => "examples/models/retnet-tinystories",
    };

    private readonly Option<int> _rounds = new("--rounds") { Description = "Trainings of each.", DefaultValueFactory = _ => 3 };
    private readonly Option<int> _threads = new("--threads")
    {
        Description = "Threads.",
        DefaultValueFactory = _ => Environment.ProcessorCount,
    };

    public TrainingSpeedCommand()
        : base("training-speed", "Measures steps of training at 4 and 40 million parameters, and their memory, in two builds by turns.")
    {
        Add(_data);
        foreach (Option option in (Option[])[_tool, _before, _tokenizer, _rounds, _threads])
            Add(option);
        SetAction(Run);
    }

    private void Run(ParseResult parse)
    {
        int rounds = parse.GetValue(_rounds), threads = parse.GetValue(_threads);
        string tool = parse.GetRequiredValue(_tool);
        string[] tools = parse.GetValue(_before) is { } before ? [tool, before] : [tool];
        string[] data = [.. parse.GetRequiredValue(_data), "--tokenizer", parse.GetRequiredValue(_tokenizer)];
        double peak = MultiplyAddPeak.Measure(threads);
        Console.WriteLine($"Multiply-adds in registers: {peak / Billion:F0} GFLOP/s; {threads} threads.");
        Table table = new Table().AddColumns("model", "tool", "tokens/s", "GFLOP/s of 6 · parameters", "peak memory, MB", "last loss");
        foreach (TrainingCase training in Cases)
            Compare(table, training, tools, data, rounds, threads);
        AnsiConsole.Write(table);
    }

    private static void Compare(Table table, TrainingCase training, string[] tools, string[] data, int rounds, int threads)
    {
        List<TrainingSample>[] samples = [.. tools.Select(_ => new List<TrainingSample>())];
        for (int round = 0; round < rounds; round++)
        {
            for (int turn = 0; turn < tools.Length; turn++)
            {
                int tool = (turn + round) % tools.Length;
                samples[tool].Add(TrainingSample.Measure(tools[tool], training, data, threads));
            }
        }

        for (int tool = 0; tool < tools.Length; tool++)
        {
            List<TrainingSample> runs = samples[tool];
            double speed = Median(runs, run => run.TokensPerSecond);
            string ratio = tool == 0 && tools.Length > 1
                ? $" ({speed / Median(samples[1], run => run.TokensPerSecond):F2} of the older build's)" : "";
            table.AddRow(Array.ConvertAll((string[])[$"{training.Architecture}, {runs[0].Parameters / 1e6:F1}M", tools[tool],
                Text(speed, "N0") + ratio, Text(6 * speed * runs[0].Parameters / Billion, "F0"),
                Text(runs.Max(run => run.PeakMemory) / Megabyte, "N0"), Text(runs[0].Loss, "F7")], Markup.Escape));
        }
    }

    private static double Median(List<TrainingSample> runs, Func<TrainingSample, double> value) => runs.Select(value).Median();

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
