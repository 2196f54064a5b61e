using System.Globalization;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Training;

/// <summary>How a model is trained. All trainers share these options; each trainer says which it does not use.</summary>
public sealed record TrainingOptions
{
    /// <summary>Sequences that are computed together. Default: 16.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>The most tokens of a sequence; a longer text is cut, see the trainers. Default: 256.</summary>
    public int ContextLength { get; init; } = 256;

    /// <summary>Updates of the weights; null, the default, for as many as <see cref="Epochs"/> need.</summary>
    public long? Steps { get; init; }

    /// <summary>Passes through the data where <see cref="Steps"/> is null. Default: 1. What the data have no whole number of batches for
    /// is rounded up to a step.</summary>
    public double Epochs { get; init; } = 1;

    /// <summary>Batches whose gradients are added up for one step. Default: 1.</summary>
    public int AccumulationSteps { get; init; } = 1;

    /// <summary>The highest learning rate. Default: 0.001.</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Steps in which the learning rate rises to the highest, at most all of them; with a <see cref="TimeLimit"/> it rises in a
    /// tenth of the time at most. Null for 20, or a tenth of the steps where they are fewer than 200. Default: 0.</summary>
    public long? WarmupSteps { get; init; } = 0;

    /// <summary>How the learning rate falls after the warm-up. Default: along a cosine.</summary>
    public LearningRateDecay Schedule { get; init; } = LearningRateDecay.Cosine;

    /// <summary>The learning rate at the end of the schedule. Default: 0.</summary>
    public double MinimumLearningRate { get; init; }

    /// <summary>AdamW's decoupled weight decay: a step multiplies every trained value by 1 − learning rate · this, those of norms, biases
    /// and embeddings too, as the RetNet paper's reference implementation does. Default: 0.05.</summary>
    public double WeightDecay { get; init; } = 0.05;

    /// <summary>AdamW's decay of the gradients' mean. Default: 0.9.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's decay of the gradients' mean square. Default: 0.98.</summary>
    public double Beta2 { get; init; } = 0.98;

    /// <summary>AdamW's ε. Default: 1e-8.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Gradients of a larger norm are scaled down to it; 0 for never. Default: 1.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>The share of activations that is dropped in training. Default: 0.</summary>
    public float Dropout { get; init; }

    /// <summary>Classifiers: the part of a target's probability that is spread over all classes. Default: 0.</summary>
    public float LabelSmoothing { get; init; }

    /// <summary>The seed of the order of the data and of dropout. Default: 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The form in which retention is computed; Transformers do not use it. Default: recurrent, evaluated in chunks: what decoding
    /// computes, with memory linear in the length.</summary>
    public RetentionForm Form { get; init; } = RetentionForm.Recurrent;

    /// <summary>Tokens of a chunk of retention; 0, the default, for the model's own.</summary>
    public int ChunkLength { get; init; }

    /// <summary>The type that matrix products are computed in. Default: float32. BFloat16, mixed precision, needs a model on a device other
    /// than the CPU.</summary>
    public TrainingPrecision Precision { get; init; }

    /// <summary>
    /// Language models: whether each row of a batch reads its own part of the text in order, in pieces of <see cref="ContextLength"/>
    /// tokens, with the state carried from piece to piece (truncated back-propagation). A RetNet learns to remember more than a context
    /// that way; a Transformer has no such state. The validation loss is that of pieces that begin with an empty state, so it does not show
    /// what is remembered from one to the next, and <see cref="KeepBest"/> does not choose by it. Default: no.
    /// </summary>
    public bool CarryState { get; init; }

    /// <summary>
    /// Language models: where the answers stand, if only they are learned; null, the default, for all tokens. The loss is then the mean
    /// over the answers' tokens. A document is a conversation; of an answer that a window cuts, the part in the next window is not
    /// learned, so <see cref="ContextLength"/> should hold a whole conversation.
    /// </summary>
    public AnswerTokens? Answers { get; init; }

