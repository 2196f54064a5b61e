using System.CommandLine;
using System.Diagnostics;
using RetNet.Extensions.Benchmarks.Machine;
using RetNet.Extensions.Benchmarks.Models;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using Spectre.Console;

namespace RetNet.Extensions.Benchmarks.Lookup;

/// <summary><c>lookup MODEL</c>: texts with guessed tokens beside the same texts without, by turns.</summary>
internal sealed class LookupCommand : Command
{
    private const string Repetition = "repetition";

    private readonly Argument<string> _model = new("MODEL") { Description = "The model's folder." };
    private readonly Option<string> _weights = new("--weights") { DefaultValueFactory = _ => "bf16" };
    private readonly Option<int> _threads = Integer("--threads", "Threads that compute.", 2);
    private readonly Option<int> _rounds = Integer("--rounds", "Times that everything is measured.", 3);
    private readonly Option<int> _texts = Integer("--texts", "Texts of a kind.", 6);
    private readonly Option<int> _batch = Integer("--batch", "Texts that are generated together.", 1);
    private readonly Option<int> _prompt = Integer("--prompt", "Tokens of a prompt of repetitions.", 128);
    private readonly Option<int> _tokens = Integer("--tokens", "Tokens of a text at most.", 128);
    private readonly Option<string?> _policy = new("--policy");
    private readonly Option<string?> _state = new("--state");
    private readonly Option<string?> _free = new("--free")
    {
        HelpName = "TEXT",
        Description = "The beginning of free texts, which are drawn at temperature 1, instead of answers that repeat their prompts.",
    };

    public LookupCommand()
        : base("lookup", "Measures texts with tokens that are guessed from their prompts beside the same texts without.")
    {
        Add(_model);
        foreach (Option option in (Option[])[_weights, _threads, _rounds, _texts, _batch, _prompt, _tokens, _policy, _state, _free])
            Add(option);
        SetAction(Measure);
        Add(Widen());
        Add(Repeat());
    }

