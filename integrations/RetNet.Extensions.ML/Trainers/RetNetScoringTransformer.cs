using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Rows;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>The base of the transformers of trained text models.</summary>
public abstract class RetNetScoringTransformer : RetNetTransformer
{
    private readonly TrainedScorer _scorer;

    private protected RetNetScoringTransformer(IHost host, TrainedScorer scorer, ScorerSettings settings)
        : base(host, scorer.Model, settings.BatchSize) => (_scorer, Settings) = (scorer, settings);

    private protected ScorerSettings Settings { get; }

    private protected sealed override TextRowMapper CreateMapper(DataViewSchema input) =>
        TextRowMapper.Create(Host, input, Settings.TextColumns, CreateColumns(), _scorer.Score);

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
