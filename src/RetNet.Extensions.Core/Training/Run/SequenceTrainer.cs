namespace RetNet.Extensions.Core.Training.Run;

/// <summary>Trains a model and a head on texts with labels: classification, yes or no, or a value.</summary>
/// <remarks>
/// Sequences are shuffled for each epoch and batched with others of similar length. Those longer than
/// <see cref="TrainingOptions.ContextLength"/> are cut in training and validation.
/// <see cref="TrainingOptions.CarryState"/> and <see cref="TrainingOptions.Answers"/> are refused. As for
/// <see cref="LanguageModelTrainer"/>, the result depends on the arguments only: bit for bit on the CPU, apart from rounding on another
/// device.
/// </remarks>
/// <param name="model">The model; its weights are changed. It stays the caller's.</param>
/// <param name="head">The head; its weights are changed. It stays the caller's.</param>
/// <param name="loss">What the head's outputs mean.</param>
/// <param name="options">How it is trained; null for the defaults.</param>
public sealed class SequenceTrainer(TrainableModel model, SequenceHead head, SequenceLoss loss, TrainingOptions? options = null)
{
    private readonly TrainingOptions _options = options ?? new TrainingOptions();

    /// <summary>Trains on labelled sequences.</summary>
    /// <param name="sequences">The sequences.</param>
    /// <param name="validation">Sequences that are only evaluated; empty for none.</param>
    /// <param name="classWeights">The weight of each class's loss, <c>[outputs]</c> (of 0 and 1 for <see cref="SequenceLoss.Logistic"/>);
    /// empty for all the same.</param>
    /// <param name="progress">Told about each step.</param>
    /// <param name="cancellationToken">Ends training, with a checkpoint where there is a file for it.</param>
    /// <returns>The outcome.</returns>
    /// <exception cref="ArgumentException">An option, a target or a token does not fit; the message names it.</exception>
    /// <exception cref="TrainingException">The loss or the gradient is not a finite number.</exception>
    /// <exception cref="Checkpoints.CheckpointException">The checkpoint to resume from is damaged, or of another training.</exception>
    /// <exception cref="Devices.DeviceMemoryException">The device has not enough memory for the optimiser or a batch. If a file is set,
    /// there is a checkpoint after the last whole step, unless a state is carried, which such a batch leaves undefined, or memory ran out
    /// while the weights were updated.</exception>
    /// <exception cref="InsufficientMemoryException">The host has not enough memory, with the same checkpoint.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled.</exception>
    public TrainingResult Train(
        IReadOnlyList<LabelledSequence> sequences, IReadOnlyList<LabelledSequence> validation, IReadOnlyList<float> classWeights,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        ArgumentNullException.ThrowIfNull(validation);
        ArgumentNullException.ThrowIfNull(classWeights);
        _options.Check(validation.Count > 0);
        TrainingChecks.RequirePrecision(model, _options.Precision);
        TrainingChecks.RequireUnused("labelled sequences", (nameof(TrainingOptions.Answers), _options.Answers, null));
        if (_options.CarryState)
        {
            throw new ArgumentException($"{nameof(TrainingOptions.CarryState)} is true; expected false, because labelled sequences do not "
                + "continue each other.");
        }

        if (sequences.Count == 0)
            throw new ArgumentException("The training data has no sequence.");
        CheckWeights(classWeights);
        Check(sequences, classWeights, "training");
        if (validation.Count > 0)
            Check(validation, classWeights, "validation");
        using SequenceTask task = new(model, head, loss, _options, sequences, validation, [.. classWeights]);
        using TrainingRun run = new(task, _options, progress, cancellationToken);
        model.LearnFrom(task.LongestSequence);
        return run.Complete();
    }

    private int Classes => loss == SequenceLoss.Logistic ? 2 : head.Outputs;

    private void CheckWeights(IReadOnlyList<float> weights)
    {
        if (weights.Count == 0)
            return;
        if (loss == SequenceLoss.SquaredError)
            throw new ArgumentException("Class weights are given; expected none, because values have no classes.");
        if (weights.Count != Classes)
            throw new ArgumentException($"There are {weights.Count} class weights; expected {Classes}, one for each class.");
        if (weights.Any(weight => !(weight >= 0 && float.IsFinite(weight))) || weights.All(weight => weight == 0))
            throw new ArgumentException("A class weight is negative or not a number, or all are 0.");
    }

    private void Check(IReadOnlyList<LabelledSequence> sequences, IReadOnlyList<float> classWeights, string use)
    {
        foreach (LabelledSequence sequence in sequences)
        {
            if (sequence.Tokens.IsEmpty)
                throw new ArgumentException($"The {use} data has a sequence without a token.");
            TrainingChecks.RequireVocabulary(sequence.Tokens.Span, model.VocabularySize, use);
            if (!(sequence.Weight > 0 && float.IsFinite(sequence.Weight)))
                throw new ArgumentException($"The {use} data has the weight {sequence.Weight}; expected a finite number above 0.");
            float target = sequence.Target;
            bool fits = loss == SequenceLoss.SquaredError
                ? float.IsFinite(target)
                : target >= 0 && target < Classes && float.IsInteger(target);
            if (!fits)
            {
                throw new ArgumentException($"The {use} data has the target {target}; expected "
                    + $"{(loss == SequenceLoss.SquaredError ? "a finite number" : $"a class from 0 to {Classes - 1}")}.");
            }
        }

        if (classWeights.Count > 0 && sequences.All(sequence => classWeights[(int)sequence.Target] == 0))
            throw new ArgumentException($"The {use} data has only classes of weight 0; expected one that counts.");
    }
}
