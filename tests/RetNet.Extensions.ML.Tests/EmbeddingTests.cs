using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.ML.Transforms;

namespace RetNet.Extensions.ML.Tests;

public sealed class EmbeddingTests
{
    private readonly MLContext _context = new(seed: 1);

    [Theory]
    [InlineData(EmbeddingPooling.Mean, true)]
    [InlineData(EmbeddingPooling.LastToken, false)]
    public void Vectors_are_the_pooled_hidden_states_whatever_the_batch(EmbeddingPooling pooling, bool normalize)
    {
        IReadOnlyList<TextRow> rows = Models.Rows(21);
        using RetNetEmbeddingTransformer transformer = Fit(Models.RetNetPath, pooling, normalize);

        List<EmbeddedRow> embedded = _context.Read<EmbeddedRow>(transformer.Transform(_context.Load(rows)));

        SequenceEmbedder embedder = new(Models.RetNet.Model, pooling: pooling, normalize: normalize);
        Assert.Equal(rows.Count, embedded.Count);
        foreach ((TextRow row, EmbeddedRow result) in rows.Zip(embedded))
        {
            Assert.Equal(row.Number, result.Number);
            Assert.Equal(row.Text, result.Text);
            Assert.Equal(row.Values, result.Values);
            Assert.Equal(embedder.Embed([Models.RetNet.Tokenizer.Encode(row.Text!)])[0], result.Features);
        }
    }

    [Fact]
    public void A_prediction_engine_gives_what_a_batch_gives()
    {
        IReadOnlyList<TextRow> rows = Models.Rows(6);
        using RetNetEmbeddingTransformer transformer = Fit(TinyModel.Path);
        List<EmbeddedRow> embedded = _context.Read<EmbeddedRow>(transformer.Transform(_context.Load(rows)));
        using PredictionEngine<TextRow, EmbeddedRow> engine = _context.Model.CreatePredictionEngine<TextRow, EmbeddedRow>(transformer);

        foreach ((TextRow row, EmbeddedRow result) in rows.Zip(embedded))
        {
            EmbeddedRow prediction = engine.Predict(row);
            Assert.Equal(result.Features, prediction.Features);
            Assert.Equal(row.Number, prediction.Number);
        }
    }

    [Fact]
    public void Vectors_have_the_size_of_the_model_before_any_row_is_read()
    {
        using RetNetEmbeddingTransformer transformer = Fit(TinyModel.Path);

        DataViewSchema schema = transformer.GetOutputSchema(_context.Load().Schema);

        VectorDataViewType type = Assert.IsType<VectorDataViewType>(schema["Features"].Type);
        Assert.Equal(TinyModel.Width, type.Size);
        Assert.Equal(NumberDataViewType.Single, type.ItemType);
    }

    [Fact]
    public void A_missing_text_counts_as_an_empty_one()
    {
        using RetNetEmbeddingTransformer transformer = Fit(TinyModel.Path);
        TextRow[] rows = [new() { Text = null }, new() { Text = "" }, new() { Text = "A dog." }];

        List<EmbeddedRow> embedded = _context.Read<EmbeddedRow>(transformer.Transform(_context.Load(rows)));

        Assert.Equal(embedded[0].Features, embedded[1].Features);
        Assert.NotEqual(embedded[0].Features, embedded[2].Features);
        Assert.All(embedded, row => Assert.All(row.Features, value => Assert.True(float.IsFinite(value))));
    }

    [Fact]
    public void A_text_may_be_longer_than_any_context_and_is_cut_where_a_limit_is_set()
    {
        string text = string.Concat(Enumerable.Repeat("The dog ran. ", 400));
        int[] tokens = TinyModel.Text.Tokenizer.Encode(text);
        SequenceEmbedder embedder = new(TinyModel.Text.Model);
        TextRow[] rows = [new() { Text = text }];
        using RetNetEmbeddingTransformer whole = Fit(TinyModel.Path);
        using RetNetEmbeddingTransformer cut = _context.Transforms.Text.RetNetEmbedding(new RetNetEmbeddingEstimator.Options
        {
            OutputColumnName = "Features",
            InputColumnName = "Text",
            ModelPath = TinyModel.Path,
            ContextLength = 10,
        }).Fit(_context.Load());

        Assert.Equal(embedder.Embed([tokens])[0], _context.Read<EmbeddedRow>(whole.Transform(_context.Load(rows)))[0].Features);
        Assert.Equal(embedder.Embed([tokens[..10]])[0], _context.Read<EmbeddedRow>(cut.Transform(_context.Load(rows)))[0].Features);
    }

    [Fact]
    public void The_new_column_may_hide_the_text_that_it_is_made_of()
    {
        using RetNetEmbeddingTransformer transformer = _context.Transforms.Text.RetNetEmbedding("Text", null, TinyModel.Path)
            .Fit(_context.Load());

        IDataView data = transformer.Transform(_context.Load(Models.Rows(3)));

        Assert.IsType<VectorDataViewType>(data.Schema["Text"].Type);
        Assert.Equal(3, data.GetColumn<float[]>("Text").Count(vector => vector.Length == TinyModel.Width));
    }

    private RetNetEmbeddingTransformer Fit(string path, EmbeddingPooling pooling = EmbeddingPooling.Mean, bool normalize = true) =>
        _context.Transforms.Text.RetNetEmbedding("Features", "Text", path, pooling, normalize, batchSize: 8).Fit(_context.Load());
}