    /// <summary>Training ends after this time, and the learning rate falls accordingly if the steps would take longer. Default:
    /// none.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>Steps between two evaluations of the validation loss; 0, the default, for one at the end of each epoch.</summary>
    public long EvaluateEvery { get; init; }

    /// <summary>Whether the weights with the lowest validation loss are the result, rather than the last ones. Default: no.</summary>
    public bool KeepBest { get; init; }

    /// <summary>Training ends when the validation loss has not fallen for this many evaluations; 0, the default, for never.</summary>
    public int Patience { get; init; }

    /// <summary>The file that training can be resumed from; null, the default, for none. Replaced as a whole each time.</summary>
    public string? CheckpointFile { get; init; }

    /// <summary>Steps between two checkpoints; 0, the default, for one only at the end, on cancellation, or when memory runs out
    /// or the device fails.</summary>
    public long CheckpointEvery { get; init; }

    /// <summary>Whether training continues from <see cref="CheckpointFile"/> if that exists. Model, data and options must be those of the
    /// run that wrote it.</summary>
    /// <remarks>
    /// The device and <see cref="Precision"/> may differ: a run that was interrupted on a GPU continues on the CPU and vice versa, apart
    /// from rounding, because weights and moments are always float32.
    /// These may differ too, so that a training whose loss was no longer finite can continue with smaller steps: <see
    /// cref="LearningRate"/>, <see cref="MinimumLearningRate"/>,
    /// <see cref="WarmupSteps"/>, <see cref="Schedule"/> and <see cref="ClipNorm"/>; and also <see cref="CheckpointEvery"/> and
    /// <see cref="TimeLimit"/>, which may come or go: <see cref="Epochs"/> only count where neither run has it.
    /// </remarks>
    public bool Resume { get; init; }

    /// <summary>Whether <see cref="Epochs"/> alone say when training ends.</summary>
    private bool DecidesByEpochs => Steps is null && TimeLimit is null;

