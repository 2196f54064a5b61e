using System.Text;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Core.Tokenizers.Training;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Run;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>Trains a model and a head on labelled texts, from scratch or from a checkpoint.</summary>
/// <param name="host">Logs if a model does not fit into the device's memory, and cancels training.</param>
/// <param name="device">The device, which exists. If the model does not fit there, the CPU may replace it.</param>
/// <param name="options">Sizes or checkpoint, and how it is trained.</param>
/// <param name="loss">What the head learns.</param>
/// <param name="seed">Seed of weights, order and dropout.</param>
internal sealed class TextTraining(IHost host, ComputeDevice device, RetNetTrainerOptions options, SequenceLoss loss, int seed)
{
    private const string TrainedName = "trained model";

    /// <summary>Trains.</summary>
    /// <param name="rows">The training rows.</param>
    /// <param name="validation">Rows that choose the best epoch; null for the last epoch.</param>
    /// <param name="outputs">The number of outputs of the head.</param>
    /// <param name="classWeights">The weight of each class; empty for all the same.</param>
    /// <param name="channel">Where progress is logged.</param>
    /// <returns>The trained model, which the caller owns, and its head.</returns>
    public (HeldModel Model, ScoringHead Head) Train(
        LabelledTexts rows, LabelledTexts? validation, int outputs, float[] classWeights, IChannel channel)
    {
        (TrainableModel start, Tokenizer tokenizer, ModelDocuments documents) = options.ModelPath is { } path
            ? Open(path)
            : Create(rows.Texts);
        using TrainableModel model = Device.Move(host, device, options.FallbackToCpu, start);
        ComputeDevice trainedOn = model.Device;
        ScoringHead head = Train(model, tokenizer, rows, validation, outputs, classWeights, channel);
        documents = documents with { Configuration = Encoding.UTF8.GetBytes(model.ConfigurationJson()) };

        // The model leaves its device before the one that scores is loaded there.
        using Checkpoint trained = model.ToCheckpoint(TrainedName);
        HeldModel held = Device.LoadTrained(
            host, trainedOn, LoadOptions, load => new HeldModel(TrainedName, documents, trained.Share(), load));
        return (held, head);
    }

    private ScoringHead Train(
        TrainableModel model, Tokenizer tokenizer, LabelledTexts rows, LabelledTexts? validation, int outputs, float[] classWeights,
        IChannel channel)
    {
        using SequenceHead head = new(model.Width, outputs, seed);
        int separator = TextEncoder.Separator(tokenizer, model.BeginningOfSequenceId, model.EndOfSequenceIds);
        TextEncoder encoder = new(tokenizer, separator, options.ContextLength);
        (float mean, float deviation) = loss == SequenceLoss.SquaredError ? Spread(rows) : (0, 1);
        List<LabelledSequence> sequences = Encode(encoder, rows, mean, deviation);
        List<LabelledSequence> validationSequences = validation is null ? [] : Encode(encoder, validation, mean, deviation);
        channel.Info(MessageSensitivity.None,
            $"Training {model.ParameterCount} parameters on {sequences.Count} rows with {sequences.Sum(row => (long)row.Tokens.Length)} "
                + "tokens.");

        int epochs = Epochs(sequences.Count);
        SequenceTrainer trainer = new(model, head, loss, TrainingOptions(sequences, validationSequences, epochs));
        trainer.Train(sequences, validationSequences, classWeights, new TrainingLog(host, channel, epochs, options.Progress),
            options.CancellationToken);
        return head.ToScoringHead(deviation, mean);
    }

    private List<LabelledSequence> Encode(TextEncoder encoder, LabelledTexts rows, float mean, float deviation) =>
    [
        .. host.WhileAlive(rows.Texts)
            .Select((texts, i) => new LabelledSequence(encoder.Encode(texts), (rows.Targets[i] - mean) / deviation)
            {
                Weight = rows.Weights[i],
            }),
    ];

    private static (float Mean, float Deviation) Spread(LabelledTexts rows)
    {
        double mean = rows.Mean(target => target);
        double deviation = Math.Sqrt(rows.Mean(target => Math.Pow(target - mean, 2)));
        return ((float)mean, deviation > 0 ? (float)deviation : 1);
    }

    private (TrainableModel Model, Tokenizer Tokenizer, ModelDocuments Documents) Open(string path)
    {
        using Checkpoint checkpoint = Checkpoint.Open(path);
        ModelDocuments documents = ModelDocuments.Read(path);
        TrainableModel model = TrainableModel.Load(checkpoint, options.Threads);
        try
        {
            options.CheckModel(model);
            return (model, TextModel.ReadTokenizer(HeldModel.NameOf(path), documents, model), documents);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private (TrainableModel Model, Tokenizer Tokenizer, ModelDocuments Documents) Create(IEnumerable<string[]> texts)
    {
        BytePairTrainerOptions vocabulary = new() { VocabularySize = options.VocabularySize, AddPrefixSpace = true };
        TrainedTokenizer tokenizer = BytePairTrainer.Train(
            host.WhileAlive(texts.SelectMany(row => row)), vocabulary, options.CancellationToken);
        ModelDocuments documents = new()
        {
            Configuration = default,
            Tokenizer = tokenizer.TokenizerJson,
            TokenizerConfiguration = tokenizer.TokenizerConfigurationJson,
        };
        Tokenizer parsed = Tokenizer.Parse(tokenizer);
        return (NewModel.Create(options, parsed, seed), parsed, documents);
    }

    private ModelLoadOptions LoadOptions => new() { Threads = options.Threads };

    private int StepsPerEpoch(int rows) => (rows + options.BatchSize - 1) / options.BatchSize;

    // A new model needs some steps to learn anything, even from few rows.
    private int Epochs(int rows)
    {
        int enough = options.ModelPath is null ? (TrainerDefaults.Steps + StepsPerEpoch(rows) - 1) / StepsPerEpoch(rows) : 0;
        return options.MaxEpoch ?? Math.Max(TrainerDefaults.Epochs, enough);
    }

    private TrainingOptions TrainingOptions(List<LabelledSequence> sequences, List<LabelledSequence> validation, int epochs)
    {
        bool fromScratch = options.ModelPath is null;
        return new TrainingOptions
        {
            BatchSize = options.BatchSize,
            ContextLength = sequences.Concat(validation).Max(sequence => sequence.Tokens.Length),
            Epochs = epochs,
            LearningRate = options.LearningRate ?? (fromScratch ? TrainerDefaults.LearningRate : TrainerDefaults.FineTuningLearningRate),
            Schedule = LearningRateDecay.Linear,
            WarmupSteps = (long)(options.WarmupRatio * StepsPerEpoch(sequences.Count) * epochs),
            WeightDecay = options.WeightDecay ?? (fromScratch ? TrainerDefaults.WeightDecay : TrainerDefaults.FineTuningWeightDecay),
            ClipNorm = options.ClipNorm,
            Dropout = options.Dropout ?? (fromScratch ? TrainerDefaults.Dropout : TrainerDefaults.FineTuningDropout),
            LabelSmoothing = loss == SequenceLoss.SquaredError ? 0 : options.LabelSmoothing,
            Seed = seed,
            KeepBest = validation.Count > 0,
        };
    }
}
