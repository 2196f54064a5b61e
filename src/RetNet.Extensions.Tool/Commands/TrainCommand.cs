using System.CommandLine;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Run;
using RetNet.Extensions.Tool.Training;

namespace RetNet.Extensions.Tool.Commands;

/// <summary><c>retnet train</c>: trains a language model on text, and writes a model folder.</summary>
internal sealed class TrainCommand : ToolCommand
{
    private const double DefaultValidationPercent = 5;
    private const int MostHeldOut = 65_536;
    private const string DefaultSeparator = "<|endoftext|>";

    private readonly Argument<string[]> _data = new("DATA")
    {
        Description = "Files of UTF-8 text, or folders of them.",
        Arity = ArgumentArity.OneOrMore
    };
    private readonly Option<string?> _out = new("--out")
    {
        HelpName = "DIR",
        Description = "The folder to write: the model, its tokenizer, loss.svg and loss.csv.",
        Required = true
    };
    private readonly Option<bool> _resume =
        new("--resume")
        {
            Description =
                "Continue an interrupted training. The data and all options must be the same, except --lr, --min-lr, --warmup, "
                    + "--schedule, --clip, --minutes, --checkpoint-every, --device and --precision."
        };
    private readonly Option<string?> _validation = new("--validation")
    {
        HelpName = "PATH",
        Description = "The validation text: a file or a folder."
    };
    private readonly Option<double?> _validationPercent = OptionKinds.Number<double>(
        "--validation-percent", "P", "The share of the data, taken from its end, that is the validation text if --validation is not "
            + $"given; at most {MostHeldOut} tokens; 0 for none. Default: {DefaultValidationPercent}.",
        "a number from 0 to 50", value => value is >= 0 and <= 50);
    private readonly Option<string?> _separator = new("--separator")
    {
        HelpName = "LINE",
        Description = $"The line that separates documents; empty for none. Default: {DefaultSeparator}."
    };
    private readonly ModelArguments _model = new();
    private readonly TrainingArguments _training = new();
    private volatile bool _hasWorkToSave;

    public TrainCommand()
        : base("train", "Trains a language model on text.")
    {
        Add(_data);
        foreach (Option option in (Option[])[_out, _resume, _validation, _validationPercent, _separator])
            Add(option);
        _model.AddTo(this);
        _training.AddTo(this);
    }

    public override bool HasWorkToSave => _hasWorkToSave;

    public override void Run(CommandContext context)
    {
        ParseResult parse = context.Parse;
        _model.Check(parse);
        TrainingOptions options = _training.Read(parse);
        CheckValidation(parse, options);
        CheckPrecision(context, options);
        TrainingFolder folder = new(_out.Name, parse.GetRequiredValue(_out)!, parse.GetValue(_resume), hasTokenizer: true);
        if (folder.HasFinished)
        {
            folder.WriteFinished(context);
            return;
        }

        List<string> documents = TrainingText.Read(parse.GetRequiredValue(_data), Separator(parse));
        folder.Create();
        ModelDocuments tokenizerFiles = TokenizerFiles(context, folder, documents);
        Tokenizer tokenizer = Tokenizer.Parse(tokenizerFiles, "tokenizer");
        using TrainableModel model = Model(context, tokenizer, options);
        tokenizer = TextModel.ReadTokenizer("tokenizer", tokenizerFiles, model);
        (List<ReadOnlyMemory<int>> training, List<ReadOnlyMemory<int>> validation) = Tokens(context, documents, tokenizer);
        options = (validation.Count > 0 ? TrainingArguments.WithEvaluation(options) : options) with
        {
            Answers = _training.AnswersOnly(parse) ? AnswerPlaces.Find(tokenizer) : null,
            CheckpointFile = folder.CheckpointFile,
            Resume = parse.GetValue(_resume)
        };

        _hasWorkToSave = true;
        context.Cancellation.ThrowIfCancellationRequested();
        folder.WriteTokenizer(tokenizerFiles);
        TrainingResult result;
        try
        {
            LanguageModelTrainer trainer = new(model, options);
            result = TrainingReporter.Run(context, progress => trainer.Train(training, validation, progress, context.Cancellation));
        }
        catch (Exception exception) when (exception is ArgumentException or DeviceException or InsufficientMemoryException)
        {
            folder.Abandon();
            throw new CommandException(_training.WithOptionNames(exception.Message));
        }

        folder.WriteLosses(result.History, "loss (nats per token)");
        folder.Finish(path => model.Save(path, tokenizerFiles));
        TrainingSummary.Write(context, model.ParameterCount, result, isLikelihood: true);
    }

