using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Tests.Forecasting;

namespace RetNet.Extensions.ML.Tests;

/// <summary>Exports with the package Microsoft.ML.OnnxConverter. ONNX has no operator for a model's tokenizer.</summary>
public sealed class OnnxExportTests
{
    private readonly MLContext _context = new(seed: 1);

    [Theory]
    [InlineData("embedding")]
    [InlineData("hidden text")]
    [InlineData("perplexity")]
    [InlineData("generation")]
    public void A_transform_cannot_be_fully_converted(string kind)
    {
        TransformsCatalog.TextTransforms text = _context.Transforms.Text;
        IDataView data = _context.Load(Models.Rows(3));
        ITransformer model = kind switch
        {
            "embedding" => text.RetNetEmbedding("Features", "Text", TinyModel.Path).Fit(data),
            "hidden text" => text.RetNetEmbedding("Text", null, TinyModel.Path).Fit(data),
            "perplexity" => text.RetNetPerplexity("Surprise", "Text", TinyModel.Path).Fit(data),
            _ => text.RetNetGenerate("Story", "Text", TinyModel.Path, maxTokens: 2).Fit(data),
        };

        CannotBeConverted(model, data);
    }

    [Fact]
    public void A_trained_model_cannot_be_fully_converted_before_and_after_it_is_saved()
    {
        IDataView data = _context.Reviews(10);
        using TransformerChain<ITransformer> model = _context.Pipeline(ReviewTrainers.Classifier(options => options.MaxEpoch = 1))
            .Fit(data);
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, model, data.Schema);

        CannotBeConverted(model, data);
        CannotBeConverted(file.Load(_context), data);
    }

    [Fact]
    public void What_is_trained_on_embeddings_cannot_be_fully_converted_and_the_log_says_why()
    {
        List<string> log = [];
        _context.Log += (_, entry) => log.Add(entry.RawMessage);
        IDataView data = _context.Reviews(10);
        IEstimator<ITransformer> pipeline = _context.Transforms.Text.RetNetEmbedding("Features", "Sentence1", TinyModel.Path)
            .Append(_context.Transforms.NormalizeMinMax("Features"))
            .AppendCacheCheckpoint(_context)
            .Append(_context.Regression.Trainers.Sdca("Stars", maximumNumberOfIterations: 2));

        CannotBeConverted(pipeline.Fit(data), data);

        Assert.Contains(log, line => line.StartsWith("RetNetEmbeddingTransformer cannot be converted to ONNX", StringComparison.Ordinal));
    }

    [Fact]
    public void What_does_not_depend_on_the_model_is_converted()
    {
        IDataView data = _context.Load(Models.Rows(3));
        IEstimator<ITransformer> pipeline = _context.Transforms.Text.RetNetEmbedding("Features", "Text", TinyModel.Path)
            .Append(_context.Transforms.NormalizeMinMax("Scaled", "Values"));
        using MemoryStream stream = new();

        _context.Model.ConvertToOnnx(pipeline.Fit(data), data, stream, "Scaled");

        string content = Encoding.UTF8.GetString(stream.ToArray());
        Assert.Contains("Scaled.output", content, StringComparison.Ordinal);
        Assert.DoesNotContain("Features", content, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("long")]
    [InlineData("wide")]
    [InlineData("anomalies")]
    public void Forecasts_cannot_be_fully_converted_and_the_log_says_why(string kind)
    {
        List<string> log = [];
        _context.Log += (_, entry) => log.Add(entry.RawMessage);
        IDataView data = _context.Load(Models.Rows(5));
        ITransformer model = kind switch
        {
            "long" => _context.Forecasting.ForecastByRetNet("Forecast", "Number", 3, modelPath: TinyForecaster.Path).Fit(data),
            "wide" => _context.Forecasting.ForecastByRetNet("Forecast", "Values", 3, modelPath: TinyForecaster.Path).Fit(data),
            _ => _context.Transforms.DetectAnomalyByRetNet("Anomaly", "Number", modelPath: TinyForecaster.Path).Fit(data),
        };

        CannotBeConverted(model, data);

        Assert.Contains(log, line => line.Contains("no operator for a series that is followed", StringComparison.Ordinal));
    }

    private void CannotBeConverted(ITransformer model, IDataView data)
    {
        using MemoryStream stream = new();

        Exception exception = Assert.Throws<InvalidOperationException>(() => _context.Model.ConvertToOnnx(model, data, stream));

        Assert.Contains("can not be fully converted", exception.Message, StringComparison.Ordinal);
        Assert.Equal(0, stream.Length);
    }
}
