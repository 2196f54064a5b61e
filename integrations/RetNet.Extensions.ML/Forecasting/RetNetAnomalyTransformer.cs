using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Schema;
using RetNet.Extensions.ML.Series;

namespace RetNet.Extensions.ML.Forecasting;

/// <summary>Adds to each row how improbable its value was before it was seen.</summary>
/// <remarks>
/// <para>The column is a vector of three <see cref="double"/> as that of ML.NET's spike detectors: <c>Alert</c>, 1 or 0; <c>Raw Score</c>,
/// the value minus the point forecast of it; <c>P-Value Score</c>, the probability of a value at least as far out, by the predicted
/// quantiles. There is an alert where it is below 1 − confidence. Where both sides count it is that of both tails, so that the share of
/// false alerts is the same for every side.</para>
/// <para>A missing value, and a value with none before it, have no alert and NaN scores. In a series that never changed, another value has
/// the probability 1 / (n + 1) after n values.</para>
/// </remarks>
public sealed class RetNetAnomalyTransformer : RetNetSeriesTransformer, ISavedTransformer
{
    internal const string LoaderName = "RetNetAnomaly";

    private static readonly ArchiveFormat SavedAs = new("RETNANOM", LoaderName);
    private static readonly ReadOnlyMemory<char>[] Slots = ["Alert".AsMemory(), "Raw Score".AsMemory(), "P-Value Score".AsMemory()];

    private readonly RetNetAnomalyEstimator.Options _options;

    internal RetNetAnomalyTransformer(IHost host, HeldForecaster model, RetNetAnomalyEstimator.Options options, KnownSeries series)
        : base(host, model, options, series) => _options = options;

    static ArchiveFormat ISavedTransformer.Format => SavedAs;

    private protected override ArchiveFormat Format => SavedAs;

    internal override SeriesMapper CreateMapper(DataViewSchema input)
    {
        DataViewSchema.Annotations.Builder names = new();
        names.Add(ColumnKinds.SlotNames, new VectorDataViewType(TextDataViewType.Instance, Slots.Length), VectorValues.Getter(Slots));
        DataViewSchema.DetachedColumn column = new(
            _options.OutputColumnName, new VectorDataViewType(NumberDataViewType.Double, Slots.Length), names.ToAnnotations());
        return new SeriesMapper(input, SeriesColumns.Bind(input, _options), [column], () => new AnomalyStep(_options));
    }

    private protected override RetNetSeriesTransformer With(KnownSeries series) =>
        new RetNetAnomalyTransformer(Host, Model, _options, series);

    private protected override ArchiveWriter WriteSettings(ArchiveWriter archive) => archive.AddSettings(_options);

    static ITransformer ISavedTransformer.Load(IHost host, ArchiveReader archive) =>
        SeriesTransformerLoader.Load<RetNetAnomalyEstimator.Options>(host, archive,
            (model, options, series) => new RetNetAnomalyTransformer(host, model, options, series));
}
