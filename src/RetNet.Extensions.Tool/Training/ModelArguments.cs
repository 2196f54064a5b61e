using System.CommandLine;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Tokenizers.Training;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Tool.Training;

/// <summary>The options of <c>retnet train</c> that define what is trained: a new model and its tokenizer, or an existing one.</summary>
internal sealed class ModelArguments
{
    private const int DefaultVocabulary = 4096;

    private readonly ShapeArguments _shape = new(width: 256, layers: 6, headWidth: 64);
    private readonly Option<string?> _tokenizer = new("--tokenizer")
    {
        HelpName = "PATH",
        Description =
            "The tokenizer: a folder with tokenizer.json, or a .gguf file. Default: that of --from, otherwise a new one trained on the "
                + "data."
    };
    private readonly Option<int?> _vocabulary = OptionKinds.Integer(
        "--vocab", "V", "The largest vocabulary of a tokenizer that is trained on the data. Default: "
            + $"{DefaultVocabulary}.", 258, 4_000_000);

    public void AddTo(Command command)
    {
        _shape.AddTo(command);
        command.Add(_tokenizer);
        command.Add(_vocabulary);
    }

    /// <summary>Refuses options that contradict each other.</summary>
    public void Check(ParseResult parse)
    {
        _shape.Check(parse);
        if (parse.GetValue(_vocabulary) is not null && (parse.GetValue(_shape.From) ?? parse.GetValue(_tokenizer)) is not null)
        {
            throw new CommandException("--vocab applies only to a tokenizer that is trained on the data; --from and --tokenizer name an "
                + "existing one.");
        }
    }

    /// <summary>The tokenizer's files: given, of the model that is trained further, or trained on the documents.</summary>
    public ModelDocuments Tokenizer(ParseResult parse, IReadOnlyList<string> documents, CancellationToken cancellation)
    {
        if (parse.GetValue(_tokenizer) is { } tokenizer)
            return ReadTokenizer(_tokenizer, tokenizer, "a folder with tokenizer.json, or a .gguf file");
        if (parse.GetValue(_shape.From) is { } model)
            return ReadTokenizer(_shape.From, model, "a model folder with tokenizer.json, or a .gguf file");
        TrainedTokenizer trained = BytePairTrainer.Train(
            documents, new BytePairTrainerOptions { VocabularySize = parse.GetValue(_vocabulary) ?? DefaultVocabulary }, cancellation);
        return new ModelDocuments
        {
            Configuration = default,
            Tokenizer = trained.TokenizerJson,
            TokenizerConfiguration = trained.TokenizerConfigurationJson,

            // The tokenizer's own: its first special token begins and ends a text, its second is padding.
            GenerationConfiguration = """{"bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 1}"""u8.ToArray(),
        };
    }

    /// <summary>Refuses options that name another tokenizer than that of the resumed training.</summary>
    public void RequireTokenizer(ParseResult parse, ModelDocuments before, IReadOnlyList<string> documents, CancellationToken cancellation)
    {
        Option option = parse.GetValue(_tokenizer) is not null
            ? _tokenizer
            : parse.GetValue(_shape.From) is not null ? _shape.From : _vocabulary;
        if (parse.GetResult(option) is not { Tokens: [{ Value: { } value }, ..] })
            return;
        int size = Core.Tokenizers.Tokenizer.Parse(before, "tokenizer").VocabularySize;
        bool isSame = parse.GetValue(_vocabulary) == size
            || Tokenizer(parse, documents, cancellation).Tokenizer.Span.SequenceEqual(before.Tokenizer.Span);
        if (!isSame)
        {
            throw new CommandException($"{option.Name} is '{value}', which gives another tokenizer than the one (of {size} tokens) that "
                + "--resume continues with.");
        }
    }

    public TrainableModel Model(ParseResult parse, Tokenizer tokenizer, int context, int seed, int threads)
    {
        if (parse.GetValue(_shape.From) is { } path)
        {
            using Checkpoint checkpoint = Checkpoint.Open(path);
            return TrainableModel.Load(checkpoint, threads);
        }

        (int width, int layers, int heads) = _shape.Dimensions(parse);
        ModelShape shape = new()
        {
            Width = width,
            Layers = layers,
            Heads = heads,
            VocabularySize = tokenizer.VocabularySize,
            ContextLength = context,
            BosTokenId = tokenizer.BeginningOfSequenceId,
            EosTokenId = tokenizer.EndOfSequenceId,
            PadTokenId = tokenizer.PaddingId,
        };
        return ModelFamily.Named(_shape.Architecture(parse)).Create(shape, seed, threads);
    }

    private static ModelDocuments ReadTokenizer(Option option, string path, string expected)
    {
        if (!Path.Exists(path))
            throw new CommandException($"{option.Name} is '{path}', which does not exist; expected {expected}.");
        ModelDocuments documents = ModelDocuments.ReadTokenizer(path);
        return documents.Tokenizer.IsEmpty
            ? throw new CommandException($"{option.Name} is '{path}', which has no tokenizer; expected {expected}.")
            : documents;
    }
}