    private static Option<int> Integer(string name, string description, int value) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };

    private static Command Widen()
    {
        Argument<string> source = new("MODEL"), path = new("OUT");
        Option<int> width = Integer("--dim", "Model width.", 768), layers = Integer("--layers", "Blocks.", 12);
        Command widen = new("widen", "Writes a larger model with the function of a small one.") { source, path, width, layers };
        widen.SetAction(parse => WideModel.Write(
            parse.GetRequiredValue(source), parse.GetRequiredValue(path), parse.GetValue(width), parse.GetValue(layers)));
        return widen;
    }

    private static Command Repeat()
    {
        Argument<string> family = new("FAMILY") { Description = "llama or retnet." }, path = new("OUT");
        Option<int> width = Integer("--dim", "Model width.", 768), layers = Integer("--layers", "Blocks.", 12);
        Option<int> heads = Integer("--heads", "Heads.", 12), vocabulary = Integer("--vocab", "Tokens.", 32_000);
        Command repeat = new("repeat", "Writes a model of random weights whose text repeats itself, so that every guess is right.")
        {
            family, path, width, layers, heads, vocabulary,
        };
        repeat.SetAction(parse => WideModel.WriteRepeating(parse.GetRequiredValue(family), parse.GetRequiredValue(path), new SyntheticShape
        {
            Width = parse.GetValue(width),
            Layers = parse.GetValue(layers),
            Heads = parse.GetValue(heads),
            Vocabulary = parse.GetValue(vocabulary),
        }));
        return repeat;
    }

    private void Measure(ParseResult parse)
    {
        string folder = parse.GetRequiredValue(_model);
        WeightFormat format = parse.GetRequiredValue(_weights) switch
        {
            "f32" => WeightFormat.Float32,
            "bf16" => WeightFormat.BFloat16,
            "int8" => WeightFormat.Int8,
            _ => WeightFormat.Int4,
        };
        ModelLoadOptions loading = new() { Threads = parse.GetValue(_threads), WeightFormat = format };
        bool repeats = !File.Exists(Path.Combine(folder, "tokenizer.json"));
        using TextModel? text = repeats ? null : TextModel.Load(folder, loading);
        using LanguageModel model = text?.Model ?? LanguageModel.Load(folder, loading);
        using BatchScheduler scheduler = new(model, text?.Tokenizer);
        string policy = parse.GetValue(_policy) ?? MultiStatePolicies.Full;
        Console.WriteLine($"{model.Info.Architecture}, {model.Info.Parameters / 1e6:F0}M parameters, {model.Info.WeightFormat}, "
            + $"{policy} {parse.GetValue(_state)}, {parse.GetValue(_threads)} threads, {parse.GetValue(_batch)} together");
        GenerationOptions options = new()
        {
            MaxTokens = parse.GetValue(_tokens),
            State = new StateOptions { Policy = MultiStatePolicies.Create(policy, parse.GetValue(_state)) },
        };
        Table table = new Table().AddColumns("texts", "tokens", "drafted", "accepted", "without", "with", "ratio", "same texts");
        string? free = parse.GetValue(_free);
        foreach (string kind in repeats ? [Repetition] : free is not null ? ["free"] : CopyPrompts.Kinds)
        {
            IEnumerable<GenerationRequest> requests = repeats
                ? Enumerable.Range(0, int.MaxValue).Select(i => Repeated(i, parse.GetValue(_prompt), options))
                : free is not null
                ? Enumerable.Range(0, int.MaxValue).Select(i => Drawn(text!, free, i, options))
                : CopyPrompts.Of(kind, text!).Select(prompt => new GenerationRequest(prompt, options));
            GenerationRequest[] texts = [.. requests.Take(parse.GetValue(_texts))];
            AddRow(table, kind, scheduler, texts, parse.GetValue(_rounds), parse.GetValue(_batch));
        }

        AnsiConsole.Write(table);
    }

    private static GenerationRequest Repeated(int i, int tokens, GenerationOptions options) => new(
        Enumerable.Range(0, tokens).Select(token => (WideModel.Cycle * (1 + i)) + (token % WideModel.Cycle)).ToArray(),
        options with { StopTokens = [] });

    private static GenerationRequest Drawn(TextModel model, string beginning, int seed, GenerationOptions options) =>
        new(model.Tokenizer.Encode(beginning), options with { Sampling = new SamplingOptions { Seed = seed } });

    private static void AddRow(Table table, string kind, BatchScheduler scheduler, GenerationRequest[] texts, int rounds, int batch)
    {
        int[] lookups = [0, 8];
        List<double>[] seconds = [[], []];
        GenerationResult[][] results = [[], []];

        // The first round warms up.
        for (int round = 0; round <= rounds; round++)
        {
            for (int with = 0; with < lookups.Length; with++)
            {
                GenerationRequest[] requests = [.. texts.Select(text => text with
                {
                    Options = text.Options! with { PromptLookupTokens = lookups[with] },
                })];
                long start = Stopwatch.GetTimestamp();
                results[with] = [.. requests.Chunk(batch).SelectMany(together =>
                    scheduler.GenerateAsync(together).GetAwaiter().GetResult())];
                if (round > 0)
                    seconds[with].Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
        }

        int tokens = results[0].Sum(result => result.Tokens.Count);
        table.AddRow(
            kind, $"{tokens}", $"{results[1].Sum(result => result.DraftedTokens)}", $"{results[1].Sum(result => result.AcceptedTokens)}",
            $"{tokens / seconds[0].Median():F1}", $"{tokens / seconds[1].Median():F1}",
            $"{seconds[0].Zip(seconds[1], (without, with) => without / with).Median():F2}",
            results[0].Zip(results[1]).All(pair => pair.First.Tokens.SequenceEqual(pair.Second.Tokens)) ? "yes" : "NO");
    }
}
