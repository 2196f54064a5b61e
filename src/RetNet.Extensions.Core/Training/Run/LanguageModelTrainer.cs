namespace RetNet.Extensions.Core.Training.Run;

/// <summary>Trains a language model on texts, from scratch or further.</summary>
/// <remarks>
/// <para>Texts are cut into windows of <see cref="TrainingOptions.ContextLength"/> tokens, which are shuffled for each epoch; with <see
/// cref="TrainingOptions.CarryState"/> they are read in order instead. The same model, data and options give the same weights, bit for bit,
/// on the CPU with any number of threads and also when training is interrupted and resumed, as long as there is no time limit.
/// On another device (<c>ToDevice</c>) they differ by rounding; dropout leaves out the same values.</para>
/// <para>Cancellation is observed between blocks of a step; with <see cref="TrainingOptions.CarryState"/> between steps. The weights are
/// then those after the last whole step.</para>
/// </remarks>
/// <param name="model">The model; its weights are changed. It stays the caller's.</param>
/// <param name="options">How it is trained; null for the defaults.</param>
public sealed class LanguageModelTrainer(TrainableModel model, TrainingOptions? options = null)
{
    private readonly TrainingOptions _options = options ?? new TrainingOptions();

    /// <summary>Trains on one long text.</summary>
    /// <param name="tokens">The text's tokens, at least two.</param>
    /// <param name="validation">Tokens of a text that is only evaluated; empty for none.</param>
    /// <param name="progress">Told about each step.</param>
    /// <param name="cancellationToken">Ends training, with a checkpoint where there is a file for it.</param>
    /// <returns>The outcome.</returns>
    /// <exception cref="ArgumentException">An option does not fit, a token is outside the vocabulary, or a text has nothing to learn; the
    /// message names it.</exception>
    /// <exception cref="TrainingException">The loss or the gradient is not a finite number.</exception>
    /// <exception cref="Checkpoints.CheckpointException">The checkpoint to resume from is damaged, or of another training.</exception>
    /// <exception cref="Devices.DeviceMemoryException">The device has not enough memory for the optimiser or a batch. If a file is set,
    /// there is a checkpoint after the last whole step, unless a state is carried, which such a batch leaves undefined, or memory ran out
    /// while the weights were updated.</exception>
    /// <exception cref="InsufficientMemoryException">The host has not enough memory, with the same checkpoint.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled.</exception>
    public TrainingResult Train(
        ReadOnlyMemory<int> tokens, ReadOnlyMemory<int> validation = default,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
        => Train([tokens], validation.IsEmpty ? [] : [validation], progress, cancellationToken);

    /// <summary>Trains on documents; windows do not extend across documents, but a carried state does.</summary>
    /// <param name="documents">The documents' tokens; those with fewer than two are left out.</param>
    /// <param name="validation">Documents that are only evaluated; empty for none.</param>
    /// <param name="progress">Told about each step.</param>
    /// <param name="cancellationToken">Ends training, with a checkpoint where there is a file for it.</param>
    /// <returns>The outcome.</returns>
    /// <exception cref="ArgumentException">An option does not fit, a token is outside the vocabulary, or a text has nothing to learn; the
    /// message names it.</exception>
    /// <exception cref="TrainingException">The loss or the gradient is not a finite number.</exception>
    /// <exception cref="Checkpoints.CheckpointException">The checkpoint to resume from is damaged, or of another training.</exception>
    /// <exception cref="Devices.DeviceMemoryException">The device has not enough memory for the optimiser or a batch. If a file is set,
    /// there is a checkpoint after the last whole step, unless a state is carried, which such a batch leaves undefined, or memory ran out
    /// while the weights were updated.</exception>
    /// <exception cref="InsufficientMemoryException">The host has not enough memory, with the same checkpoint.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled.</exception>
    public TrainingResult Train(
        IReadOnlyList<ReadOnlyMemory<int>> documents, IReadOnlyList<ReadOnlyMemory<int>> validation,
        IProgress<TrainingProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(documents);
        ArgumentNullException.ThrowIfNull(validation);
        _options.Check(validation.Count > 0);
        TrainingChecks.RequireUnused("language models", (nameof(TrainingOptions.LabelSmoothing), _options.LabelSmoothing, 0f));
        TrainingChecks.RequirePrecision(model, _options.Precision);
        CheckTokens(documents, "training");
        if (validation.Count > 0)
            CheckTokens(validation, "validation");
        LanguageModelValidation? measured = validation.Count > 0 ? new LanguageModelValidation(model, _options, validation) : null;
        if (_options.CarryState && !model.HasConstantState)
        {
            throw new ArgumentException($"{nameof(TrainingOptions.CarryState)} is true; expected false, because only a RetNet has a state "
                + "of constant size to carry.");
        }

        using LanguageModelTask task = _options.CarryState
            ? new CarriedTextTask(model, _options, documents, measured)
            : new WindowTask(model, _options, documents, measured);
        using TrainingRun run = new(task, _options, progress, cancellationToken);
        model.LearnFrom(task.LongestSequence);
        return run.Complete();
    }

    /// <summary>Mean loss of a model on documents, in nats per token; its exponential is the perplexity.</summary>
    /// <param name="documents">The documents' tokens; each is cut into windows of <see cref="TrainingOptions.ContextLength"/>
    /// tokens.</param>
    /// <param name="cancellationToken">Observed between blocks.</param>
    /// <returns>The loss.</returns>
    /// <exception cref="ArgumentException">An option does not fit, a token is outside the vocabulary, no document has two tokens, or none
    /// has an answer where only these are learned.</exception>
    public double Evaluate(IReadOnlyList<ReadOnlyMemory<int>> documents, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(documents);
        _options.Check(hasValidation: true);
        TrainingChecks.RequirePrecision(model, _options.Precision);
        CheckTokens(documents, "validation");
        return new LanguageModelValidation(model, _options, documents).Loss(cancellationToken);
    }

    private void CheckTokens(IReadOnlyList<ReadOnlyMemory<int>> documents, string use)
    {
        if (!documents.Any(document => document.Length > 1))
            throw new ArgumentException($"The {use} data has no text of at least two tokens; there is nothing to predict.");
        foreach (ReadOnlyMemory<int> document in documents)
            TrainingChecks.RequireVocabulary(document.Span, model.VocabularySize, use);
        if (_options.Answers is { } answers && !HasAnswer(documents))
        {
            throw new ArgumentException($"{nameof(TrainingOptions.Answers)}: the {use} data has no answer in a window of "
                + $"{_options.ContextLength} tokens ({nameof(TrainingOptions.ContextLength)}); expected one behind the tokens "
                + $"{string.Join(' ', answers.Prompt)}.");
        }
    }

    private bool HasAnswer(IReadOnlyList<ReadOnlyMemory<int>> documents)
    {
        TokenWindows windows = new(documents, _options.ContextLength, _options.Seed);
        BatchBuffer buffer = new(_options);
        for (int window = 0; window < windows.Count && buffer.Predicted == 0; window++)
        {
            buffer.Clear();
            buffer.AddWindow(windows.InOrder(window));
        }

        return buffer.Predicted > 0;
    }
}
