using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Tests.Checkpoints;
using RetNet.Extensions.ML.Trainers;
using RetNet.Extensions.ML.Transforms;

namespace RetNet.Extensions.ML.Tests;

/// <summary>ONNX files of RetNets, computed by ONNX Runtime.</summary>
public sealed class OnnxModelTests
{
    private readonly MLContext _context = new(seed: 1);

    [Theory]
    [InlineData(EmbeddingPooling.Mean, true)]
    [InlineData(EmbeddingPooling.Mean, false)]
    [InlineData(EmbeddingPooling.LastToken, true)]
    [InlineData(EmbeddingPooling.LastToken, false)]
    public void An_embedding_is_the_transforms(EmbeddingPooling pooling, bool normalize)
    {
        IDataView data = _context.Load(Models.Rows(4).Append(
            new TextRow { Text = string.Concat(Enumerable.Repeat("Once upon a time there was a dog. ", 40)) }));
        using RetNetEmbeddingTransformer transformer =
            _context.Transforms.Text.RetNetEmbedding("Features", "Text", Models.RetNetPath, pooling, normalize).Fit(data);
        using InferenceSession session = Export(transformer.ExportOnnx);

        foreach (EmbeddedRow row in _context.Read<EmbeddedRow>(transformer.Transform(data)))
            OnnxRun.AssertClose(row.Features, OnnxRun.Run(session, Models.RetNet.EncodePrompt(row.Text!), "embedding"));
    }

    [Fact]
    public void An_embedding_is_pooled_and_scaled_as_the_models_files_say()
    {
        using ModelFolder folder = new(TinyModel.Path, "pooling_mode_lasttoken");
        IDataView data = _context.Load(Models.Rows(4));
        using RetNetEmbeddingTransformer transformer =
            _context.Transforms.Text.RetNetEmbedding(Options(folder.Path)).Fit(_context.Load());
        using InferenceSession session = Export(transformer.ExportOnnx);

        foreach (EmbeddedRow row in _context.Read<EmbeddedRow>(transformer.Transform(data)))
            OnnxRun.AssertClose(row.Features, OnnxRun.Run(session, TinyModel.Text.EncodePrompt(row.Text!), "embedding"));
    }

    [Fact]
    public void A_pooling_of_the_models_files_that_cannot_be_written_is_named()
    {
        using ModelFolder folder = new(TinyModel.Path, "pooling_mode_max_tokens");
        using RetNetEmbeddingTransformer transformer =
            _context.Transforms.Text.RetNetEmbedding(Options(folder.Path)).Fit(_context.Load());

        Exception exception = Assert.Throws<InvalidOperationException>(() => transformer.ExportOnnx(new MemoryStream()));

        Assert.Contains("The pooling is Max; an ONNX file can be written of Mean and LastToken", exception.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_scores_of_classes_are_the_classifiers()
    {
        IDataView data = _context.Reviews();
        IDataView keyed = _context.Transforms.Conversion.MapValueToKey("Label", "Kind").Fit(data).Transform(data);
        using RetNetMulticlassTransformer model =
            _context.MulticlassClassification.Trainers.RetNetTextClassification(ReviewTrainers.Classifier()).Fit(keyed);

        Compare(model, keyed, model.Transform(keyed).GetColumn<float[]>("Score"));
    }

    [Fact]
    public void The_scores_of_answers_and_numbers_are_the_models()
    {
        IDataView data = _context.Reviews();
        using RetNetBinaryTransformer judge = _context.BinaryClassification.Trainers.RetNetTextClassification(
            new RetNetBinaryTrainer.Options { LabelColumnName = "Liked" }.Tiny()).Fit(data);
        using RetNetRegressionTransformer rating = _context.Regression.Trainers.RetNetTextRegression(
            new RetNetRegressionTrainer.Options { LabelColumnName = "Stars" }.Tiny()).Fit(data);

        Compare(judge, data, judge.Transform(data).GetColumn<float>("Score").Select(score => new[] { score }));
        Compare(rating, data, rating.Transform(data).GetColumn<float>("Score").Select(score => new[] { score }));
    }

    [Fact]
    public void Another_family_is_named()
    {
        using RetNetEmbeddingTransformer transformer =
            _context.Transforms.Text.RetNetEmbedding("Features", "Text", Models.LlamaPath).Fit(_context.Load());

        Exception exception = Assert.Throws<InvalidOperationException>(() => transformer.ExportOnnx(new MemoryStream()));

        Assert.Contains("family llama; an ONNX file can be written of a RetNet", exception.Message, StringComparison.Ordinal);
    }

    private void Compare(RetNetScoringTransformer model, IDataView data, IEnumerable<float[]> expected)
    {
        using InferenceSession session = Export(model.ExportOnnx);
        using TextModel text = Saved(model, data);
        foreach ((string sentence, float[] scores) in data.GetColumn<string>("Sentence1").Zip(expected))
            OnnxRun.AssertClose(scores, OnnxRun.Run(session, text.Tokenizer.Encode(sentence), "score"));
    }

    // The tokenizer is in the model's archive.
    private TextModel Saved(ITransformer model, IDataView data)
    {
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, model, data.Schema);
        Core.Checkpoints.ModelDocuments documents = new()
        {
            Configuration = file.Read("config.json"),
            Tokenizer = file.Read("tokenizer.json"),
            TokenizerConfiguration = file.Read("tokenizer_config.json"),
        };
        return TextModel.FromMemory("saved", documents, new MemoryStream(file.Read("model.safetensors")));
    }

    [Fact]
    public void Each_failing_write_of_a_file_is_reported()
    {
        using RetNetEmbeddingTransformer embedding = _context.Transforms.Text.RetNetEmbedding("Features", "Text", TinyModel.Path)
            .Fit(_context.Load());
        using RetNetRegressionTransformer rating = _context.Regression.Trainers.RetNetTextRegression(
            new RetNetRegressionTrainer.Options { LabelColumnName = "Stars" }.Tiny()).Fit(_context.Reviews(6));
        foreach (Action<Stream> export in (Action<Stream>[])[embedding.ExportOnnx, rating.ExportOnnx])
            Assert.InRange(FailingStream.FailEach(export, () => Export(export).Dispose()), 1, 1000);
    }

    private static RetNetEmbeddingEstimator.Options Options(string folder) =>
        new() { OutputColumnName = "Features", InputColumnName = "Text", ModelPath = folder };

    private static InferenceSession Export(Action<Stream> export)
    {
        using MemoryStream stream = new();
        export(stream);
        return new InferenceSession(stream.ToArray());
    }
}
