using System.CommandLine;

namespace RetNet.Extensions.Benchmarks.Models;

/// <summary><c>model OUT</c>: writes one synthetic model.</summary>
internal sealed class ModelCommand : Command
{
    private static readonly SyntheticShape Default = new();

    private readonly Argument<string> _out = new("OUT") { Description = "Folder to write; a Llama is written as OUT.gguf too." };
    private readonly Option<string> _family = new("--family") { Description = "llama or retnet.", DefaultValueFactory = _ => "llama" };
    private readonly Option<string> _format = new("--format")
    {
        Description = "f32, bf16, q8_0, q4_0 or q4_k (the folder of a quantised model has bfloat16).",
        DefaultValueFactory = _ => "bf16",
    };

    private readonly Option<int> _width = Integer("--dim", "Model width.", Default.Width);
    private readonly Option<int> _layers = Integer("--layers", "Blocks.", Default.Layers);
    private readonly Option<int> _heads = Integer("--heads", "Heads.", Default.Heads);
    private readonly Option<int> _feedForward = Integer(
        "--ffn", "Inner width of a Llama's feed-forward network; a RetNet gets half, for as many parameters.", Default.FeedForward);
    private readonly Option<int> _vocabulary = Integer("--vocab", "Tokens of the vocabulary.", Default.Vocabulary);
    private readonly Option<int> _context = Integer("--context", "Longest text in tokens.", Default.Context);
    private readonly Option<string?> _tokenizer = new("--tokenizer")
    {
        HelpName = "DIR",
        Description = "Folder of a tokenizer.json of Qwen's family and its tokenizer_config.json, instead of a made-up vocabulary.",
    };
    private readonly Option<bool> _isTied = new("--tied") { Description = "Whether the embedding is the language-model head too." };

    public ModelCommand()
        : base("model", "Writes a model with random weights, the same for the same options.")
    {
        _family.AcceptOnlyFromAmong("llama", "retnet");
        _format.AcceptOnlyFromAmong("f32", "bf16", "q8_0", "q4_0", "q4_k");
        Add(_out);
        foreach (Option option in (Option[])[_family, _format, _width, _layers, _heads, _feedForward, _vocabulary, _context, _tokenizer,
            _isTied])
        {
            Add(option);
        }

        SetAction(Run);
    }

    private void Run(ParseResult parse)
    {
        GenuineVocabulary? vocabulary = parse.GetValue(_tokenizer) is { } folder ? new(folder) : null;
        SyntheticShape shape = new()
        {
            Width = parse.GetValue(_width),
            Layers = parse.GetValue(_layers),
            Heads = parse.GetValue(_heads),
            FeedForward = parse.GetValue(_feedForward),
            Vocabulary = vocabulary?.Count ?? parse.GetValue(_vocabulary),
            Context = parse.GetValue(_context),
            IsTied = parse.GetValue(_isTied),
        };
        GgufType type = Enum.Parse<GgufType>(parse.GetValue(_format)!, ignoreCase: true);
        string path = parse.GetRequiredValue(_out);
        long parameters = SyntheticModel.Write(path, parse.GetValue(_family)!, type, shape, vocabulary);
        Console.WriteLine($"{path}: {parameters / 1e6:F1}M parameters");
    }

    private static Option<int> Integer(string name, string description, int value) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };
}
