using RetNet.Extensions.Core.Training;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Trainers;

namespace Microsoft.ML;

/// <summary>Trainers of text models on the CPU or a GPU: a RetNet or a Transformer of the Llama family, trained from scratch on the rows or
/// fine-tuned.</summary>
/// <remarks>
/// Progress goes to <see cref="MLContext.Log"/>, a line per epoch. They run on the GPU that <see cref="MLContext.GpuDeviceId"/> or an
/// option names; a GPU that cannot be used is an error, or with <see cref="MLContext.FallbackToCpu"/> a warning. Weights, tokenizer and
/// options are saved inside the ML.NET model.
/// </remarks>
public static class RetNetTrainersCatalog
{
    /// <summary>Classifies texts or pairs of texts.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label column, a key (see <c>Conversion.MapValueToKey</c>).</param>
    /// <param name="scoreColumnName">The column of class probabilities to add; its slots have the names of the classes.</param>
    /// <param name="outputColumnName">The column of predicted labels to add, a key with the label's key values.</param>
    /// <param name="sentence1ColumnName">The text column.</param>
    /// <param name="sentence2ColumnName">A second text column, for pairs of texts; null for none.</param>
    /// <param name="batchSize">The number of rows of a step.</param>
    /// <param name="maxEpochs">Passes through the rows; null for three or more, see
    /// <see cref="RetNetTrainerOptions.MaxEpoch"/>.</param>
    /// <param name="validationSet">Rows with the same columns, which choose the best epoch; null for the last epoch.</param>
    /// <param name="modelPath">A Hugging Face folder or .gguf file to fine-tune; null to train from scratch.</param>
    /// <param name="family">From scratch: the architecture.</param>
    /// <param name="width">From scratch: the width of the hidden states.</param>
    /// <param name="layers">From scratch: the number of blocks.</param>
    /// <param name="heads">From scratch: the number of heads of a block.</param>
    /// <param name="contextLength">How many tokens of a row are read; 0 for all.</param>
    /// <param name="learningRate">The highest learning rate; null for 3e-3 from scratch and 1e-4 for fine-tuning.</param>
    /// <param name="seed">The seed of weights, order and dropout; null for one drawn from the context's seed.</param>
    /// <param name="gpuDeviceId">The GPU to run on; null for that of the context.</param>
    /// <param name="progress">Receives the progress of training; null for the log alone.</param>
    /// <param name="cancellationToken">Ends training.</param>
    /// <param name="exampleWeightColumnName">A column of weights, a <see cref="float"/>; null where all rows count the same.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A value is missing or out of range; the message names the option.</exception>
    public static RetNetMulticlassTrainer RetNetTextClassification(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog,
        string labelColumnName = "Label",
        string scoreColumnName = "Score",
        string outputColumnName = "PredictedLabel",
        string sentence1ColumnName = "Sentence1",
        string? sentence2ColumnName = null,
        int batchSize = TrainerDefaults.BatchSize,
        int? maxEpochs = null,
        IDataView? validationSet = null,
        string? modelPath = null,
        RetNetModelFamily family = RetNetModelFamily.RetNet,
        int width = TrainerDefaults.Width,
        int layers = TrainerDefaults.Layers,
        int heads = TrainerDefaults.Heads,
        int contextLength = 0,
        double? learningRate = null,
        int? seed = null,
        int? gpuDeviceId = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default,
        string? exampleWeightColumnName = null) => catalog.RetNetTextClassification(new RetNetMulticlassTrainer.Options
        {
            LabelColumnName = labelColumnName,
            ScoreColumnName = scoreColumnName,
            PredictionColumnName = outputColumnName,
            Sentence1ColumnName = sentence1ColumnName,
            Sentence2ColumnName = sentence2ColumnName,
            BatchSize = batchSize,
            MaxEpoch = maxEpochs,
            ValidationSet = validationSet,
            ModelPath = modelPath,
            Family = family,
            Width = width,
            Layers = layers,
            Heads = heads,
            ContextLength = contextLength,
            LearningRate = learningRate,
            Seed = seed,
            GpuDeviceId = gpuDeviceId,
            Progress = progress,
            CancellationToken = cancellationToken,
            ExampleWeightColumnName = exampleWeightColumnName,
        });

