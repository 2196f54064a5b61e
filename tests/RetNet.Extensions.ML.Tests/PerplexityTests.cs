using Microsoft.ML;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.ML.Transforms;

namespace RetNet.Extensions.ML.Tests;

public sealed class PerplexityTests
{
    private readonly MLContext _context = new(seed: 1);

    [Fact]
    public void A_score_is_the_mean_surprise_of_the_tokens()
    {
        IReadOnlyList<TextRow> rows = Models.Rows(5);
        int start = Models.RetNet.Tokenizer.BeginningOfSequenceId ?? Models.RetNet.Model.Info.BeginningOfSequenceId!.Value;
        int[][] tokens = [.. rows.Select(row => (int[])[start, .. Models.RetNet.Tokenizer.Encode(row.Text!, addSpecialTokens: false)])];
        double[] nats =
            [.. tokens.Select(sequence => new SequenceLikelihood(Models.RetNet.Model).Score([sequence])[0] / (sequence.Length - 1))];

        Assert.Equal(nats.Select(mean => (float)mean), Score(rows, PerplexityMeasure.MeanNegativeLogLikelihood));
        Assert.Equal(nats.Select(mean => (float)Math.Exp(mean)), Score(rows, PerplexityMeasure.Perplexity));
    }

    [Fact]
    public void Nonsense_surprises_more_than_a_story_and_an_empty_text_is_missing()
    {
        TextRow[] rows = [new() { Text = "Once upon a time there was a little girl." },
            new() { Text = "girl zebra quantum the of upon tax." }, new() { Text = "" }, new()];

        float[] scores = Score(rows, PerplexityMeasure.Perplexity);

        Assert.True(scores[0] < scores[1]);
        Assert.True(float.IsNaN(scores[2]));
        Assert.True(float.IsNaN(scores[3]));
    }

    private float[] Score(IEnumerable<TextRow> rows, PerplexityMeasure measure)
    {
        IDataView data = _context.Load(rows);
        using RetNetPerplexityTransformer transformer = _context.Transforms.Text.RetNetPerplexity("Surprise", "Text", Models.RetNetPath,
            measure).Fit(data);
        return [.. _context.Read<SurprisedRow>(transformer.Transform(data)).Select(row => row.Surprise)];
    }
}
