using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Rows;
using RetNet.Extensions.ML.Transforms;

[assembly: LoadableClass(typeof(ITransformer), typeof(RetNetEmbeddingTransformer), null, typeof(SignatureLoadModel), "",
    RetNetEmbeddingTransformer.LoaderSignature)]

namespace RetNet.Extensions.ML.Transforms;

/// <summary>Adds the embedding of a text column: a vector of the model's width.</summary>
/// <remarks>A text without tokens becomes the embedding of the token that begins or ends a text, or zeros where the model has
/// none.</remarks>
public sealed class RetNetEmbeddingTransformer : RetNetTransformer
{
    internal const string LoaderSignature = "RetNetEmbedding";

    private readonly RetNetEmbeddingEstimator.Options _options;
    private readonly SequenceEmbedder _embedder;

    internal RetNetEmbeddingTransformer(IHost host, HeldModel model, RetNetEmbeddingEstimator.Options options)
        : base(host, model, options.BatchSize)
    {
        _options = options;
        _embedder = new SequenceEmbedder(model.Text.Model, options.StateOptions, options.Pooling, options.Normalize);
    }

    private static VersionInfo LoaderVersion => Version("RETNEMBD", LoaderSignature);

    private protected override TextRowMapper CreateMapper(DataViewSchema input)
    {
        VectorDataViewType type = new(NumberDataViewType.Single, Model.Text.Model.Info.Width);
        OutputColumn<float[]> vector = new OutputColumn<float[], VBuffer<float>>(_options.OutputColumnName, type, VectorValues.Write);
        return TextRowMapper.Create(input, [_options.InputColumn], [vector], Embed);
    }

    private protected override void Save(ModelSaveContext context) =>
        new ArchiveWriter(context, LoaderVersion).AddSettings(_options).AddModel(Model).Save();

    private static ITransformer Create(IHostEnvironment env, ModelLoadContext ctx) =>
        TextTransformerLoader.Load<RetNetEmbeddingEstimator.Options>(env, ctx, LoaderVersion,
            (host, model, options) => new RetNetEmbeddingTransformer(host, model, options));

    private float[][] Embed(IReadOnlyList<string[]> rows) =>
        _embedder.Embed([.. rows.Select(texts => Encode(texts[0]))]);

    private int[] Encode(string text)
    {
        int[] tokens = Model.Text.EncodePrompt(text);
        return _options.ContextLength is > 0 and int most && tokens.Length > most ? tokens[..most] : tokens;
    }
}
