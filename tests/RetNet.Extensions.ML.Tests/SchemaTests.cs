using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Trainers;
using RetNet.Extensions.ML.Transforms;

namespace RetNet.Extensions.ML.Tests;

public sealed class SchemaTests
{
    private readonly MLContext _context = new(seed: 1);

    [Fact]
    public void A_missing_column_is_named_beside_those_that_are_there()
    {
        Exception exception = Assert.Throws<ArgumentOutOfRangeException>(() => Embedding("Review").Fit(_context.Load()));

        Assert.Contains("'Review'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Number, Text, Values", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_column_of_the_wrong_type_is_named_with_the_type_found_and_the_type_expected()
    {
        Exception exception = Assert.Throws<ArgumentOutOfRangeException>(() => Embedding("Number").Fit(_context.Load()));

        Assert.Contains("'Number': expected String, got Single", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Both_are_found_before_anything_is_fitted()
    {
        IEstimator<ITransformer> missing = _context.Transforms.CopyColumns("Copy", "Text").Append(Embedding("Review"));
        IEstimator<ITransformer> wrong = _context.Transforms.CopyColumns("Copy", "Values").Append(Embedding("Copy"));
        CountedView data = new(_context.Load(Models.Rows(3)));

        Assert.Contains("'Review'", Assert.Throws<ArgumentOutOfRangeException>(() => missing.Fit(data)).Message, StringComparison.Ordinal);
        Assert.Contains("'Copy': expected String, got Vector<Single",
            Assert.Throws<ArgumentOutOfRangeException>(() => wrong.Fit(data)).Message, StringComparison.Ordinal);
        Assert.Equal(0, data.Rows);
    }

    [Fact]
    public void A_fitted_transformer_checks_what_it_is_given()
    {
        using RetNetEmbeddingTransformer transformer = Embedding("Text").Fit(_context.Load());
        IDataView other = _context.Data.LoadFromEnumerable(Array.Empty<SurprisedRow>());

        Assert.Contains("'Text'", Assert.Throws<ArgumentOutOfRangeException>(() => transformer.Transform(other)).Message,
            StringComparison.Ordinal);
        Assert.Contains("'Text'", Assert.Throws<ArgumentOutOfRangeException>(() => transformer.GetOutputSchema(other.Schema)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_stages_before_and_behind_see_its_columns()
    {
        EstimatorChain<ITransformer> pipeline = new EstimatorChain<ITransformer>()
            .Append(_context.Transforms.CopyColumns("Review", "Text"))
            .Append(Embedding("Review"))
            .AppendCacheCheckpoint(_context)
            .Append<ITransformer>(_context.Transforms.Concatenate("All", "Features", "Values"));
        IDataView data = _context.Load(Models.Rows(5));

        TransformerChain<ITransformer> model = pipeline.Fit(data);

        using (model)
            Assert.All(model.Transform(data).GetColumn<float[]>("All"), vector => Assert.Equal(TinyModel.Width + 3, vector.Length));
    }

    [Theory]
    [InlineData(nameof(RetNetTextOptions.BatchSize))]
    [InlineData(nameof(RetNetTextOptions.ContextLength))]
    [InlineData(nameof(RetNetTextOptions.OutputColumnName))]
    [InlineData(nameof(RetNetTextOptions.InputColumnName))]
    [InlineData(nameof(RetNetTextOptions.Threads))]
    [InlineData(nameof(RetNetTextOptions.GpuDeviceId))]
    [InlineData(nameof(RetNetTextOptions.WeightFormat))]
    [InlineData(nameof(RetNetTextOptions.Policy))]
    [InlineData(nameof(RetNetTextOptions.StateSize))]
    [InlineData(nameof(RetNetGenerationEstimator.Options.PromptTemplate))]
    [InlineData(nameof(RetNetGenerationEstimator.Options.MaxTokens))]
    [InlineData(nameof(RetNetGenerationEstimator.Options.TopP))]
    public void An_option_out_of_range_is_named(string option)
    {
        RetNetGenerationEstimator.Options options = new()
        {
            OutputColumnName = "Story",
            InputColumnName = "Text",
            ModelPath = TinyModel.Path
        };
        (option switch
        {
            nameof(options.BatchSize) => (Action)(() => options.BatchSize = 0),
            nameof(options.ContextLength) => () => options.ContextLength = -1,
            nameof(options.OutputColumnName) => () => options.OutputColumnName = "",
            nameof(options.InputColumnName) => () => options.InputColumnName = "",
            nameof(options.Threads) => () => options.Threads = -1,
            nameof(options.GpuDeviceId) => () => options.GpuDeviceId = -1,
            nameof(options.WeightFormat) => () => options.WeightFormat = (Core.Formats.WeightFormat)99,
            nameof(options.Policy) => () => options.Policy = "lru",
            nameof(options.StateSize) => () => (options.Policy, options.StateSize) = ("tova", "many"),
            nameof(options.PromptTemplate) => () => options.PromptTemplate = "No place for it.",
            nameof(options.MaxTokens) => () => options.MaxTokens = 0,
            _ => () => options.TopP = 2,
        })();

        Exception exception = Assert.Throws<ArgumentException>(() => _context.Transforms.Text.RetNetGenerate(options));

        Assert.Contains(option, exception.Message, StringComparison.Ordinal);
        Assert.Contains("expected", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    public void A_missing_model_path_is_refused_before_anything_is_fitted(string? path)
    {
        TransformsCatalog.TextTransforms text = _context.Transforms.Text;
        foreach (Action create in (Action[])
        [
            () => text.RetNetEmbedding("Features", "Text", path!),
            () => text.RetNetPerplexity("Features", "Text", path!),
            () => text.RetNetGenerate("Features", "Text", path!),
            () => text.RetNetEmbedding(new RetNetEmbeddingEstimator.Options { OutputColumnName = "Features" }),
        ])
        {
            Assert.Contains("ModelPath is missing; expected a Hugging Face folder", Assert.Throws<ArgumentException>(create).Message,
                StringComparison.Ordinal);
        }

        if (path is not null)
        {
            Assert.Contains("ModelPath is missing", Assert.Throws<ArgumentException>(
                () => _context.Regression.Trainers.RetNetTextRegression(modelPath: path)).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("OutputColumnName")]
    [InlineData("PromptTemplate")]
    [InlineData("StopStrings")]
    [InlineData("Policy")]
    public void A_null_is_named(string option)
    {
        RetNetGenerationEstimator.Options options = new()
        {
            OutputColumnName = "Story",
            InputColumnName = "Text",
            ModelPath = TinyModel.Path
        };
        typeof(RetNetGenerationEstimator.Options).GetProperty(option)!.SetValue(options, null);

        Assert.Contains($"{option} is missing", Assert.Throws<ArgumentException>(
            () => _context.Transforms.Text.RetNetGenerate(options)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("LabelColumnName")]
    [InlineData("ScoreColumnName")]
    [InlineData("PredictionColumnName")]
    [InlineData("Sentence1ColumnName")]
    [InlineData("Policy")]
    public void A_null_of_a_trainer_is_named(string option)
    {
        RetNetMulticlassTrainer.Options options = new();
        typeof(RetNetMulticlassTrainer.Options).GetProperty(option)!.SetValue(options, null);

        Assert.Contains($"{option} is missing", Assert.Throws<ArgumentException>(
            () => _context.MulticlassClassification.Trainers.RetNetTextClassification(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_null_in_place_of_options_or_a_catalog_is_named()
    {
        Assert.Throws<ArgumentNullException>(() => _context.Transforms.Text.RetNetEmbedding((RetNetEmbeddingEstimator.Options)null!));
        Assert.Throws<ArgumentNullException>(
            () => _context.Regression.Trainers.RetNetTextRegression((RetNetRegressionTrainer.Options)null!));
        Assert.Throws<ArgumentNullException>(() => ((TransformsCatalog.TextTransforms)null!).RetNetEmbedding("Features", "Text", "x"));
        Assert.Throws<ArgumentNullException>(() => ((RegressionCatalog.RegressionTrainers)null!).RetNetTextRegression());
    }

    [Fact]
    public void A_chat_template_that_the_model_lacks_is_missed_before_any_row()
    {
        RetNetGenerationEstimator.Options options = new()
        {
            OutputColumnName = "Story",
            InputColumnName = "Text",
            ModelPath = TinyModel.Path,
            UseChatTemplate = true
        };

        Exception exception = Assert.Throws<ArgumentException>(() => _context.Transforms.Text.RetNetGenerate(options).Fit(_context.Load()));

        Assert.Contains("UseChatTemplate", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disposed_transformer_says_so()
    {
        IDataView data = _context.Load(Models.Rows(2));
        RetNetEmbeddingTransformer embedding = Embedding("Text").Fit(data);
        RetNetGenerationTransformer generation = _context.Transforms.Text.RetNetGenerate("Story", "Text", TinyModel.Path, maxTokens: 2)
            .Fit(data);
        (IDataView embedded, IDataView written) = (embedding.Transform(data), generation.Transform(data));
        embedding.Dispose();
        generation.Dispose();

        Assert.Throws<ObjectDisposedException>(() => embedded.GetColumn<float[]>("Features").Count());
        Assert.Throws<ObjectDisposedException>(() => written.GetColumn<string>("Story").Count());
        Assert.Throws<ObjectDisposedException>(() => embedding.ExportOnnx(Stream.Null));
        Assert.Throws<ObjectDisposedException>(() => _context.Model.Save(embedding, data.Schema, Stream.Null));
    }

    [Fact]
    public void Weights_that_are_being_written_outlive_the_model()
    {
        HeldModel model = HeldModel.Open(TinyModel.Path, new ModelLoadOptions());
        using Checkpoint weights = model.ShareWeights();

        model.Dispose();

        Assert.All(weights.Tensors.Values, tensor => tensor.CopyBytesTo(new byte[tensor.ByteLength]));
        Assert.Throws<ObjectDisposedException>(model.ShareWeights);
    }

    [Fact]
    public void Data_without_rows_are_told_from_those_of_one_class()
    {
        IDataView data = _context.Reviews(0);
        RetNetBinaryTrainer.Options options = new RetNetBinaryTrainer.Options { LabelColumnName = "Liked" }.Tiny();

        Assert.Contains("got a key of one class without values, as MapValueToKey makes of data without rows",
            Assert.Throws<ArgumentOutOfRangeException>(() => _context.Pipeline().Fit(data)).Message, StringComparison.Ordinal);
        Assert.Equal("The training data has no rows; expected at least one with a label in column 'Liked'.",
            Assert.Throws<InvalidOperationException>(
                () => _context.BinaryClassification.Trainers.RetNetTextClassification(options).Fit(data)).Message);
    }

    [Fact]
    public void A_missing_model_is_named()
    {
        string path = Path.Combine(AppContext.BaseDirectory, "nowhere");

        Exception exception = Assert.ThrowsAny<Exception>(() => _context.Transforms.Text.RetNetEmbedding("Features", "Text",
            path).Fit(_context.Load()));

        Assert.Contains("nowhere", exception.Message, StringComparison.Ordinal);
    }

    private RetNetEmbeddingEstimator Embedding(string input) => _context.Transforms.Text.RetNetEmbedding("Features", input, TinyModel.Path);
}