    /// <summary>Classifies texts or pairs of texts.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">All options.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A value is missing or out of range; the message names the option.</exception>
    public static RetNetMulticlassTrainer RetNetTextClassification(
        this MulticlassClassificationCatalog.MulticlassClassificationTrainers catalog, RetNetMulticlassTrainer.Options options) =>
        new(catalog.Environment(), options);

    /// <summary>Answers yes or no to texts or pairs of texts.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label column, Boolean.</param>
    /// <param name="scoreColumnName">The column of scores (logits) to add.</param>
    /// <param name="probabilityColumnName">The column of probabilities to add.</param>
    /// <param name="outputColumnName">The column of predicted labels to add, Boolean.</param>
    /// <param name="sentence1ColumnName">The text column.</param>
    /// <param name="sentence2ColumnName">A second text column, for pairs of texts; null for none.</param>
    /// <param name="batchSize">The number of rows of a step.</param>
    /// <param name="maxEpochs">Passes through the rows; null for three or more, see
    /// <see cref="RetNetTrainerOptions.MaxEpoch"/>.</param>
    /// <param name="validationSet">Rows with the same columns, which choose the best epoch; null for the last epoch.</param>
    /// <param name="modelPath">A Hugging Face folder or .gguf file to fine-tune; null to train from scratch.</param>
    /// <param name="family">From scratch: the architecture.</param>
    /// <param name="width">From scratch: the width of the hidden states.</param>
    /// <param name="layers">From scratch: the number of blocks.</param>
    /// <param name="heads">From scratch: the number of heads of a block.</param>
    /// <param name="contextLength">How many tokens of a row are read; 0 for all.</param>
    /// <param name="learningRate">The highest learning rate; null for 3e-3 from scratch and 1e-4 for fine-tuning.</param>
    /// <param name="seed">The seed of weights, order and dropout; null for one drawn from the context's seed.</param>
    /// <param name="gpuDeviceId">The GPU to run on; null for that of the context.</param>
    /// <param name="progress">Receives the progress of training; null for the log alone.</param>
    /// <param name="cancellationToken">Ends training.</param>
    /// <param name="exampleWeightColumnName">A column of weights, a <see cref="float"/>; null where all rows count the same.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A value is missing or out of range; the message names the option.</exception>
    public static RetNetBinaryTrainer RetNetTextClassification(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog,
        string labelColumnName = "Label",
        string scoreColumnName = "Score",
        string probabilityColumnName = "Probability",
        string outputColumnName = "PredictedLabel",
        string sentence1ColumnName = "Sentence1",
        string? sentence2ColumnName = null,
        int batchSize = TrainerDefaults.BatchSize,
        int? maxEpochs = null,
        IDataView? validationSet = null,
        string? modelPath = null,
        RetNetModelFamily family = RetNetModelFamily.RetNet,
        int width = TrainerDefaults.Width,
        int layers = TrainerDefaults.Layers,
        int heads = TrainerDefaults.Heads,
        int contextLength = 0,
        double? learningRate = null,
        int? seed = null,
        int? gpuDeviceId = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default,
        string? exampleWeightColumnName = null) => catalog.RetNetTextClassification(new RetNetBinaryTrainer.Options
        {
            LabelColumnName = labelColumnName,
            ScoreColumnName = scoreColumnName,
            ProbabilityColumnName = probabilityColumnName,
            PredictionColumnName = outputColumnName,
            Sentence1ColumnName = sentence1ColumnName,
            Sentence2ColumnName = sentence2ColumnName,
            BatchSize = batchSize,
            MaxEpoch = maxEpochs,
            ValidationSet = validationSet,
            ModelPath = modelPath,
            Family = family,
            Width = width,
            Layers = layers,
            Heads = heads,
            ContextLength = contextLength,
            LearningRate = learningRate,
            Seed = seed,
            GpuDeviceId = gpuDeviceId,
            Progress = progress,
            CancellationToken = cancellationToken,
            ExampleWeightColumnName = exampleWeightColumnName,
        });

