using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Transforms;

namespace RetNet.Extensions.ML.Tests;

/// <summary>ML.NET's own trainers and tools behind embeddings, which read their rows again and again.</summary>
public sealed class PassesTests
{
    private const string Hint = "RetNetEmbeddingTransformer runs its model on the same rows for the 5th time";

    private readonly MLContext _context = new(seed: 1);
    private readonly List<string> _hints = [];

    public PassesTests() => _context.Log += (_, entry) =>
    {
        if (entry.RawMessage.Contains("AppendCacheCheckpoint", StringComparison.Ordinal))
            _hints.Add(entry.RawMessage);
    };

    [Fact]
    public void Rows_that_a_trainer_embeds_again_and_again_are_hinted_at_once()
    {
        CountedView data = new(_context.Reviews(6));

        Classifier(cached: false, rememberedBytes: 0).Fit(data);

        Assert.StartsWith(Hint, Assert.Single(_hints), StringComparison.Ordinal);
        Assert.InRange(data.Rows, 5 * 6, int.MaxValue);
    }

    [Fact]
    public void Rows_that_a_trainer_reads_again_and_again_need_no_hint_while_their_vectors_are_remembered()
    {
        CountedView data = new(_context.Reviews(6));

        Classifier(cached: false).Fit(data);

        Assert.Empty(_hints);
        Assert.InRange(data.Rows, 5 * 6, int.MaxValue);
    }

    [Fact]
    public void A_view_reads_a_text_once_and_gives_its_vector_again_without_the_model()
    {
        RetNetEmbeddingTransformer transformer = Embedding().Fit(_context.Load());
        IDataView view = transformer.Transform(_context.Load(Models.Rows(20)));
        float[][] first = [.. view.GetColumn<float[]>("Features")];
        float[][] other = [.. transformer.Transform(_context.Load(Models.Rows(20))).GetColumn<float[]>("Features")];

        transformer.Dispose();

        Assert.Equal(other, first);
        Assert.Equal(first, view.GetColumn<float[]>("Features"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_view_remembers_no_more_than_it_may(long rememberedBytes)
    {
        RetNetEmbeddingTransformer transformer = Embedding(rememberedBytes).Fit(_context.Load());
        IDataView view = transformer.Transform(_context.Load(Models.Rows(3)));
        float[][] first = [.. view.GetColumn<float[]>("Features")];
        Assert.Equal(first, view.GetColumn<float[]>("Features"));

        transformer.Dispose();

        Assert.Throws<ObjectDisposedException>(() => view.GetColumn<float[]>("Features").ToArray());
    }

    [Fact]
    public void Less_than_no_memory_is_refused()
    {
        ArgumentException exception = Assert.Throws<ArgumentException>(() => Embedding(-1));

        Assert.Contains("RememberedBytes is -1", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_that_are_kept_are_embedded_once()
    {
        CountedView data = new(_context.Reviews(6));

        ITransformer model = Classifier(cached: true).Fit(data);

        // The keys of the labels are read in a pass of their own.
        Assert.Equal(2 * 6, data.Rows);
        for (int i = 0; i < 3; i++)
            _context.MulticlassClassification.Evaluate(model.Transform(data));
        Assert.Empty(_hints);
    }

    [Fact]
    public void Passes_that_need_no_embedding_do_not_count()
    {
        IDataView embedded = _context.Transforms.Text.RetNetEmbedding("Features", "Text", TinyModel.Path)
            .Fit(_context.Load()).Transform(_context.Load(Models.Rows(3)));

        for (int i = 0; i < 10; i++)
            Assert.Equal(3, embedded.GetColumn<float>("Number").Count());

        Assert.Empty(_hints);
    }

    [Fact]
    public void The_importance_of_an_embeddings_dimensions_is_told_by_their_numbers()
    {
        IDataView data = _context.Reviews(12);
        IDataView embedded = _context.Data.Cache(
            _context.Transforms.Text.RetNetEmbedding("Features", "Sentence1", TinyModel.Path).Fit(data).Transform(data));
        ITransformer model = _context.Regression.Trainers.Sdca("Stars", maximumNumberOfIterations: 3).Fit(embedded);

        IReadOnlyDictionary<string, RegressionMetricsStatistics> importance =
            _context.Regression.PermutationFeatureImportance(model, embedded, "Stars");

        Assert.Equal(Enumerable.Range(0, TinyModel.Width).Select(slot => $"{slot}"), importance.Keys.Order(StringComparer.Ordinal));
        Assert.Contains(importance.Values, metrics => metrics.RSquared.Mean != 0);
    }

    [Fact]
    public void The_dimensions_of_several_embeddings_are_told_apart()
    {
        IDataView data = _context.Reviews(2);
        IEstimator<ITransformer> pipeline = _context.Transforms.Text.RetNetEmbedding("First", "Sentence1", TinyModel.Path)
            .Append(_context.Transforms.Text.RetNetEmbedding("Second", "Sentence2", TinyModel.Path))
            .Append(_context.Transforms.Concatenate("Features", "First", "Second"));

        VBuffer<ReadOnlyMemory<char>> names = default;
        pipeline.Fit(data).GetOutputSchema(data.Schema)["Features"].GetSlotNames(ref names);

        Assert.Equal(
            Enumerable.Range(0, 2 * TinyModel.Width).Select(i => $"{(i < TinyModel.Width ? "First" : "Second")}.{i % TinyModel.Width}"),
            names.DenseValues().Select(name => name.ToString()));
    }

    private RetNetEmbeddingEstimator Embedding(long? rememberedBytes = null, string column = "Text")
    {
        RetNetEmbeddingEstimator.Options options = new()
        {
            OutputColumnName = "Features",
            InputColumnName = column,
            ModelPath = TinyModel.Path,
        };
        options.RememberedBytes = rememberedBytes ?? options.RememberedBytes;
        return _context.Transforms.Text.RetNetEmbedding(options);
    }

    private EstimatorChain<ITransformer> Classifier(bool cached, long? rememberedBytes = null)
    {
        EstimatorChain<ITransformer> pipeline = new EstimatorChain<ITransformer>()
            .Append(_context.Transforms.Conversion.MapValueToKey("Label", "Kind"))
            .Append<ITransformer>(Embedding(rememberedBytes, "Sentence1"));
        return (cached ? pipeline.AppendCacheCheckpoint(_context) : pipeline)
            .Append<ITransformer>(_context.MulticlassClassification.Trainers.SdcaMaximumEntropy(maximumNumberOfIterations: 20));
    }
}
