using System.CommandLine;
using RetNet.Extensions.Benchmarks.Engines;
using RetNet.Extensions.Benchmarks.Machine;
using RetNet.Extensions.Benchmarks.Models;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using Spectre.Console;

namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary><c>experts FILE</c>: a synthetic mixture of experts here and in llama.cpp's own benchmark, by turns on the same file.</summary>
internal sealed class ExpertsCommand : Command
{
    private readonly Argument<string> _file = new("FILE") { Description = "The model, GGUF; it is written if it does not exist." };
    private readonly Option<string> _format = new("--format")
    {
        Description = "bf16, q8_0 or q4_k, for a file that is written.",
        DefaultValueFactory = _ => "q8_0",
    };

    private readonly Option<int> _width = Integer("--dim", "Model width.", 1024);
    private readonly Option<int> _layers = Integer("--layers", "Blocks.", 12);
    private readonly Option<int> _heads = Integer("--heads", "Heads.", 16);
    private readonly Option<int> _feedForward = Integer("--ffn", "Inner width of an expert.", 2816);
    private readonly Option<int> _experts = Integer("--experts", "Experts of a block.", 8);
    private readonly Option<int> _active = Integer("--active", "Experts that a token passes.", 2);
    private readonly Option<int> _threads = Integer("--threads", "Threads that compute, on both sides.", 2);
    private readonly Option<int> _rounds = Integer("--rounds", "Times that everything is measured.", 5);
    private readonly Option<int> _prompt = Integer("--prompt", "Tokens of a prompt.", 512);
    private readonly Option<int> _tokens = Integer("--tokens", "Tokens that are generated, behind 16 others.", 64);
    private readonly Option<string?> _llamaBench = new("--llama-bench")
    {
        HelpName = "COMMAND",
        Description = "llama.cpp's own benchmark; without it this library is measured alone.",
    };

    private readonly Option<string?> _llamaFile = new("--llama-file")
    {
        HelpName = "FILE",
        Description = "The model's path as that benchmark sees it. Default FILE.",
    };

    public ExpertsCommand()
        : base("experts", "Measures a mixture of experts beside llama.cpp on the same file, by turns.")
    {
        _format.AcceptOnlyFromAmong("bf16", "q8_0", "q4_k");
        Add(_file);
        foreach (Option option in (Option[])[_format, _width, _layers, _heads, _feedForward, _experts, _active, _threads, _rounds, _prompt,
            _tokens, _llamaBench, _llamaFile])
        {
            Add(option);
        }

        SetAction(Run);
    }

    private void Run(ParseResult parse)
    {
        const int context = 16;
        string file = Path.GetFullPath(parse.GetRequiredValue(_file));
        if (!File.Exists(file))
            Write(file, parse);
        int threads = parse.GetValue(_threads), prompt = parse.GetValue(_prompt), tokens = parse.GetValue(_tokens);
        using OurEngine ours = new(
            LanguageModel.Load(file, new ModelLoadOptions { Threads = threads }), new StateOptions { Format = StateFormat.BFloat16 });
        ModelInfo info = ours.Model.Info;
        Console.WriteLine($"{info.Parameters / 1e6:F0}M parameters, {info.WeightFormat}, {info.WeightBytes:N0} bytes of weights, "
            + $"{info.WeightBytesPerToken:N0} read for a token");

        IReadOnlyList<LlamaBenchEngine> theirs = parse.GetValue(_llamaBench) is { } command
            ? LlamaBenchEngine.Both(LlamaBench.LlamaCpp(command), parse.GetValue(_llamaFile) ?? file, threads)
            : [];
        IEngine[] engines = [ours, .. theirs];
        List<double>[] decode = [.. engines.Select(_ => new List<double>())], prefill = [.. engines.Select(_ => new List<double>())];
        for (int round = 0; round < parse.GetValue(_rounds); round++)
        {
            for (int i = 0; i < engines.Length; i++)
            {
                decode[i].Add(engines[i].Decode(context, tokens));
                prefill[i].Add(engines[i].Prefill(prompt));
            }
        }

        Table table = new Table().AddColumns("tokens per second", "here", "llama.cpp", "ratio", "target");
        AddRow(table, "decode", decode, "1.5");
        AddRow(table, $"prefill of {prompt}", prefill, "1.2");
        AnsiConsole.Write(table);
    }

    private void Write(string file, ParseResult parse)
    {
        SyntheticShape shape = new()
        {
            Width = parse.GetValue(_width),
            Layers = parse.GetValue(_layers),
            Heads = parse.GetValue(_heads),
            FeedForward = parse.GetValue(_feedForward),
            Experts = parse.GetValue(_experts),
            ExpertsPerToken = parse.GetValue(_active),
        };
        SyntheticModel.WriteExperts(file, Enum.Parse<GgufType>(parse.GetValue(_format)!, ignoreCase: true), shape);
    }

    // Of llama.cpp the better with and without flash attention.
    private static void AddRow(Table table, string name, List<double>[] speeds, string target)
    {
        double here = speeds[0].Median();
        double? there = speeds.Skip(1).Max(values => (double?)values.Median());
        table.AddRow(name, $"{here:F1}", there is null ? "" : $"{there:F1}", there is null ? "" : $"{here / there:F2}", target);
    }

    private static Option<int> Integer(string name, string description, int value) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };
}