    /// <summary>The options that must be the same in a resumed run, by name.</summary>
    internal IEnumerable<KeyValuePair<string, string>> Fingerprint()
    {
        foreach ((string name, IFormattable? value) in ((string, IFormattable?)[])[
            (nameof(BatchSize), BatchSize), (nameof(ContextLength), ContextLength), (nameof(Steps), Steps),
            (nameof(AccumulationSteps), AccumulationSteps), (nameof(WeightDecay), WeightDecay), (nameof(Beta1), Beta1),
            (nameof(Beta2), Beta2), (nameof(Epsilon), Epsilon), (nameof(Dropout), Dropout), (nameof(LabelSmoothing), LabelSmoothing),
            (nameof(Seed), Seed), (nameof(Form), Form), (nameof(ChunkLength), ChunkLength), (nameof(CarryState), CarryState ? 1 : 0),
            (nameof(EvaluateEvery), EvaluateEvery), (nameof(KeepBest), KeepBest ? 1 : 0), (nameof(Patience), Patience)])
        {
            yield return KeyValuePair.Create(name, value?.ToString(null, CultureInfo.InvariantCulture) ?? "none");
        }

        if (DecidesByEpochs)
            yield return KeyValuePair.Create(nameof(Epochs), Epochs.ToString(CultureInfo.InvariantCulture));
        if (Answers is not null)
            yield return KeyValuePair.Create(nameof(Answers), Answers.Fingerprint);
    }

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">An option is out of range; the message names it.</exception>
    internal void Check(bool hasValidation)
    {
        Require(BatchSize is >= 1 and <= 1 << 20, nameof(BatchSize), BatchSize, "1 to 1048576");
        Require(ContextLength is >= 1 and <= 1 << 24, nameof(ContextLength), ContextLength, "1 to 16777216 tokens");
        Require(Steps is null or >= 1, nameof(Steps), Steps, "at least 1");
        Require(Epochs is > 0 and <= 1e9, nameof(Epochs), Epochs, "a positive number");
        Require(AccumulationSteps is >= 1 and <= 1 << 20, nameof(AccumulationSteps), AccumulationSteps, "1 to 1048576");
        Require(LearningRate is > 0 and <= 1e3, nameof(LearningRate), LearningRate, "a positive number");
        Require(WarmupSteps is null or >= 0, nameof(WarmupSteps), WarmupSteps, "0 or more");
        Require(Enum.IsDefined(Schedule), nameof(Schedule), Schedule, "Constant, Linear or Cosine");
        Require(MinimumLearningRate >= 0 && MinimumLearningRate <= LearningRate, nameof(MinimumLearningRate), MinimumLearningRate,
            $"0 to the {nameof(LearningRate)}");
        Require(WeightDecay is >= 0 and <= 1e3, nameof(WeightDecay), WeightDecay, "0 or more");
        Require(Beta1 is >= 0 and < 1, nameof(Beta1), Beta1, "0 to less than 1");
        Require(Beta2 is >= 0 and < 1, nameof(Beta2), Beta2, "0 to less than 1");
        Require(Epsilon is > 0 and <= 1, nameof(Epsilon), Epsilon, "more than 0, to 1");
        Require(ClipNorm is >= 0 and < double.PositiveInfinity, nameof(ClipNorm), ClipNorm, "0 (none) or a positive number");
        Require(Dropout is >= 0 and < 1, nameof(Dropout), Dropout, "0 to less than 1");
        Require(LabelSmoothing is >= 0 and < 1, nameof(LabelSmoothing), LabelSmoothing, "0 to less than 1");
        Require(Enum.IsDefined(Form), nameof(Form), Form, "Recurrent, Parallel or Chunkwise");
        Require(Enum.IsDefined(Precision), nameof(Precision), Precision, "Float32 or BFloat16");
        Require(!CarryState || Form != RetentionForm.Parallel, nameof(Form), Form,
            "Recurrent or Chunkwise, since the parallel form has no state to carry");
        Require(Answers is null || !CarryState, nameof(CarryState), CarryState, $"False where {nameof(Answers)} are learned alone");
        Require(ChunkLength is >= 0 and <= 1 << 20, nameof(ChunkLength), ChunkLength, "0 (the model's own) to 1048576 tokens");
        Require(TimeLimit is null || TimeLimit > TimeSpan.Zero, nameof(TimeLimit), TimeLimit, "a positive time");
        Require(EvaluateEvery >= 0, nameof(EvaluateEvery), EvaluateEvery, "0 (each epoch) or more");
        Require(Patience >= 0, nameof(Patience), Patience, "0 (never) or more");
        Require(!KeepBest || hasValidation, nameof(KeepBest), KeepBest, "False without validation data");
        Require(Patience == 0 || hasValidation, nameof(Patience), Patience, "0 without validation data");
        Require(EvaluateEvery == 0 || hasValidation, nameof(EvaluateEvery), EvaluateEvery, "0 without validation data");
        Require(CheckpointEvery >= 0, nameof(CheckpointEvery), CheckpointEvery, "0 (at the end) or more");
        if (CheckpointFile is null && (Resume || CheckpointEvery > 0))
        {
            throw new ArgumentException($"{nameof(CheckpointFile)} is not set; {(Resume ? nameof(Resume) : nameof(CheckpointEvery))} "
                + "needs it.");
        }

        if (CheckpointFile is { } file && (file.Length == 0 || Directory.Exists(file)
            || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(file)))))
        {
            throw new ArgumentException($"{nameof(CheckpointFile)} is '{file}'; expected a file in a folder that exists.");
        }
    }

    private static void Require(bool holds, string option, object? value, string expected)
    {
        if (!holds)
            throw new ArgumentException($"{option} is {Convert.ToString(value, CultureInfo.InvariantCulture)}; expected {expected}.");
    }
}
