using System.CommandLine;
using System.Globalization;
using System.Text.RegularExpressions;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Tool.Training;

/// <summary>The options of <c>retnet train</c> and <c>retnet train-forecaster</c> that define how the model is trained.</summary>
internal sealed class TrainingArguments
{
    private const int DefaultContext = 256;
    private const int DefaultEvaluateEvery = 100;
    private const int DefaultCheckpointEvery = 100;

    // More passes than time allows, so that the time limit ends training.
    private const double EndlessEpochs = 1e6;

    private readonly Option<int?> _context = OptionKinds.Integer(
        "--context", "T", $"Length of a sequence in tokens. Default: {DefaultContext}.", 1, 1 << 24);
    private readonly Option<int?> _batch = OptionKinds.Integer(
        "--batch", "B", "Sequences per batch. Default: 16.", 1, 1 << 20);
    private readonly Option<int?> _steps = OptionKinds.Integer(
        "--steps", "N", "Number of weight updates. Default: one pass through the data, or what --minutes allows.", 1);
    private readonly Option<double?> _epochs = OptionKinds.Number<double>(
        "--epochs", "E", "Number of passes through the data, if --steps is not given.",
        "a number above 0, at most 1e9", value => value is > 0 and <= 1e9);
    private readonly Option<double?> _minutes = OptionKinds.Number<double>(
        "--minutes", "M", "Minutes after which training ends; the learning rate falls accordingly.",
        "a number above 0, at most 1e7", value => value is > 0 and <= 1e7);
    private readonly Option<double?> _rate = OptionKinds.Number<double>(
        "--lr", "X", "The highest learning rate. Default: 0.001.", "a number above 0, at most 1000", value => value is > 0 and <= 1e3);
    private readonly Option<double?> _leastRate = OptionKinds.Number<double>(
        "--min-lr", "X", "The learning rate at the end. Default: 0.", "a number from 0 to that of --lr", value => value >= 0);
    private readonly Option<int?> _warmup = OptionKinds.Integer(
        "--warmup", "N", "Steps during which the learning rate rises. Default: 20, at most a tenth of the steps; with --minutes, at most a "
            + "tenth of the time.", 0);
    private readonly Option<string?> _schedule = OptionKinds.Choice(
        "--schedule", "How the learning rate falls. Default: cosine.", "constant", "linear", "cosine");
    private readonly Option<double?> _decay = OptionKinds.Number<double>(
        "--weight-decay", "X", "AdamW's weight decay, of all weights. Default: 0.05.", "a number from 0 to 1000",
        value => value is >= 0 and <= 1e3);
    private readonly Option<double?> _clip = OptionKinds.Number<double>(
        "--clip", "X", "Largest norm of the gradient, which is scaled down to it; 0 is off. Default: 1.", "a number of at least 0", value =>
            value >= 0);
    private readonly Option<double?> _dropout = OptionKinds.Number<double>(
        "--dropout", "P", "Dropout: the share of activations that is set to 0. Default: 0.",
        "a number of at least 0 and below 1", value => value >= 0 && (float)value < 1);
    private readonly Option<string?> _precision = OptionKinds.Choice("--precision",
        "Precision of matrix products; bfloat16 (mixed precision) needs a --device other than cpu. Default: "
            + "float32.", "float32", "bfloat16");
    private readonly Option<int?> _accumulate = OptionKinds.Integer(
        "--accumulate", "N", "Batches whose gradients are added up for one step. Default: 1.", 1, 1 << 20);
    private readonly Option<bool> _carryState =
        new("--carry-state") { Description = "RetNet: read the text in order and carry the state from one piece of it to the next." };
    private readonly Option<bool> _answersOnly = new("--answers-only")
    {
        Description = "Learn only what the assistant says: each document is a conversation in the tokenizer's chat template."
    };
    private readonly Option<int?> _seed = OptionKinds.Integer(
        "--seed", "N", "Seed of weights, order and dropout. Default: 1.", int.MinValue);
    private readonly Option<int?> _evaluateEvery = OptionKinds.Integer("--evaluate-every", "N",
        $"Steps between two measurements of the validation loss. Default: {DefaultEvaluateEvery}, or a twentieth of --steps.", 1);
    private readonly Option<int?> _checkpointEvery = OptionKinds.Integer(
        "--checkpoint-every", "N", $"Steps between two checkpoints. Default: {DefaultCheckpointEvery}.", 1);
    private readonly Option<bool> _keepBest =
        new("--keep-best") { Description = "Keep the weights with the lowest validation loss rather than the last ones." };

    public void AddTo(Command command)
    {
        AddCommonTo(command);
        foreach (Option option in (Option[])[_context, _epochs, _dropout, _precision, _accumulate, _carryState, _answersOnly])
            command.Add(option);
    }

