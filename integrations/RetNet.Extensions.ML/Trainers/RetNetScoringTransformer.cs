using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core.Models;
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

    private protected abstract VersionInfo LoaderVersion { get; }

    private protected sealed override TextRowMapper CreateMapper(DataViewSchema input) =>
        TextRowMapper.Create(input, Settings.TextColumns, CreateColumns(), _scorer.Score);

    private protected sealed override void Save(ModelSaveContext context) =>
        new ArchiveWriter(context, LoaderVersion).AddSettings(Settings).AddModel(Model).Add(ArchiveNames.Head, _scorer.Head.Write).Save();

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
        IHostEnvironment environment, ModelLoadContext context, VersionInfo version,
        Func<IHost, TrainedScorer, ScorerSettings, RetNetScoringTransformer> create)
    {
        IHost host = environment.Register(version.LoaderSignature);
        ArchiveReader archive = new(context, version);
        ScorerSettings settings = archive.ReadSettings<ScorerSettings>();
        settings.Validate();
        return Device.Load(host, gpuDeviceId: null, fallbackToCpu: null, new ModelLoadOptions(), archive.ReadModel).HandTo(model =>
        {
            settings.CheckModel(model);
            ScoringHead head = archive.Read(
                ArchiveNames.Head, stream => ScoringHead.Read(stream, settings.Labels?.Count ?? 1, model.Text.Model.Info.Width));
            return create(host, new TrainedScorer(model, head, settings), settings);
        });
    }
}
