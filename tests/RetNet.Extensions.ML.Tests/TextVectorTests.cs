using Microsoft.ML;
using Microsoft.ML.Data;

namespace RetNet.Extensions.ML.Tests;

/// <summary>Vectors of texts beside the text, and data without rows.</summary>
public sealed class TextVectorTests
{
    private readonly MLContext _context = new(seed: 1);

    [Theory]
    [InlineData(0)]
    [InlineData(6)]
    public void Vectors_of_texts_go_through(int rows)
    {
        IDataView data = _context.Data.LoadFromEnumerable(Rows(rows));
        IDataView scored = All().Fit(data).Transform(data);

        List<ScoredRow> read = _context.Read<ScoredRow>(scored);

        Assert.Equal(Rows(rows).Select(row => row.Words), read.Select(row => row.Words));
        Assert.Equal(Rows(rows).Select(row => row.Pair), read.Select(row => row.Pair));
        Assert.Equal(rows, scored.GetColumn<string[]>("Words").Count());
        Assert.Equal(rows, scored.Preview().RowView.Length);
        Assert.Equal(rows, _context.Data.Cache(scored).GetColumn<float[]>("Features").Count());
        Assert.Equal(rows, _context.Data.ShuffleRows(scored).GetColumn<string>("Story").Count());
        Assert.Equal(rows, scored.GetRowCursorSet(scored.Schema, 3).Sum(Count));
        using MemoryStream stream = new();
        _context.Data.SaveAsBinary(scored, stream);
        Assert.NotEqual(0, stream.Length);
    }

    [Fact]
    public void A_vector_of_texts_is_not_a_text()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Rows(0));

        Assert.Contains("'Words': expected String, got Vector<String>", Assert.Throws<ArgumentOutOfRangeException>(
            () => _context.Transforms.Text.RetNetEmbedding("Features", "Words", TinyModel.Path).Fit(data)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_trainer_without_rows_says_so()
    {
        IDataView data = _context.Reviews(0);

        Assert.Contains("has no rows", Assert.Throws<InvalidOperationException>(
            () => _context.Regression.Trainers.RetNetTextRegression("Stars").Fit(data)).Message, StringComparison.Ordinal);
        Assert.Contains("label column 'Label'", Assert.Throws<ArgumentOutOfRangeException>(
            () => _context.Pipeline().Fit(data)).Message, StringComparison.Ordinal);
    }

    private static int Count(DataViewRowCursor cursor)
    {
        using (cursor)
        {
            int rows = 0;
            while (cursor.MoveNext())
                rows++;
            return rows;
        }
    }

    private EstimatorChain<ITransformer> All()
    {
        TransformsCatalog.TextTransforms text = _context.Transforms.Text;
        return new EstimatorChain<ITransformer>()
            .Append(text.RetNetEmbedding("Features", "Text", TinyModel.Path))
            .Append(text.RetNetPerplexity("Surprise", "Text", TinyModel.Path))
            .Append<ITransformer>(text.RetNetGenerate("Story", "Text", TinyModel.Path, maxTokens: 2));
    }

    private static IEnumerable<VectorRow> Rows(int count) => Enumerable.Range(0, count).Select(i => new VectorRow
    {
        Text = $"Text {i}.",
        Words = [.. Enumerable.Range(0, i).Select(word => $"word {word}")],
        Pair = [$"{i}", ""],
    });

    private class VectorRow
    {
        public string? Text { get; set; }

        public string[] Words { get; set; } = [];

        [VectorType(2)]
        public string[] Pair { get; set; } = ["", ""];
    }

    private sealed class ScoredRow : VectorRow
    {
        public float Surprise { get; set; }

        public string? Story { get; set; }
    }
}