    /// <summary>Adds the options that concern data of any kind.</summary>
    public void AddCommonTo(Command command)
    {
        foreach (Option option in (Option[])[_batch, _steps, _minutes, _rate, _leastRate, _warmup, _schedule, _decay, _clip, _seed,
            _evaluateEvery, _checkpointEvery, _keepBest])
        {
            command.Add(option);
        }
    }

    public int Seed(ParseResult parse) => parse.GetValue(_seed) ?? 1;

    public bool AnswersOnly(ParseResult parse) => parse.GetValue(_answersOnly);

    public int Context(ParseResult parse) => parse.GetValue(_context) ?? DefaultContext;

    /// <summary>The options, without the file of a checkpoint and without the default of --evaluate-every.</summary>
    public TrainingOptions Read(ParseResult parse)
    {
        TrainingOptions defaults = new();
        int? steps = parse.GetValue(_steps);
        double? minutes = parse.GetValue(_minutes);
        if (steps is not null && parse.GetValue(_epochs) is not null)
            throw new CommandException("--steps and --epochs are both given; expected one of them.");
        double rate = parse.GetValue(_rate) ?? defaults.LearningRate;
        if (parse.GetValue(_leastRate) > rate)
        {
            throw new CommandException(string.Create(CultureInfo.InvariantCulture,
                $"--min-lr is {parse.GetValue(_leastRate)}; expected at most --lr, {rate}."));
        }

        return defaults with
        {
            ContextLength = Context(parse),
            BatchSize = parse.GetValue(_batch) ?? defaults.BatchSize,
            Steps = steps,
            Epochs = parse.GetValue(_epochs) ?? (minutes is null ? defaults.Epochs : EndlessEpochs),
            TimeLimit = minutes is { } limit ? TimeSpan.FromMinutes(limit) : null,
            LearningRate = rate,
            MinimumLearningRate = parse.GetValue(_leastRate) ?? defaults.MinimumLearningRate,
            WarmupSteps = parse.GetValue(_warmup),
            Schedule = parse.GetValue(_schedule) switch
            {
                "constant" => LearningRateDecay.Constant,
                "linear" => LearningRateDecay.Linear,
                _ => LearningRateDecay.Cosine,
            },
            WeightDecay = parse.GetValue(_decay) ?? defaults.WeightDecay,
            ClipNorm = parse.GetValue(_clip) ?? defaults.ClipNorm,
            Dropout = (float)(parse.GetValue(_dropout) ?? defaults.Dropout),
            Precision = parse.GetValue(_precision) == "bfloat16" ? TrainingPrecision.BFloat16 : TrainingPrecision.Float32,
            AccumulationSteps = parse.GetValue(_accumulate) ?? defaults.AccumulationSteps,
            CarryState = parse.GetValue(_carryState),
            Seed = Seed(parse),
            EvaluateEvery = parse.GetValue(_evaluateEvery) ?? 0,
            KeepBest = parse.GetValue(_keepBest),
            CheckpointEvery = parse.GetValue(_checkpointEvery) ?? DefaultCheckpointEvery,
        };
    }

    /// <summary>Adds the default of --evaluate-every to the options of a training with a validation text.</summary>
    public static TrainingOptions WithEvaluation(TrainingOptions options) => options.EvaluateEvery > 0 ? options : options with
    {
        EvaluateEvery = options.Steps is { } steps ? Math.Max(1, steps / 20) : DefaultEvaluateEvery
    };

    /// <summary>Replaces the trainer's names of options by those of the command line.</summary>
    public string WithOptionNames(string message)
    {
        foreach ((string property, Option option) in ((string, Option)[])[
            (nameof(TrainingOptions.ContextLength), _context), (nameof(TrainingOptions.BatchSize), _batch),
            (nameof(TrainingOptions.Steps), _steps), (nameof(TrainingOptions.Epochs), _epochs),
            (nameof(TrainingOptions.TimeLimit), _minutes), (nameof(TrainingOptions.LearningRate), _rate),
            (nameof(TrainingOptions.MinimumLearningRate), _leastRate), (nameof(TrainingOptions.WarmupSteps), _warmup),
            (nameof(TrainingOptions.Schedule), _schedule), (nameof(TrainingOptions.WeightDecay), _decay),
            (nameof(TrainingOptions.ClipNorm), _clip), (nameof(TrainingOptions.Dropout), _dropout),
            (nameof(TrainingOptions.Precision), _precision), (nameof(TrainingOptions.AccumulationSteps), _accumulate),
            (nameof(TrainingOptions.CarryState), _carryState), (nameof(TrainingOptions.Answers), _answersOnly),
            (nameof(TrainingOptions.Seed), _seed),
            (nameof(TrainingOptions.EvaluateEvery), _evaluateEvery), (nameof(TrainingOptions.CheckpointEvery), _checkpointEvery),
            (nameof(TrainingOptions.KeepBest), _keepBest)])
        {
            message = Regex.Replace(message, $@"\b{property}\b", option.Name);
        }

        return message;
    }
}