    /// <summary>Answers yes or no to texts or pairs of texts.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">All options.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A value is missing or out of range; the message names the option.</exception>
    public static RetNetBinaryTrainer RetNetTextClassification(
        this BinaryClassificationCatalog.BinaryClassificationTrainers catalog, RetNetBinaryTrainer.Options options) =>
        new(catalog.Environment(), options);

    /// <summary>Gives a number to a pair of texts, such as how similar they are.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label column, a <see cref="float"/>.</param>
    /// <param name="scoreColumnName">The column of numbers to add.</param>
    /// <param name="sentence1ColumnName">The first text column.</param>
    /// <param name="sentence2ColumnName">The second text column.</param>
    /// <param name="batchSize">The number of rows of a step.</param>
    /// <param name="maxEpochs">Passes through the rows; null for three or more, see
    /// <see cref="RetNetTrainerOptions.MaxEpoch"/>.</param>
    /// <param name="validationSet">Rows with the same columns, which choose the best epoch; null for the last epoch.</param>
    /// <param name="modelPath">A Hugging Face folder or .gguf file to fine-tune; null to train from scratch.</param>
    /// <param name="family">From scratch: the architecture.</param>
    /// <param name="width">From scratch: the width of the hidden states.</param>
    /// <param name="layers">From scratch: the number of blocks.</param>
    /// <param name="heads">From scratch: the number of heads of a block.</param>
    /// <param name="contextLength">How many tokens of a row are read; 0 for all.</param>
    /// <param name="learningRate">The highest learning rate; null for 3e-3 from scratch and 1e-4 for fine-tuning.</param>
    /// <param name="seed">The seed of weights, order and dropout; null for one drawn from the context's seed.</param>
    /// <param name="gpuDeviceId">The GPU to run on; null for that of the context.</param>
    /// <param name="progress">Receives the progress of training; null for the log alone.</param>
    /// <param name="cancellationToken">Ends training.</param>
    /// <param name="exampleWeightColumnName">A column of weights, a <see cref="float"/>; null where all rows count the same.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A value is missing or out of range; the message names the option.</exception>
    public static RetNetRegressionTrainer RetNetSentenceSimilarity(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName = "Label",
        string scoreColumnName = "Score",
        string sentence1ColumnName = "Sentence1",
        string sentence2ColumnName = "Sentence2",
        int batchSize = TrainerDefaults.BatchSize,
        int? maxEpochs = null,
        IDataView? validationSet = null,
        string? modelPath = null,
        RetNetModelFamily family = RetNetModelFamily.RetNet,
        int width = TrainerDefaults.Width,
        int layers = TrainerDefaults.Layers,
        int heads = TrainerDefaults.Heads,
        int contextLength = 0,
        double? learningRate = null,
        int? seed = null,
        int? gpuDeviceId = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default,
        string? exampleWeightColumnName = null) => catalog.RetNetSentenceSimilarity(Options(
            labelColumnName, scoreColumnName, sentence1ColumnName, sentence2ColumnName, batchSize, maxEpochs, validationSet, modelPath,
            family, width, layers, heads, contextLength, learningRate, seed, gpuDeviceId, progress, cancellationToken,
            exampleWeightColumnName));

    /// <summary>Gives a number to a pair of texts, such as how similar they are.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">All options; both text columns are required.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A value is missing or out of range; the message names the option.</exception>
    public static RetNetRegressionTrainer RetNetSentenceSimilarity(
        this RegressionCatalog.RegressionTrainers catalog, RetNetRegressionTrainer.Options options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Sentence2ColumnName is null)
        {
            throw new ArgumentException(
                $"{nameof(options.Sentence2ColumnName)} is missing; expected the name of a column.", nameof(options));
        }

