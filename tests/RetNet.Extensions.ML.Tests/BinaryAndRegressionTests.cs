using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Trainers;

namespace RetNet.Extensions.ML.Tests;

public sealed class BinaryAndRegressionTests
{
    private readonly MLContext _context = new(seed: 1);

    [Fact]
    public void Yes_or_no_is_learned_evaluated_saved_and_loaded()
    {
        IDataView data = _context.Reviews();
        RetNetBinaryTrainer.Options options = new RetNetBinaryTrainer.Options { LabelColumnName = "Liked", BalanceClasses = true }.Tiny();
        using RetNetBinaryTransformer model = _context.BinaryClassification.Trainers.RetNetTextClassification(options).Fit(data);
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, model, data.Schema);

        IDataView scored = file.Load(_context).Transform(data);

        Assert.Equal(LoaderProgram.Values(model.Transform(data), "Score"), LoaderProgram.Values(scored, "Score"));
        CalibratedBinaryClassificationMetrics metrics = _context.BinaryClassification.Evaluate(scored, "Liked");
        Assert.Equal(1, metrics.Accuracy);
        Assert.All(_context.Read<JudgedReview>(scored), row =>
        {
            Assert.Equal(row.Liked, row.PredictedLabel);
            Assert.Equal(row.Score > 0, row.PredictedLabel);
            Assert.Equal(1 / (1 + Math.Exp(-row.Score)), row.Probability, 1e-6);
        });
    }

    [Fact]
    public void Numbers_of_any_scale_are_learned_evaluated_saved_and_loaded()
    {
        IDataView data = _context.Reviews();
        RetNetRegressionTrainer.Options options = new RetNetRegressionTrainer.Options
        {
            LabelColumnName = "Stars",
            Sentence2ColumnName = "Sentence2"
        }.Tiny();
        using RetNetRegressionTransformer model = _context.Regression.Trainers.RetNetSentenceSimilarity(options).Fit(data);
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, model, data.Schema);

        IDataView scored = file.Load(_context).Transform(data);

        Assert.Equal(LoaderProgram.Values(model.Transform(data), "Score"), LoaderProgram.Values(scored, "Score"));
        Assert.InRange(_context.Regression.Evaluate(scored, "Stars").RSquared, 0.8, 1);
    }

    [Fact]
    public void One_text_is_enough_for_a_number()
    {
        IDataView data = _context.Reviews(10);
        RetNetRegressionTrainer.Options options = new RetNetRegressionTrainer.Options
        {
            LabelColumnName = "Stars",
            ContextLength = 3,
            MaxEpoch = 1
        }.Tiny();

        using RetNetRegressionTransformer model = _context.Regression.Trainers.RetNetTextRegression(options).Fit(data);

        Assert.Equal(10, model.Transform(data).GetColumn<float>("Score").Count(float.IsFinite));
    }

    [Fact]
    public void Numbers_whose_scores_could_be_infinite_are_refused_and_the_largest_others_have_finite_scores()
    {
        RetNetRegressionTrainer.Options options = new RetNetRegressionTrainer.Options { LabelColumnName = "Stars" }.Tiny();
        RetNetRegressionTrainer trainer = _context.Regression.Trainers.RetNetTextRegression(options);
        IDataView Data(float largest) => _context.Data.LoadFromEnumerable(Review.Rows(10).Select((row, i) =>
        {
            row.Stars = i % 2 == 0 ? largest : -largest;
            return row;
        }));
        IDataView data = Data(1e30f);

        using RetNetRegressionTransformer model = trainer.Fit(data);

        Assert.All(model.Transform(data).GetColumn<float>("Score"), score => Assert.True(float.IsFinite(score), $"{score}"));
        Assert.Equal("Label column 'Stars', row 0: the label is 3E+38; expected a number from -1E+30 to 1E+30.",
            Assert.Throws<InvalidOperationException>(() => trainer.Fit(Data(3e38f))).Message);
    }

    [Fact]
    public void Folds_are_cross_validated()
    {
        IDataView data = _context.Reviews();
        RetNetBinaryTrainer.Options binary = new RetNetBinaryTrainer.Options { LabelColumnName = "Liked" }.Tiny();
        RetNetRegressionTrainer.Options regression = new RetNetRegressionTrainer.Options { LabelColumnName = "Stars" }.Tiny();

        IReadOnlyList<TrainCatalogBase.CrossValidationResult<CalibratedBinaryClassificationMetrics>> judged =
            _context.BinaryClassification.CrossValidate(
                data, _context.BinaryClassification.Trainers.RetNetTextClassification(binary), 2, "Liked");
        IReadOnlyList<TrainCatalogBase.CrossValidationResult<RegressionMetrics>> rated = _context.Regression.CrossValidate(data,
            _context.Regression.Trainers.RetNetTextRegression(regression), 2, "Stars");

        Assert.Equal(2, judged.Count);
        Assert.All(judged, fold => Assert.InRange(fold.Metrics.Accuracy, 0.6, 1));
        Assert.Equal(2, rated.Count);
        Assert.All(rated, fold => Assert.True(double.IsFinite(fold.Metrics.RSquared)));
    }

    [Fact]
    public void The_short_overloads_reach_training()
    {
        IDataView data = _context.Reviews(20);
        int steps = 0;
        RegressionCatalog.RegressionTrainers trainers = _context.Regression.Trainers;

        trainers.RetNetTextRegression(
            "Stars", "Guess", "Sentence1", "Sentence2", batchSize: 10, maxEpochs: 2, family: RetNetModelFamily.Llama, width: 8, layers: 2,
            heads: 2, contextLength: 6,
            learningRate: 0.01, seed: 3, progress: new StepReport(() => steps++)).Fit(data).Dispose();

        Assert.Equal(4, steps);
        Assert.Throws<InvalidOperationException>(() => trainers.RetNetSentenceSimilarity("Stars", gpuDeviceId: 1).Fit(data));
        Assert.ThrowsAny<OperationCanceledException>(() =>
            _context.BinaryClassification.Trainers.RetNetTextClassification("Liked",
                cancellationToken: new CancellationToken(canceled: true)).Fit(data));
    }

    [Fact]
    public void Columns_that_clash_are_named()
    {
        BinaryClassificationCatalog.BinaryClassificationTrainers trainers = _context.BinaryClassification.Trainers;

        Assert.Contains(
            "ProbabilityColumnName is 'Score', and so is ScoreColumnName",
            Assert.Throws<ArgumentException>(
                () => trainers.RetNetTextClassification(probabilityColumnName: "Score")).Message, StringComparison.Ordinal);
        Assert.Contains(
            "PredictionColumnName is 'Label', and so is LabelColumnName",
            Assert.Throws<ArgumentException>(
                () => trainers.RetNetTextClassification(outputColumnName: "Label")).Message, StringComparison.Ordinal);
        Assert.Contains(
            "ScoreColumnName is missing",
            Assert.Throws<ArgumentException>(
                () => trainers.RetNetTextClassification(scoreColumnName: "")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Labels_of_another_type_are_named()
    {
        IDataView data = _context.Reviews(5);

        Assert.Contains(
            "'Stars': expected Boolean, got Single",
            Assert.Throws<ArgumentOutOfRangeException>(
                () => _context.BinaryClassification.Trainers.RetNetTextClassification("Stars")
                    .Fit(data)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "'Liked': expected Single, got Boolean",
            Assert.Throws<ArgumentOutOfRangeException>(
                () => _context.Regression.Trainers.RetNetTextRegression("Liked").Fit(data)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "Sentence2ColumnName is missing",
            Assert.Throws<ArgumentException>(
                () => _context.Regression.Trainers.RetNetSentenceSimilarity(
                    new RetNetRegressionTrainer.Options())).Message, StringComparison.Ordinal);
    }
}
