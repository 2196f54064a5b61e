using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Onnx;
using RetNet.Extensions.ML.Rows;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>The base of the transformers of trained text models.</summary>
public abstract class RetNetScoringTransformer : RetNetTransformer
{
    // A step of training may have few rows, but as many as this are read ahead: threads are woken once for all of them.
    private const int LeastRowsAhead = 64;

    private readonly TrainedScorer _scorer;

    private protected RetNetScoringTransformer(IHost host, TrainedScorer scorer, ScorerSettings settings)
        : base(host, scorer.Model, Math.Max(settings.BatchSize, LeastRowsAhead)) => (_scorer, Settings) = (scorer, settings);

    private protected ScorerSettings Settings { get; }

    /// <summary>Whether the scores are the softmax of the head's outputs.</summary>
    private protected virtual bool ScoresAreProbabilities => false;

    /// <summary>Writes the trained RetNet in its recurrent form as an ONNX file (opset 17), for programs without this library.</summary>
    /// <remarks>
    /// The graph begins with tokens, because ONNX has no operators for a model's tokenizer. Its input <c>tokens</c> (int64,
    /// <c>[tokens]</c>) is what the tokenizer makes of a text, one token or more, cut off where the context length of the options is
    /// reached; its output <c>score</c> (float32) has the values of the score column, up to rounding. Weights are written in float32.
    /// </remarks>
    /// <param name="stream">Receives the file.</param>
    /// <exception cref="InvalidOperationException">The model is no RetNet, or its weights exceed 2 GiB.</exception>
    /// <exception cref="CheckpointException">The files of the weights have changed.</exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    public void ExportOnnx(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using Checkpoint weights = Model.ShareWeights();
        RetNetGraph.Of(weights).Score(_scorer.Head, ScoresAreProbabilities).WriteTo(stream);
    }

    private protected sealed override RowMapper CreateMapper(DataViewSchema input) =>
        RowMapper.OfVectors(Host, input, Settings.TextColumns, CreateColumns(), _scorer.Score, RememberedVectors.DefaultBytes);

    private protected sealed override void Write(ArchiveWriter archive) =>
        Model.Write(archive.AddSettings(Settings)).Add(ArchiveNames.Head, _scorer.Head.Write);

    /// <summary>The columns to add, each from the head's outputs for a row.</summary>
    private protected abstract IReadOnlyList<OutputColumn<float[]>> CreateColumns();

    /// <summary>Annotations that tell evaluators what a column is.</summary>
    private protected static DataViewSchema.Annotations.Builder Annotations(string scoreKind, string valueKind)
    {
        DataViewSchema.Annotations.Builder annotations = new();
        annotations.Add(ColumnKinds.ScoreColumnKind, TextDataViewType.Instance,
            (ref ReadOnlyMemory<char> value) => value = scoreKind.AsMemory());
        annotations.Add(ColumnKinds.ScoreValueKind, TextDataViewType.Instance,
            (ref ReadOnlyMemory<char> value) => value = valueKind.AsMemory());
        return annotations;
    }

    /// <summary>Reads a saved transformer.</summary>
    private protected static ITransformer Load(
        IHost host, ArchiveReader archive, Func<TrainedScorer, ScorerSettings, RetNetScoringTransformer> create)
    {
        ScorerSettings settings = archive.ReadSettings<ScorerSettings>();
        settings.Validate();
        HeldModel read = Device.Load(
            host, gpuDeviceId: null, fallbackToCpu: null, new ModelLoadOptions(), options => HeldModel.Read(archive, options));
        return read.HandTo(model =>
        {
            settings.CheckModel(model);
            ScoringHead head = archive.Read(ArchiveNames.Head, stream => ScoringHead.Read(stream, ArchiveNames.Head));
            (int outputs, int width) = (settings.Labels?.Count ?? 1, model.Text.Model.Info.Width);
            if (head.Outputs != outputs || head.Width != width)
            {
                throw new FormatException($"The model archive is damaged: '{ArchiveNames.Head}' has weights [{head.Outputs} × "
                    + $"{head.Width}]; expected [{outputs} × {width}].");
            }

            return create(new TrainedScorer(model, head, settings), settings);
        });
    }
}