        return new RetNetRegressionTrainer(catalog.Environment(), options);
    }

    /// <summary>Gives a number to a text.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="labelColumnName">The label column, a <see cref="float"/>.</param>
    /// <param name="scoreColumnName">The column of numbers to add.</param>
    /// <param name="sentence1ColumnName">The text column.</param>
    /// <param name="sentence2ColumnName">A second text column, for pairs of texts; null for none.</param>
    /// <param name="batchSize">The number of rows of a step.</param>
    /// <param name="maxEpochs">Passes through the rows; null for three or more, see
    /// <see cref="RetNetTrainerOptions.MaxEpoch"/>.</param>
    /// <param name="validationSet">Rows with the same columns, which choose the best epoch; null for the last epoch.</param>
    /// <param name="modelPath">A Hugging Face folder or .gguf file to fine-tune; null to train from scratch.</param>
    /// <param name="family">From scratch: the architecture.</param>
    /// <param name="width">From scratch: the width of the hidden states.</param>
    /// <param name="layers">From scratch: the number of blocks.</param>
    /// <param name="heads">From scratch: the number of heads of a block.</param>
    /// <param name="contextLength">How many tokens of a row are read; 0 for all.</param>
    /// <param name="learningRate">The highest learning rate; null for 3e-3 from scratch and 1e-4 for fine-tuning.</param>
    /// <param name="seed">The seed of weights, order and dropout; null for one drawn from the context's seed.</param>
    /// <param name="gpuDeviceId">The GPU to run on; null for that of the context.</param>
    /// <param name="progress">Receives the progress of training; null for the log alone.</param>
    /// <param name="cancellationToken">Ends training.</param>
    /// <param name="exampleWeightColumnName">A column of weights, a <see cref="float"/>; null where all rows count the same.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A value is missing or out of range; the message names the option.</exception>
    public static RetNetRegressionTrainer RetNetTextRegression(
        this RegressionCatalog.RegressionTrainers catalog,
        string labelColumnName = "Label",
        string scoreColumnName = "Score",
        string sentence1ColumnName = "Sentence1",
        string? sentence2ColumnName = null,
        int batchSize = TrainerDefaults.BatchSize,
        int? maxEpochs = null,
        IDataView? validationSet = null,
        string? modelPath = null,
        RetNetModelFamily family = RetNetModelFamily.RetNet,
        int width = TrainerDefaults.Width,
        int layers = TrainerDefaults.Layers,
        int heads = TrainerDefaults.Heads,
        int contextLength = 0,
        double? learningRate = null,
        int? seed = null,
        int? gpuDeviceId = null,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default,
        string? exampleWeightColumnName = null) => catalog.RetNetTextRegression(Options(
            labelColumnName, scoreColumnName, sentence1ColumnName, sentence2ColumnName, batchSize, maxEpochs, validationSet, modelPath,
            family, width, layers, heads, contextLength, learningRate, seed, gpuDeviceId, progress, cancellationToken,
            exampleWeightColumnName));

    /// <summary>Gives a number to a text.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">All options.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A value is missing or out of range; the message names the option.</exception>
    public static RetNetRegressionTrainer RetNetTextRegression(
        this RegressionCatalog.RegressionTrainers catalog, RetNetRegressionTrainer.Options options) =>
        new(catalog.Environment(), options);

    private static RetNetRegressionTrainer.Options Options(
        string labelColumnName, string scoreColumnName, string sentence1ColumnName, string? sentence2ColumnName, int batchSize,
        int? maxEpochs, IDataView? validationSet, string? modelPath, RetNetModelFamily family, int width, int layers, int heads,
        int contextLength, double? learningRate, int? seed, int? gpuDeviceId, IProgress<TrainingProgress>? progress,
        CancellationToken cancellationToken, string? exampleWeightColumnName) => new()
        {
            LabelColumnName = labelColumnName,
            ScoreColumnName = scoreColumnName,
            Sentence1ColumnName = sentence1ColumnName,
            Sentence2ColumnName = sentence2ColumnName,
            BatchSize = batchSize,
            MaxEpoch = maxEpochs,
            ValidationSet = validationSet,
            ModelPath = modelPath,
            Family = family,
            Width = width,
            Layers = layers,
            Heads = heads,
            ContextLength = contextLength,
            LearningRate = learningRate,
            Seed = seed,
            GpuDeviceId = gpuDeviceId,
            Progress = progress,
            CancellationToken = cancellationToken,
            ExampleWeightColumnName = exampleWeightColumnName,
        };
}
