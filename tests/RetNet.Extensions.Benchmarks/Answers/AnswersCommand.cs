using System.CommandLine;
using System.Text.Json;
using RetNet.Extensions.Benchmarks.Machine;
using RetNet.Extensions.Benchmarks.Models;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Models;
using Spectre.Console;

namespace RetNet.Extensions.Benchmarks.Answers;

/// <summary><c>answers TOKENIZER</c>: JSON answers by schemas beside free texts of as many tokens, here and in llama.cpp.</summary>
internal sealed class AnswersCommand : Command
{
    private const int RedirectedWidth = 220;
    private const int WarmUpTokens = 16;

    private const string Prompt = "Read the message below and answer in JSON, as the schema of the form asks.\n\n"
        + "Hello, this is Mara Lindqvist. I moved to Bergen on the third of March and would like my next three orders sent there. "
        + "The last one, two lamps for 129 crowns each, came a week late and one of them was broken. Please call me back tomorrow.\n\n";

    // 134 million parameters, more than half of them the embedding, which is the language-model head too.
    private static readonly SyntheticShape Shape =
        new() { Width = 512, Layers = 17, Heads = 8, FeedForward = 1472, Context = 2048, IsTied = true };

    private readonly Argument<string> _tokenizer =
        new("TOKENIZER") { Description = "Folder of a tokenizer.json of Qwen's family and its tokenizer_config.json." };
    private readonly Option<string> _models = new("--models")
    {
        HelpName = "DIR",
        Description = "Folder of the synthetic model, which is written if it is missing.",
        DefaultValueFactory = _ => Path.Combine("artifacts", "models"),
    };
    private readonly Option<string> _format = new("--format")
    {
        Description = "bf16, or q8_0 (int8 here).",
        DefaultValueFactory = _ => "bf16",
    };
    private readonly Option<string?> _llamaServer = new("--llama-server")
    {
        HelpName = "PROGRAM",
        Description = "llama.cpp's llama-server; without it this library is measured alone.",
    };
    private readonly Option<string> _schemas = new("--schemas")
    {
        HelpName = "FILE",
        Description = "Lines of JSON, each with name and schema. Their answers must be bounded: random weights end no string.",
        DefaultValueFactory = _ => Path.Combine(AppContext.BaseDirectory, "Answers", "schemas.jsonl"),
    };
    private readonly Option<int> _rounds = Integer("--rounds", "Times that everything is measured.", 5);
    private readonly Option<int> _threads = Integer("--threads", "Threads that compute, on both sides.", 2);
    private readonly Option<int> _mostTokens = Integer("--max-tokens", "Where an answer is cut off; it then does not count.", 512);

    public AnswersCommand()
        : base("answers", "Measures JSON answers by schemas beside free texts, here and in llama.cpp, by turns on the same weights.")
    {
        _format.AcceptOnlyFromAmong("bf16", "q8_0");
        Add(_tokenizer);
        foreach (Option option in (Option[])[_models, _format, _llamaServer, _schemas, _rounds, _threads, _mostTokens])
            Add(option);
        SetAction(Run);
    }

    private void Run(ParseResult parse)
    {
        int threads = parse.GetValue(_threads);
        string gguf = Model(parse.GetValue(_models)!, parse.GetRequiredValue(_tokenizer), parse.GetValue(_format)!);
        using TextModel model = TextModel.Load(gguf, new ModelLoadOptions { Threads = threads });
        int[] prompt = model.Tokenizer.Encode(Prompt);
        OurAnswers ours = new(model, prompt);
        using LlamaServer? theirs = parse.GetValue(_llamaServer) is { } server ? new(server, gguf, threads, model.Tokenizer, prompt) : null;
        JsonElement[] schemas =
            [.. File.ReadLines(parse.GetValue(_schemas)!).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
        AnswerMeasures measures = Measure(ours, theirs, schemas, parse.GetValue(_rounds), parse.GetValue(_mostTokens));
        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = RedirectedWidth;
        AnsiConsole.WriteLine($"{Path.GetFileName(gguf)}, {model.Model.Info.Parameters / 1e6:F1}M parameters, "
            + $"{model.Tokenizer.VocabularySize:N0} tokens, {threads} threads; "
            + $"memory reads {ReadBandwidth.Measure(threads) / 1e9:F1} GB/s");
        AnsiConsole.Write(measures.Table());
        AnsiConsole.Write(measures.Details());
    }

    /// <summary>The file of the model, written if it is missing.</summary>
    private static string Model(string models, string tokenizer, string format)
    {
        string path = Path.Combine(models, $"answers-{format}"), gguf = SyntheticModel.GgufPath(path);
        if (File.Exists(gguf))
            return gguf;
        Console.Error.WriteLine($"writing {path}");
        Directory.CreateDirectory(models);
        GenuineVocabulary vocabulary = new(tokenizer);
        SyntheticModel.Write(path, "llama", Enum.Parse<GgufType>(format, ignoreCase: true), Shape with { Vocabulary = vocabulary.Count },
            vocabulary);
        return gguf;
    }

    private static AnswerMeasures Measure(OurAnswers ours, LlamaServer? theirs, JsonElement[] schemas, int rounds, int mostTokens)
    {
        // The first answers are not measured; each free text is as long as ours.
        int[] lengths = [.. schemas.Select(line => Math.Max(2, ours.AnswerBySchema(line.GetProperty("schema"), mostTokens).Tokens))];
        theirs?.WriteFreely(WarmUpTokens);
        AnswerMeasures measures = new();
        List<IAnsweringEngine> engines = theirs is null ? [ours] : [ours, theirs];
        for (int round = 0; round < rounds; round++, engines.Reverse())
        {
            for (int i = 0; i < schemas.Length; i++)
            {
                string name = schemas[i].GetProperty("name").GetString()!;
                Console.Error.WriteLine($"round {round + 1}, {name}");
                foreach (IAnsweringEngine engine in engines)
                {
                    AnswerSeries series = new(engine.Name, name, round);
                    measures.AddAnswer(series, engine.AnswerBySchema(schemas[i].GetProperty("schema"), mostTokens));
                    measures.AddFree(series, engine.WriteFreely(lengths[i]));
                }
            }
        }

        return measures;
    }

    private static Option<int> Integer(string name, string description, int value) =>
        new(name) { HelpName = "N", Description = description, DefaultValueFactory = _ => value };
}
