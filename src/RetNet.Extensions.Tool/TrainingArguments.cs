using System.CommandLine;
using System.Globalization;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Tool;

/// <summary>The options of <c>retnet train</c> that say how is trained.</summary>
internal sealed class TrainingArguments
{
    private const int DefaultContext = 256;
    private const int DefaultWarmup = 20;
    private const int DefaultEvaluateEvery = 100;
    private const int DefaultCheckpointEvery = 100;

    // More passes than time allows: the time limit is meant to end training.
    private const double EndlessEpochs = 1e6;

    private readonly Option<int?> _context = OptionKinds.Integer("--context", "T", $"Tokens that are predicted at once. Default: {DefaultContext}.", 1, 1 << 24);
    private readonly Option<int?> _batch = OptionKinds.Integer("--batch", "B", "Sequences that are computed together. Default: 16.", 1, 1 << 20);
    private readonly Option<int?> _steps = OptionKinds.Integer("--steps", "N", "Updates of the weights. Default: one pass through the data, or what --minutes allows.", 1);
    private readonly Option<double?> _epochs = Number("--epochs", "E", "Passes through the data, where --steps is not given.");
    private readonly Option<double?> _minutes = Number("--minutes", "M", "End after this time; the learning rate falls with it.");
    private readonly Option<double?> _rate = Number("--lr", "X", "The highest learning rate. Default: 0.001.");
    private readonly Option<double?> _leastRate = Number("--min-lr", "X", "The learning rate at the end. Default: 0.");
    private readonly Option<int?> _warmup = OptionKinds.Integer("--warmup", "N", $"Steps in which the learning rate rises. Default: {DefaultWarmup}, at most a tenth of --steps.", 0);
    private readonly Option<string?> _schedule = OptionKinds.Choice("--schedule", "How the learning rate falls. Default: cosine.", "constant", "linear", "cosine");
    private readonly Option<double?> _decay = Number("--weight-decay", "X", "AdamW's weight decay. Default: 0.05.");
    private readonly Option<double?> _clip = Number("--clip", "X", "Norm that gradients are clipped to; 0 for never. Default: 1.");
    private readonly Option<double?> _dropout = Number("--dropout", "P", "Part of activations that is left out. Default: 0.");
    private readonly Option<int?> _accumulate = OptionKinds.Integer("--accumulate", "N", "Batches for one step. Default: 1.", 1, 1 << 20);
    private readonly Option<bool> _carryState = new("--carry-state") { Description = "RetNet: read the text in order and carry the state from one piece of it to the next." };
    private readonly Option<int?> _seed = OptionKinds.Integer("--seed", "N", "Seed of weights, order and dropout. Default: 1.", int.MinValue);
    private readonly Option<int?> _evaluateEvery = OptionKinds.Integer("--evaluate-every", "N", $"Steps between two measurements of the validation loss. Default: {DefaultEvaluateEvery}, or a twentieth of --steps.", 1);
    private readonly Option<int?> _checkpointEvery = OptionKinds.Integer("--checkpoint-every", "N", $"Steps between two checkpoints. Default: {DefaultCheckpointEvery}.", 1);
    private readonly Option<bool> _keepBest = new("--keep-best") { Description = "Keep the weights with the lowest validation loss rather than the last ones." };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_context, _batch, _steps, _epochs, _minutes, _rate, _leastRate, _warmup, _schedule, _decay, _clip, _dropout, _accumulate, _carryState, _seed, _evaluateEvery, _checkpointEvery, _keepBest])
            command.Add(option);
    }

    public int Seed(ParseResult parse) => parse.GetValue(_seed) ?? 1;

    public int Context(ParseResult parse) => parse.GetValue(_context) ?? DefaultContext;

    public TrainingOptions Read(ParseResult parse, string checkpointFile, bool resume)
    {
        TrainingOptions defaults = new();
        int? steps = parse.GetValue(_steps);
        double? minutes = parse.GetValue(_minutes);
        if (steps is not null && parse.GetValue(_epochs) is not null)
            throw new CommandException("--steps and --epochs are both given; expected one of them.");
        if (minutes is <= 0 or > 1e7)
            throw new CommandException(string.Create(CultureInfo.InvariantCulture, $"--minutes is {minutes}; expected a positive number."));
        return defaults with
        {
            ContextLength = Context(parse),
            BatchSize = parse.GetValue(_batch) ?? defaults.BatchSize,
            Steps = steps,
            Epochs = parse.GetValue(_epochs) ?? (minutes is null ? defaults.Epochs : EndlessEpochs),
            TimeLimit = minutes is { } limit ? TimeSpan.FromMinutes(limit) : null,
            LearningRate = parse.GetValue(_rate) ?? defaults.LearningRate,
            MinimumLearningRate = parse.GetValue(_leastRate) ?? defaults.MinimumLearningRate,
            WarmupSteps = parse.GetValue(_warmup) ?? Math.Min(DefaultWarmup, (steps ?? int.MaxValue) / 10),
            Schedule = parse.GetValue(_schedule) switch
            {
                "constant" => LearningRateDecay.Constant,
                "linear" => LearningRateDecay.Linear,
                _ => LearningRateDecay.Cosine,
            },
            WeightDecay = parse.GetValue(_decay) ?? defaults.WeightDecay,
            ClipNorm = parse.GetValue(_clip) ?? defaults.ClipNorm,
            Dropout = (float)(parse.GetValue(_dropout) ?? defaults.Dropout),
            AccumulationSteps = parse.GetValue(_accumulate) ?? defaults.AccumulationSteps,
            CarryState = parse.GetValue(_carryState),
            Seed = Seed(parse),
            EvaluateEvery = parse.GetValue(_evaluateEvery) ?? (steps is null ? DefaultEvaluateEvery : Math.Max(1, steps.Value / 20)),
            KeepBest = parse.GetValue(_keepBest),
            CheckpointFile = checkpointFile,
            CheckpointEvery = parse.GetValue(_checkpointEvery) ?? DefaultCheckpointEvery,
            Resume = resume,
        };
    }

    /// <summary>A number; what it may be is checked by the trainer.</summary>
    public static Option<double?> Number(string name, string helpName, string description) => OptionKinds.Parsed<double?>(name, helpName, description, "a number", text =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && double.IsFinite(value) ? value : null);
}
