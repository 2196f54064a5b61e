using Microsoft.ML;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Run;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>The base of the trainers of text models.</summary>
/// <remarks>
/// The rows are read and turned into tokens once. A text without tokens is trained on as the token that ends a text. The same
/// seed and rows give the same weights, whatever the number of threads; on a GPU, apart from rounding.
/// </remarks>
/// <typeparam name="TTransformer">The result of <c>Fit</c>.</typeparam>
public abstract class RetNetTrainer<TTransformer> : IEstimator<TTransformer>
    where TTransformer : RetNetScoringTransformer
{
    private const string OfValidation = "validation ";
    private protected const string ValidationLabel = OfValidation + "label";

    private readonly IHost _host;
    private readonly RetNetTrainerOptions _options;
    private readonly int _seed;

    private protected RetNetTrainer(IHostEnvironment environment, RetNetTrainerOptions options)
    {
        ArgumentNullException.ThrowIfNull(environment);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _host = environment.Register(GetType().Name);
        _options = options.Copy();
        _seed = options.Seed ?? _host.Rand.Next();
    }

    private protected abstract SequenceLoss Loss { get; }

    /// <summary>Trains a model.</summary>
    /// <param name="input">The training rows.</param>
    /// <returns>The transformer. Dispose it to release the weights.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    /// <exception cref="InvalidOperationException">No row has a label, a label or a weight is out of range, or the requested GPU cannot
    /// be used.</exception>
    /// <exception cref="DeviceMemoryException">During training, the model or a batch does not fit into the GPU's memory; for the model,
    /// only if the CPU may not replace the GPU.</exception>
    /// <exception cref="TrainingException">The loss is no longer a finite number.</exception>
    /// <exception cref="Core.Checkpoints.CheckpointException">The checkpoint to fine-tune is missing, malformed or not
    /// supported.</exception>
    /// <exception cref="OperationCanceledException">Training was cancelled by the options' token or the
    /// <see cref="MLContext"/>.</exception>
    public TTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        DataViewSchema.Column label = input.Schema.Find("label", _options.LabelColumnName);
        int outputs = CountOutputs(label);
        ComputeDevice device = Device.Resolve(_host, _options.GpuDeviceId, _options.FallbackToCpu);
        using IChannel channel = _host.Start("Training");
        LabelledTexts rows = Read(input, "training data", "", channel);
        if (Loss != SequenceLoss.SquaredError && rows.Targets.Distinct().Count() == 1)
        {
            channel.Warning(MessageSensitivity.None, $"All {rows.Targets.Count} rows of the training data have one class in column "
                + $"'{_options.LabelColumnName}'; expected two or more to tell apart.");
        }

        LabelledTexts? validation = _options.ValidationSet is { } set ? ReadValidation(set, label, channel) : null;
        TextTraining training = new(_host, device, _options, Loss, _seed);
        ScorerSettings settings = new()
        {
            TextColumns = [.. _options.TextColumns],
            ScoreColumn = _options.ScoreColumnName,
            ContextLength = _options.ContextLength,
            BatchSize = _options.BatchSize,
            Policy = _options.Policy,
            StateSize = _options.StateSize,
            StateFormat = _options.StateFormat,
            Sinks = _options.Sinks,
        };
        (HeldModel model, ScoringHead head) = training.Train(rows, validation, outputs, Weights(rows, outputs), channel);
        return model.HandTo(held => Create(_host, new TrainedScorer(held, head, settings), settings, label));
    }

    /// <summary>The output schema.</summary>
    /// <param name="inputSchema">The input's shape.</param>
    /// <returns>The input's columns and those that are added.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A column is missing or of the wrong type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        foreach (string column in _options.TextColumns)
            inputSchema.RequireText("sentence", column);
        SchemaShape.Column label = inputSchema.Find("label", _options.LabelColumnName);
        CheckLabel(label);
        if (_options.ExampleWeightColumnName is { } weight)
            inputSchema.Find("weight", weight).RequireSingle("weight");
        return inputSchema.With(OutputColumns(label));
    }

    /// <summary>Creates a function that returns a row's target; NaN if the label is missing.</summary>
    private protected abstract Func<float> ReadLabel(DataViewRow row, DataViewSchema.Column label, string role);

    /// <summary>Checks the label's type and returns the number of the head's outputs.</summary>
    private protected abstract int CountOutputs(DataViewSchema.Column label);

    /// <summary>Checks the label's type.</summary>
    private protected abstract void CheckLabel(SchemaShape.Column label);

    /// <summary>The weight of each class; empty for all the same.</summary>
    private protected abstract float[] Weights(LabelledTexts rows, int outputs);

    private protected abstract SchemaShape.Column[] OutputColumns(SchemaShape.Column label);

    private protected abstract TTransformer Create(IHost host, TrainedScorer scorer, ScorerSettings settings, DataViewSchema.Column label);

    /// <summary>Checks that the validation set's labels mean what the training data's mean.</summary>
    private protected virtual void CheckValidationLabel(DataViewSchema.Column label, DataViewSchema.Column validationLabel) =>
        CountOutputs(validationLabel);

    private LabelledTexts ReadValidation(IDataView set, DataViewSchema.Column label, IChannel channel)
    {
        CheckValidationLabel(label, set.Schema.Find(ValidationLabel, _options.LabelColumnName));
        return Read(set, "validation set", OfValidation, channel);
    }

    private LabelledTexts Read(IDataView data, string name, string of, IChannel channel)
    {
        LabelledTexts rows = LabelledTexts.Read(_host, data, of, _options, ReadLabel);
        if (rows.WithoutLabel > 0)
        {
            channel.Warning(MessageSensitivity.None,
                $"{rows.WithoutLabel} rows of the {name} have no label in column '{_options.LabelColumnName}' and are left out.");
        }

        string found = rows.WithoutLabel == 0 ? "no rows" : "no row with a label";
        return rows.Texts.Count > 0
            ? rows
            : throw new InvalidOperationException(
                $"The {name} has {found}; expected at least one with a label in column '{_options.LabelColumnName}'.");
    }
}
