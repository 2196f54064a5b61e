using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Forecasting;
using RetNet.Extensions.ML.Tests.Forecasting;
using RetNet.Extensions.ML.Trainers;
using RetNet.Extensions.ML.Transforms;

namespace RetNet.Extensions.ML.Tests;

/// <summary>What <c>MLContext.CancelExecution</c> ends, which hosts such as AutoML call.</summary>
public sealed class CancelledContextTests
{
    private readonly MLContext _context = new(seed: 1);

    [Fact]
    public void Training_ends_with_the_step()
    {
        int steps = 0;
        RetNetMulticlassTrainer.Options options = ReviewTrainers.Classifier(options => options.Progress = new StepReport(() =>
        {
            steps++;
            Cancel();
        }));

        Assert.ThrowsAny<OperationCanceledException>(() => _context.Pipeline(options).Fit(_context.Reviews()));
        Assert.Equal(1, steps);
    }

    [Fact]
    public void Reading_ends_with_the_row()
    {
        int rows = 0;
        IDataView data = _context.Data.LoadFromEnumerable(Review.Rows(1000).Select(row =>
        {
            if (++rows == 5)
                Cancel();
            return row;
        }));
        RetNetRegressionTrainer.Options options = new RetNetRegressionTrainer.Options { LabelColumnName = "Stars" }.Tiny();

        Assert.ThrowsAny<OperationCanceledException>(() => _context.Regression.Trainers.RetNetTextRegression(options).Fit(data));
        Assert.InRange(rows, 5, 10);
    }

    [Fact]
    public void Scoring_ends_with_the_batch()
    {
        IDataView data = _context.Load(Models.Rows(100));
        IDataView embedded = _context.Transforms.Text.RetNetEmbedding("Features", "Text", TinyModel.Path).Fit(data).Transform(data);
        int rows = 0;

        Assert.ThrowsAny<OperationCanceledException>(() =>
        {
            foreach (float[] _ in embedded.GetColumn<float[]>("Features"))
            {
                if (++rows == 1)
                    Cancel();
            }
        });
        Assert.InRange(rows, 1, 32);
    }

    [Fact]
    public async Task Writing_ends_before_the_texts_do()
    {
        IDataView data = _context.Load(Models.Rows(2));
        IDataView written = _context.Transforms.Text.RetNetGenerate("Story", "Text", TinyModel.Path, maxTokens: int.MaxValue).Fit(data)
            .Transform(data);
        Task<List<string>> reading = Task.Run(() => written.GetColumn<string>("Story").ToList());

        await Task.WhenAny(reading, Task.Delay(300));
        Assert.False(reading.IsCompleted);
        Cancel();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
    }

    [Fact]
    public void Nothing_is_opened_or_predicted_any_more()
    {
        IDataView data = _context.Load();
        RetNetEmbeddingEstimator estimator = _context.Transforms.Text.RetNetEmbedding("Features", "Text", TinyModel.Path);
        using PredictionEngine<TextRow, EmbeddedRow> engine =
            _context.Model.CreatePredictionEngine<TextRow, EmbeddedRow>(estimator.Fit(data));

        Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => estimator.Fit(data));
        Assert.ThrowsAny<OperationCanceledException>(() => engine.Predict(new TextRow { Text = "A dog." }));
    }

    [Fact]
    public void Series_are_read_and_forecast_no_further()
    {
        int rows = 0, last = int.MaxValue;
        IDataView data = _context.Data.LoadFromEnumerable(Sale.Rows(100).Select(row =>
        {
            if (++rows == last)
                Cancel();
            return row;
        }));
        RetNetForecastingEstimator estimator = _context.Forecasting.ForecastByRetNet("Forecast", "Value", 3,
            modelPath: TinyForecaster.Path);
        using RetNetForecastingTransformer model = estimator.Fit(data);
        (rows, last) = (0, 20);

        Assert.ThrowsAny<OperationCanceledException>(() => model.Transform(data).GetColumn<float[]>("Forecast").Count());
        Assert.InRange(rows, 20, 25);
        Assert.ThrowsAny<OperationCanceledException>(() => estimator.Fit(data));
        Assert.ThrowsAny<OperationCanceledException>(() => model.TransformLast(data).GetColumn<float[]>("Forecast").Count());
    }

    private void Cancel() =>
        typeof(MLContext).GetMethod("CancelExecution", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(_context, null);
}
