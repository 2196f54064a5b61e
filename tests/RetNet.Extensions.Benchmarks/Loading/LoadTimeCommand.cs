using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using RetNet.Extensions.Benchmarks.Machine;
using RetNet.Extensions.Benchmarks.Models;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models;
using Spectre.Console;

namespace RetNet.Extensions.Benchmarks.Loading;

/// <summary><c>load-time</c>: how long models take to their first token, and how much memory, in two builds of the tool by turns.</summary>
internal sealed class LoadTimeCommand : Command
{
    private const double Megabyte = 1e6, Gigabyte = 1e9;

    // 1.52 billion parameters.
    private static readonly SyntheticShape Shape = new() { Width = 2048, Layers = 27, Heads = 16, FeedForward = 5632 };

    private readonly Argument<string[]> _models = new("MODEL")
    {
        Description = "Models; none for a synthetic one of 1.5 billion parameters in Q4_K.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string> _tool = new("--tool") { Description = "The published retnet of this build.", Required = true };
    private readonly Option<string?> _before = new("--before") { Description = "The published retnet of an older build." };
    private readonly Option<string> _folder = new("--models")
    {
        Description = "Where the synthetic model is, or is written (4 GB).",
        DefaultValueFactory = _ => "artifacts/models",
    };

    private readonly Option<int> _rounds = new("--rounds") { Description = "Starts of each.", DefaultValueFactory = _ => 5 };
    private readonly Option<int> _threads = new("--threads")
    {
        Description = "Threads.",
        DefaultValueFactory = _ => Environment.ProcessorCount,
    };

    public LoadTimeCommand()
        : base("load-time", "Measures from the start of a process to the first token, its memory, and how fast weights are packed.")
    {
        Add(_models);
        foreach (Option option in (Option[])[_tool, _before, _folder, _rounds, _threads])
            Add(option);
        SetAction(Run);
    }

    private void Run(ParseResult parse)
    {
        int threads = parse.GetValue(_threads), rounds = parse.GetValue(_rounds);
        string[] models = parse.GetValue(_models) is { Length: > 0 } named ? named : [Synthetic(parse.GetRequiredValue(_folder))];
        string tool = parse.GetRequiredValue(_tool);
        string[] tools = parse.GetValue(_before) is { } before ? [tool, before] : [tool];
        double bandwidth = ReadBandwidth.Measure(threads);
        Console.WriteLine($"Memory reads give {bandwidth / Gigabyte:F1} GB/s; {threads} threads.");
        WritePacking(threads, bandwidth);
        foreach (string model in models)
            Compare(model, tools, rounds, threads, bandwidth);
    }

    private static string Synthetic(string folder)
    {
        string path = Path.Combine(folder, "llama-1.5b-q4_k");
        string file = SyntheticModel.GgufPath(path);
        if (!File.Exists(file))
            SyntheticModel.Write(path, "llama", GgufType.Q4_K, Shape);
        return file;
    }

    private static void WritePacking(int threads, double bandwidth)
    {
        Table table = new Table().AddColumns("packed alone, from", "read and written, GB/s", "of the bandwidth");
        foreach (TensorType type in (TensorType[])[TensorType.Q4_K, TensorType.Q5_K, TensorType.Q6_K, TensorType.Q8_0, TensorType.BFloat16,
            TensorType.Float16, TensorType.Float32])
        {
            double speed = PackingSpeed.Measure(type, threads);
            table.AddRow(type.ToString(), $"{speed / Gigabyte:F1}", $"{speed / bandwidth:P0}");
        }

        AnsiConsole.Write(table);
    }

    private static void Compare(string model, string[] tools, int rounds, int threads, double bandwidth)
    {
        long stored = StoredBytes(model);

        // The first start of each brings files into the system's cache.
        foreach (string tool in tools)
            ToolRun.Start(tool, model, threads);
        List<ToolRun>[] runs = [.. tools.Select(_ => new List<ToolRun>())];
        for (int round = 0; round < rounds; round++)
        {
            for (int turn = 0; turn < tools.Length; turn++)
            {
                int tool = (turn + round) % tools.Length;
                TouchFreePages(3 * stored);
                runs[tool].Add(ToolRun.Start(tools[tool], model, threads));
            }
        }

        (double seconds, long packed) = LoadHere(model, rounds, threads);
        double speed = (stored + packed) / seconds;
        Console.WriteLine($"{model}: {stored / Megabyte:N0} MB stored, {packed / Megabyte:N0} MB packed. Loaded in a warm process in "
            + $"{seconds:F3} s: {speed / Gigabyte:F1} GB/s read and written, {speed / bandwidth:P0} of the bandwidth.");
        Table table = new Table().AddColumns(
            "tool", "first token, s", "processor, s", "peak memory, MB", "without pages of files, MB", "over packed");
        for (int tool = 0; tool < tools.Length; tool++)
        {
            double own = Median(runs[tool], run => run.Private);
            table.AddRow(Array.ConvertAll((string[])[tools[tool], Text(Median(runs[tool], run => run.Seconds), "F2"),
                Text(Median(runs[tool], run => run.Processor), "F2"), Text(Median(runs[tool], run => run.Peak) / Megabyte, "N0"),
                Text(own / Megabyte, "N0"), Text(own / packed, "F2")], Markup.Escape));
        }

        AnsiConsole.Write(table);
        if (tools.Length == 2)
        {
            double ratio = Median(runs[0], run => run.Seconds) / Median(runs[1], run => run.Seconds);
            double work = Median(runs[0], run => run.Processor) / Median(runs[1], run => run.Processor);
            Console.WriteLine($"The first token comes after {ratio:F2} of the older build's time, {work:F2} of its processor time.");
        }
    }

    // A host may take the free pages of a virtual machine away and give others when they are touched. That takes up to 2 s per GB, and
    // would count for whichever program runs next.
    private static void TouchFreePages(long bytes) => new NativeBuffer<byte>(bytes, present: true).Dispose();

    private static long StoredBytes(string model) => Directory.Exists(model)
        ? Directory.EnumerateFiles(model, "*.safetensors").Sum(file => new FileInfo(file).Length)
        : new FileInfo(model).Length;

    /// <summary>Seconds of a load in this process, which has loaded the model once, and the bytes of the weights in memory.</summary>
    private static (double Seconds, long Bytes) LoadHere(string model, int rounds, int threads)
    {
        List<double> seconds = [];
        long bytes = 0;
        for (int round = 0; round <= rounds; round++)
        {
            long start = Stopwatch.GetTimestamp();
            using LanguageModel loaded = LanguageModel.Load(model, new ModelLoadOptions { Threads = threads });
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            bytes = loaded.Info.WeightBytes;
        }

        return (seconds.Skip(1).Median(), bytes);
    }

    private static double Median(List<ToolRun> runs, Func<ToolRun, double> value) => runs.Select(value).Median();

    private static string Text(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
