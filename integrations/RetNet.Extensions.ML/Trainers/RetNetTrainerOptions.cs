using Microsoft.ML;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.Core.Training;
using static RetNet.Extensions.ML.Models.OptionChecks;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>The options that all trainers of text models share. Names and defaults are those of ML.NET's TextClassification trainer if it
/// has them.</summary>
public abstract class RetNetTrainerOptions
{
    /// <summary>The label column. Default <c>Label</c>. Rows whose label is missing are left out.</summary>
    public string LabelColumnName { get; set; } = "Label";

    /// <summary>A column of weights, <see cref="float"/> above 0: how much the loss of a row counts, in training and in the validation
    /// set. A row of weight 2 counts as two equal rows do. Default null: all rows count the same.</summary>
    public string? ExampleWeightColumnName { get; set; }

    /// <summary>The column of scores to add. Default <c>Score</c>.</summary>
    public string ScoreColumnName { get; set; } = "Score";

    /// <summary>The text column. Default <c>Sentence1</c>.</summary>
    public string Sentence1ColumnName { get; set; } = "Sentence1";

    /// <summary>A second text column, for pairs of texts. Default null: none.</summary>
    public string? Sentence2ColumnName { get; set; }

    /// <summary>The number of rows of a training step, and of rows that a cursor scores together at most. Default 16. (ML.NET's trainer:
    /// 32.)</summary>
    public int BatchSize { get; set; } = TrainerDefaults.BatchSize;

    /// <summary>Passes through the rows. Default null: three, and from scratch as many as about 400 steps take. (ML.NET's
    /// trainer: 10.)</summary>
    public int? MaxEpoch { get; set; }

    /// <summary>Rows that are not trained on; after each epoch their loss is reported, and the weights of the best epoch are kept. Default
    /// null.</summary>
    public IDataView? ValidationSet { get; set; }

    /// <summary>
    /// A Hugging Face folder or .gguf file to fine-tune: model and tokenizer. Default null: a model of <see cref="Family"/> and
    /// <see cref="Width"/> is trained from scratch, with a byte-level tokenizer learned from the texts.
    /// </summary>
    public string? ModelPath { get; set; }

    /// <summary>From scratch: the architecture. Default <see cref="RetNetModelFamily.RetNet"/>.</summary>
    public RetNetModelFamily Family { get; set; } = RetNetModelFamily.RetNet;

    /// <summary>From scratch: the width of the hidden states, a multiple of 2 · <see cref="Heads"/>. Default 32.</summary>
    public int Width { get; set; } = TrainerDefaults.Width;

    /// <summary>From scratch: the number of blocks. Default 1.</summary>
    public int Layers { get; set; } = TrainerDefaults.Layers;

    /// <summary>From scratch: the number of heads of a block. Default 1.</summary>
    public int Heads { get; set; } = TrainerDefaults.Heads;

    /// <summary>From scratch: the most tokens that the tokenizer learns, at least 258. Default 16000.</summary>
    public int VocabularySize { get; set; } = TrainerDefaults.VocabularySize;

    /// <summary>The number of tokens of a row that are read; the rest is left out, in a pair from the end of the longer text first. Default
    /// 0: all. Training keeps the activations of every token of a step: set this option if rows have many thousand tokens.</summary>
    public int ContextLength { get; set; }

    /// <summary>
    /// A Transformer's scores: which rows of the key-value cache stay, <c>full</c> (default), <c>window</c>, <c>sinks</c>, <c>h2o</c> or
    /// <c>tova</c>. Rows are dropped between the pieces of some hundred tokens that a long text is read in; training sees all. A RetNet has
    /// no such cache and refuses all but <c>full</c>.
    /// </summary>
    public string Policy { get; set; } = MultiStatePolicies.Full;

    /// <summary>The number of rows that <see cref="Policy"/> keeps: <c>512</c>, or a part of the context such as <c>25%</c>. Default null:
    /// <see cref="MultiStatePolicies.DefaultSize"/> for every policy but <c>full</c>.</summary>
    public string? StateSize { get; set; }

    /// <summary>The number of first tokens that the policy <c>sinks</c> always keeps. Default 4.</summary>
    public int Sinks { get; set; } = MultiStatePolicies.DefaultSinks;

    /// <summary>How states are kept in memory when texts are scored; <see cref="StateFormat.BFloat16"/> halves them, <see
    /// cref="StateFormat.Int8"/> halves those of a Transformer on the CPU again. Default
    /// <see cref="StateFormat.Float32"/>.</summary>
    public StateFormat StateFormat { get; set; }

    /// <summary>The highest learning rate, reached after a warm-up; it then falls to 0 along a line. Default null: 3e-3 from scratch, 1e-4
    /// for fine-tuning.</summary>
    public double? LearningRate { get; set; }

    /// <summary>The part of all steps in which the learning rate rises, in [0, 1]. Default 0.06.</summary>
    public double WarmupRatio { get; set; } = 0.06;

    /// <summary>Decoupled weight decay of AdamW. Default null: 0.5 from scratch, 0.05 for fine-tuning.</summary>
    public double? WeightDecay { get; set; }

    /// <summary>The largest norm of a step's gradient; larger ones are scaled down. Default 1.</summary>
    public double ClipNorm { get; set; } = 1;

    /// <summary>Probability with which values are dropped in training, in [0, 1). Default null: 0.3 from scratch, 0.1 for
    /// fine-tuning.</summary>
    public float? Dropout { get; set; }