    private TrainableModel Model(CommandContext context, Tokenizer tokenizer, TrainingOptions options)
    {
        ModelLoadOptions loadOptions = context.Options.LoadOptions(context.Parse);
        TrainableModel model = _model.Model(context.Parse, tokenizer, options.ContextLength, options.Seed, loadOptions.Threads);
        try
        {
            return model.ToDevice(loadOptions.Device);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private string Separator(ParseResult parse) => parse.GetValue(_separator) ?? DefaultSeparator;

    private static void CheckPrecision(CommandContext context, TrainingOptions options)
    {
        if (options.Precision == TrainingPrecision.BFloat16 && context.Options.Device(context.Parse) == ComputeDevice.Cpu)
        {
            throw new CommandException("--precision bfloat16 needs a --device other than cpu, which computes in float32.");
        }
    }

    private void CheckValidation(ParseResult parse, TrainingOptions options)
    {
        double? percent = parse.GetValue(_validationPercent);
        if (parse.GetValue(_validation) is not null && percent is not null)
            throw new CommandException("--validation and --validation-percent are both given; expected one of them.");
        if (options.KeepBest && percent == 0)
            throw new CommandException("--keep-best needs a validation text; --validation-percent is 0.");
    }

    private ModelDocuments TokenizerFiles(CommandContext context, TrainingFolder folder, List<string> documents)
    {
        if (!folder.HasTokenizer)
            return _model.Tokenizer(context.Parse, documents, context.Cancellation);
        ModelDocuments before = folder.ReadTokenizer();
        _model.RequireTokenizer(context.Parse, before, documents, context.Cancellation);
        return before;
    }

    private (List<ReadOnlyMemory<int>> Training, List<ReadOnlyMemory<int>> Validation) Tokens(
        CommandContext context, List<string> documents, Tokenizer tokenizer)
    {
        List<ReadOnlyMemory<int>> tokens = Tokenize(context, documents, tokenizer);
        if (context.Parse.GetValue(_validation) is { } path)
        {
            return (
                tokens, Tokenize(context, TrainingText.Read([path], Separator(context.Parse), _validation.Name), tokenizer));
        }

        double share = (context.Parse.GetValue(_validationPercent) ?? DefaultValidationPercent) / 100;
        int held = (int)Math.Min(MostHeldOut, tokens.Sum(document => (long)document.Length) * share);
        if (!_training.AnswersOnly(context.Parse))
            return held < 2 ? (tokens, []) : ([tokens[0][..^held]], [tokens[0][^held..]]);

        // Whole conversations, as near to that share as they come.
        int first = tokens.Count;
        for (int left = held; first > 1 && 2 * left > tokens[first - 1].Length; first--)
            left -= tokens[first - 1].Length;
        return (tokens[..first], tokens[first..]);
    }

    /// <summary>One stream of all documents, or each conversation where only answers are learned.</summary>
    private List<ReadOnlyMemory<int>> Tokenize(CommandContext context, List<string> documents, Tokenizer tokenizer) =>
        _training.AnswersOnly(context.Parse) ? TrainingText.TokenizeEach(documents, tokenizer, context.Cancellation)
            : [TrainingText.Tokenize(documents, tokenizer, context.Cancellation)];
}
