using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Rows;

namespace RetNet.Extensions.ML.Transforms;

/// <summary>Adds a measure of how surprising a text is to the model: its perplexity, or the mean negative log-likelihood of its
/// tokens.</summary>
/// <remarks>
/// The token that begins a text is put before it, as by <c>retnet perplexity</c>; a model without such a token does not score the first
/// token. A text without a token to score becomes NaN, ML.NET's missing value.
/// </remarks>
public sealed class RetNetPerplexityTransformer : RetNetTransformer, ISavedTransformer
{
    internal const string LoaderName = "RetNetPerplexity";

    private static readonly ArchiveFormat SavedAs = new("RETNPERP", LoaderName);

    private readonly RetNetPerplexityEstimator.Options _options;
    private readonly SequenceLikelihood _likelihood;

    internal RetNetPerplexityTransformer(IHost host, HeldModel model, RetNetPerplexityEstimator.Options options)
        : base(host, model, options.BatchSize)
    {
        _options = options;
        _likelihood = new SequenceLikelihood(model.Text.Model, options.StateOptions);
    }

    static ArchiveFormat ISavedTransformer.Format => SavedAs;

    private protected override ArchiveFormat Format => SavedAs;

    private protected override RowMapper CreateMapper(DataViewSchema input)
    {
        OutputColumn<float> score = new OutputColumn<float, float>(
            _options.OutputColumnName, NumberDataViewType.Single, (float result, ref float value) => value = result);
        return RowMapper.OfTexts(Host, input, [_options.InputColumn], [score], Score);
    }

    private protected override void Write(ArchiveWriter archive) => Model.Write(archive.AddSettings(_options));

    static ITransformer ISavedTransformer.Load(IHost host, ArchiveReader archive) =>
        TextTransformerLoader.Load<RetNetPerplexityEstimator.Options>(
            host, archive, (model, options) => new RetNetPerplexityTransformer(host, model, options));

    private float[] Score(IReadOnlyList<string[]> rows)
    {
        int[][] sequences = [.. rows.Select(texts => Encode(texts[0]))];
        double[] nats = _likelihood.Score(sequences);
        return [.. nats.Zip(sequences, (sum, tokens) => (float)Measure(sum / (tokens.Length - 1), tokens.Length))];
    }

    private double Measure(double mean, int tokens)
    {
        if (tokens < 2)
            return double.NaN;
        return _options.Measure == PerplexityMeasure.Perplexity ? Math.Exp(mean) : mean;
    }

    private int[] Encode(string text)
    {
        IEnumerable<int> tokens = Model.Text.Tokenizer.Encode(text, addSpecialTokens: false);
        if (_options.ContextLength > 0)
            tokens = tokens.Take(_options.ContextLength);
        return Model.Text.BeginningOfSequenceId is { } start ? [start, .. tokens] : [.. tokens];
    }
}