    /// <summary>Classifiers: the part of a label's probability that is spread over all classes in training, in [0, 1). Default 0.</summary>
    public float LabelSmoothing { get; set; }

    /// <summary>Seed of weights, order of rows and dropout. Default null: drawn from the <see cref="MLContext"/>'s seed.</summary>
    public int? Seed { get; set; }

    /// <summary>Receives the progress of training, in addition to <see cref="MLContext.Log"/>. Default null.</summary>
    public IProgress<TrainingProgress>? Progress { get; set; }

    /// <summary>Ends training with an <see cref="OperationCanceledException"/>. Default: none.</summary>
    public CancellationToken CancellationToken { get; set; }

    /// <summary>Threads to train and to score with; 0, the default, for one per processor. Not saved.</summary>
    public int Threads { get; set; }

    /// <summary>The GPU to run on. Default null: <see cref="MLContext.GpuDeviceId"/>. Not saved.</summary>
    public int? GpuDeviceId { get; set; }

    /// <summary>Whether the CPU replaces a GPU that cannot be used or has no room for the weights and their gradients. If memory runs out
    /// later, for the optimiser's moments or a batch, training ends. Default null: <see cref="MLContext.FallbackToCpu"/>. Not
    /// saved.</summary>
    public bool? FallbackToCpu { get; set; }

    internal IReadOnlyList<string> TextColumns => Sentence2ColumnName is null
        ? [Sentence1ColumnName]
        : [Sentence1ColumnName, Sentence2ColumnName];

    internal StateOptions StateOptions => new() { Policy = MultiStatePolicies.Create(Policy, StateSize, Sinks), Format = StateFormat };

    /// <summary>The columns to add, by the options that name them.</summary>
    private protected virtual IReadOnlyList<(string Option, string Column)> OutputColumns => [(nameof(ScoreColumnName), ScoreColumnName)];

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is missing or out of range; the message names the option.</exception>
    internal virtual void Validate()
    {
        RequireName(LabelColumnName, nameof(LabelColumnName));
        Require(ExampleWeightColumnName != "", nameof(ExampleWeightColumnName), ExampleWeightColumnName, "the name of a column, or null");
        RequireOutputNames();
        RequireName(Sentence1ColumnName, nameof(Sentence1ColumnName));
        Require(Sentence2ColumnName != "", nameof(Sentence2ColumnName), Sentence2ColumnName, "the name of a column, or null");
        Require(BatchSize is >= 1 and <= 1 << 16, nameof(BatchSize), BatchSize, "1 to 65536");
        Require(MaxEpoch is null or >= 1, nameof(MaxEpoch), MaxEpoch, "1 or more, or null");
        Require(ModelPath is null || !string.IsNullOrWhiteSpace(ModelPath), nameof(ModelPath), ModelPath,
            "a Hugging Face folder, a .gguf file, or null");
        RequireDefined(Family, nameof(Family));
        Require(Heads is >= 1 and <= 1024, nameof(Heads), Heads, "1 to 1024");
        Require(Width is >= 2 and <= 1 << 16 && Width % (2 * Heads) == 0, nameof(Width), Width,
            $"a multiple of {2 * Heads}, twice {nameof(Heads)}, up to 65536");
        Require(Layers is >= 1 and <= 1024, nameof(Layers), Layers, "1 to 1024");
        Require(VocabularySize is >= 258 and <= 1 << 20, nameof(VocabularySize), VocabularySize,
            "258 (256 bytes and 2 control tokens) to 1048576");
        Require(ContextLength >= 0, nameof(ContextLength), ContextLength, "0 (all) or more");
        Require(LearningRate is null or (> 0 and < double.PositiveInfinity), nameof(LearningRate), LearningRate,
            "a number above 0, or null");
        Require(WarmupRatio is >= 0 and <= 1, nameof(WarmupRatio), WarmupRatio, "0 to 1");
        Require(WeightDecay is null or (>= 0 and < double.PositiveInfinity), nameof(WeightDecay), WeightDecay, "0 or more, or null");
        Require(ClipNorm is > 0, nameof(ClipNorm), ClipNorm, "above 0");
        Require(Dropout is null or (>= 0 and < 1), nameof(Dropout), Dropout, "at least 0 and below 1, or null");
        Require(LabelSmoothing is >= 0 and < 1, nameof(LabelSmoothing), LabelSmoothing, "at least 0 and below 1");
        RequireStates(StateFormat, Policy);
        RequireRun(Threads, GpuDeviceId);
        if (ModelPath is null)
            RequireCache(StateOptions, Policy, Family == RetNetModelFamily.Llama);
        else
            _ = StateOptions;
    }

    /// <summary>Checks that the model will support the state options when it scores.</summary>
    /// <exception cref="ArgumentException">It will not; the message names the option.</exception>
    internal void CheckModel(TrainableModel model) => RequireCache(StateOptions, Policy, !model.HasConstantState);

    /// <summary>A copy, so that what the caller changes later has no effect.</summary>
    internal RetNetTrainerOptions Copy() => (RetNetTrainerOptions)MemberwiseClone();

    private static void RequireName(string? name, string option) =>
        Require(!string.IsNullOrEmpty(name), option, name, "the name of a column");

    private void RequireOutputNames()
    {
        Dictionary<string, string> taken = new() { [LabelColumnName] = nameof(LabelColumnName) };
        foreach ((string option, string column) in OutputColumns)
        {
            RequireName(column, option);
            if (!taken.TryAdd(column, option))
                throw new ArgumentException($"{option} is '{column}', and so is {taken[column]}; expected another name.", option);
        }
    }
}
