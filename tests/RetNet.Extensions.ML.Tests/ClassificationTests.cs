using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.ML.Trainers;
using RetNet.Extensions.ML.Transforms;

namespace RetNet.Extensions.ML.Tests;

public sealed class ClassificationTests
{
    private readonly MLContext _context = new(seed: 1);

    [Theory]
    [InlineData(RetNetModelFamily.RetNet, null)]
    [InlineData(RetNetModelFamily.Llama, null)]
    [InlineData(RetNetModelFamily.RetNet, "Sentence2")]
    public void A_classifier_learns_and_is_evaluated_by_ML_NET(RetNetModelFamily family, string? sentence2)
    {
        IDataView data = _context.Reviews();
        using TransformerChain<ITransformer> model = _context.Pipeline(ReviewTrainers.Classifier(options => (options.Family,
            options.Sentence2ColumnName) = (family, sentence2))).Fit(data);

        IDataView scored = model.Transform(data);

        MulticlassClassificationMetrics metrics = _context.MulticlassClassification.Evaluate(scored);
        Assert.Equal(1, metrics.MicroAccuracy);
        Assert.InRange(metrics.LogLoss, 0, 0.5);
        Assert.All(_context.Read<ClassifiedReview>(scored), row => Assert.Equal(row.Kind, row.PredictedKind));
        Assert.All(_context.Read<ClassifiedReview>(scored), row => Assert.Equal(1, row.Score.Sum(), 1e-5));
    }

    [Fact]
    public void Scores_have_the_names_of_the_classes_and_labels_have_their_values()
    {
        IDataView data = _context.Reviews();
        using TransformerChain<ITransformer> model = _context.Pipeline(ReviewTrainers.Classifier(options => options.MaxEpoch = 1))
            .Fit(data);
        DataViewSchema schema = model.GetOutputSchema(data.Schema);

        VBuffer<ReadOnlyMemory<char>> names = default;
        schema["Score"].GetSlotNames(ref names);
        Assert.Equal(["book", "film", "meal"], names.DenseValues().Select(name => name.ToString()));
        schema["PredictedLabel"].GetKeyValues(ref names);
        Assert.Equal(["book", "film", "meal"], names.DenseValues().Select(name => name.ToString()));
        Assert.Equal(3, Assert.IsType<VectorDataViewType>(schema["Score"].Type).Size);
    }

    [Fact]
    public async Task A_saved_classifier_scores_the_same_in_another_process_bit_for_bit()
    {
        IDataView data = _context.Load(Models.Rows(6));
        RetNetMulticlassTrainer trainer = _context.MulticlassClassification.Trainers.RetNetTextClassification(
            ReviewTrainers.Classifier(options => (options.Sentence1ColumnName, options.LabelColumnName,
                options.MaxEpoch) = ("Text", "Key", 2)));
        EstimatorChain<ITransformer> pipeline = new EstimatorChain<ITransformer>()
            .Append(_context.Transforms.Conversion.MapValueToKey("Key", "Number")).Append<ITransformer>(trainer);
        using TransformerChain<ITransformer> model = pipeline.Fit(data);
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, model, data.Schema);

        Assert.Equal(LoaderProgram.Values(model.Transform(data), "Score"), await LoaderProgram.RunAsync(file.Path, "Score", 6));
    }

    [Fact]
    public void A_prediction_engine_gives_what_a_batch_gives()
    {
        IDataView data = _context.Reviews();
        TransformerChain<ITransformer> model = _context.Pipeline().Fit(data);
        List<ClassifiedReview> scored = _context.Read<ClassifiedReview>(model.Transform(data));
        using PredictionEngine<Review, ClassifiedReview> engine = _context.Model.CreatePredictionEngine<Review, ClassifiedReview>(model);

        foreach ((Review review, ClassifiedReview row) in Review.Rows(30).Zip(scored))
        {
            ClassifiedReview prediction = engine.Predict(review);
            Assert.Equal(row.Score, prediction.Score);
            Assert.Equal(row.PredictedKind, prediction.PredictedKind);
        }
    }

    [Fact]
    public void Folds_are_cross_validated_and_splits_are_trained_on()
    {
        IDataView data = _context.Reviews(40);

        IReadOnlyList<TrainCatalogBase.CrossValidationResult<MulticlassClassificationMetrics>> folds =
            _context.MulticlassClassification.CrossValidate(data, _context.Pipeline(), numberOfFolds: 2);
        DataOperationsCatalog.TrainTestData split = _context.Data.TrainTestSplit(data, testFraction: 0.25);
        using TransformerChain<ITransformer> model = _context.Pipeline().Fit(split.TrainSet);

        Assert.Equal(2, folds.Count);
        Assert.All(folds, fold => Assert.InRange(fold.Metrics.MicroAccuracy, 0.6, 1));
        Assert.InRange(_context.MulticlassClassification.Evaluate(model.Transform(split.TestSet)).MacroAccuracy, 0.6, 1);
    }

    [Fact]
    public void The_seed_of_the_context_decides_unless_the_options_have_one()
    {
        float[][] Scores(int contextSeed, int? seed)
        {
            MLContext context = new(contextSeed);
            IDataView data = context.Reviews(10);
            using TransformerChain<ITransformer> model = context.Pipeline(ReviewTrainers.Classifier(options => (options.Seed,
                options.MaxEpoch, options.Dropout) = (seed, 1, 0.1f))).Fit(data);
            return [.. model.Transform(data).GetColumn<float[]>("Score")];
        }

        Assert.Equal(Scores(1, null), Scores(1, null));
        Assert.NotEqual(Scores(1, null), Scores(2, null));
        Assert.Equal(Scores(1, 5), Scores(2, 5));
    }

    [Fact]
    public void Progress_is_reported_and_logged_and_the_best_epoch_is_kept()
    {
        List<TrainingProgress> steps = [];
        List<string> log = [];
        _context.Log += (_, entry) => log.Add(entry.RawMessage);
        IDataView data = _context.Reviews();
        ITransformer keys = _context.Transforms.Conversion.MapValueToKey("Label", "Kind").Fit(data);

        // The better it learns, the worse it does where each text has the kind of the next one.
        IReadOnlyList<Review> rows = Review.Rows(31);
        IDataView wrong = keys.Transform(_context.Data.LoadFromEnumerable(
            Enumerable.Range(0, 30).Select(i => new Review { Sentence1 = rows[i].Sentence1, Kind = rows[i + 1].Kind })));

        RetNetMulticlassTrainer.Options options = ReviewTrainers.Classifier(options => (options.MaxEpoch, options.ValidationSet,
            options.Progress) = (3, wrong, new Report(steps.Add)));
        using RetNetMulticlassTransformer model =
            _context.MulticlassClassification.Trainers.RetNetTextClassification(options).Fit(keys.Transform(data));

        Assert.Equal(9, steps.Count);
        double[] losses = [.. steps.Where(step => step.ValidationLoss is not null).Select(step => (double)step.ValidationLoss!.Value)];
        Assert.Equal(3, losses.Length);
        Assert.True(losses[0] < losses[2]);
        Assert.Equal(losses.Min(), _context.MulticlassClassification.Evaluate(model.Transform(wrong)).LogLoss, 1e-3);
        Assert.Contains(
            log, line =>
                line.StartsWith("Epoch 3 of 3: loss", StringComparison.Ordinal)
                    && line.Contains("validation loss", StringComparison.Ordinal));
    }

    [Fact]
    public void Training_is_cancelled_by_its_token()
    {
        using CancellationTokenSource cancellation = new();
        int steps = 0;
        RetNetMulticlassTrainer.Options options = ReviewTrainers.Classifier(options =>
        {
            options.CancellationToken = cancellation.Token;
            options.Progress = new Report(_ =>
            {
                steps++;
                cancellation.Cancel();
            });
        });

        Assert.ThrowsAny<OperationCanceledException>(() => _context.Pipeline(options).Fit(_context.Reviews()));
        Assert.Equal(1, steps);
    }

    [Fact]
    public void Rows_without_a_label_are_left_out_and_empty_texts_are_trained_on()
    {
        List<string> log = [];
        _context.Log += (_, entry) => log.Add(entry.RawMessage);
        Review[] rows = [.. Review.Rows(20), new() { Kind = "film", Sentence1 = "" }, new() { Kind = "film" },
            new() { Kind = "play", Sentence1 = "Not among the keys." }];
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        IDataView keys = _context.Data.LoadFromEnumerable(Review.Rows(3));
        ITransformer mapping = _context.Transforms.Conversion.MapValueToKey("Label", "Kind").Fit(keys);

        float[][] scores = Scores(data);

        Assert.Contains(log, line => line.StartsWith("1 rows of the training data have no label", StringComparison.Ordinal));
        Assert.All(scores, score => Assert.All(score, value => Assert.True(float.IsFinite(value))));
        Assert.Equal(Scores(_context.Data.LoadFromEnumerable(rows[..^1])), scores);
        Assert.NotEqual(Scores(_context.Data.LoadFromEnumerable(rows[..^2])), scores);

        float[][] Scores(IDataView training)
        {
            using RetNetMulticlassTransformer model = _context.MulticlassClassification.Trainers.RetNetTextClassification(
                ReviewTrainers.Classifier(options => options.Seed = 1)).Fit(mapping.Transform(training));
            return [.. model.Transform(mapping.Transform(data)).GetColumn<float[]>("Score")];
        }
    }

    [Fact]
    public void Rare_classes_count_more_where_classes_are_balanced()
    {
        // The same text has both labels, the first nine times as often: an unbalanced classifier never says the second.
        Review[] rows = [.. Enumerable.Range(
            0, 20).Select(i => new Review { Sentence1 = "The same.", Kind = i % 10 == 9 ? "rare" : "common" })];
        IDataView data = _context.Data.LoadFromEnumerable(rows);

        float Rare(bool balance, float[]? weights)
        {
            using TransformerChain<ITransformer> model = _context.Pipeline(ReviewTrainers.Classifier(options => (options.BalanceClasses,
                options.ClassWeights) = (balance, weights))).Fit(data);
            return model.Transform(data).GetColumn<float[]>("Score").First()[1];
        }

        Assert.InRange(Rare(balance: false, null), 0, 0.25);
        Assert.InRange(Rare(balance: true, null), 0.35, 0.65);
        Assert.InRange(Rare(balance: false, [0.1f, 9]), 0.75, 1);
        Assert.Contains("ClassWeights has 3 values; expected 2", Assert.Throws<ArgumentException>(() => Rare(false, [1, 1, 1])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_checkpoint_is_fine_tuned()
    {
        IDataView data = _context.Reviews();
        using TransformerChain<ITransformer> model =
            _context.Pipeline(ReviewTrainers.Classifier(options => options.ModelPath = TinyModel.Path)).Fit(data);

        Assert.InRange(_context.MulticlassClassification.Evaluate(model.Transform(data)).MicroAccuracy, 0.6, 1);
    }

    [Fact]
    public void A_Transformer_scores_with_a_bounded_cache_and_saves_its_policy()
    {
        // Rows are dropped while a text of more than 2,048 tokens is read.
        string text = string.Join(' ', Enumerable.Range(100, 900));
        IDataView data = _context.Data.LoadFromEnumerable(Review.Rows(3).Select(row => new Review
        {
            Kind = row.Kind,
            Sentence1 = $"{row.Sentence1} {text} {row.Sentence1}"
        }));
        float[][] Scores(string policy, string? stateSize)
        {
            using TransformerChain<ITransformer> model = _context.Pipeline(ReviewTrainers.Classifier(options =>
                (options.Family, options.MaxEpoch, options.Seed, options.Policy, options.StateSize) = (RetNetModelFamily.Llama, 4, 1,
                    policy, stateSize))).Fit(data);
            using ModelArchiveFile file = ModelArchiveFile.Save(_context, model, data.Schema);
            float[][] scores = [.. model.Transform(data).GetColumn<float[]>("Score")];
            Assert.Equal(scores, file.Load(_context).Transform(data).GetColumn<float[]>("Score"));
            return scores;
        }

        float[][] full = Scores("full", null);
        Assert.NotEqual(full, Scores("tova", "2"));
        Assert.Equal(full, Scores("tova", "100000"));
    }

    [Fact]
    public void A_RetNet_has_no_cache_to_bound()
    {
        RetNetMulticlassTrainer.Options tuned = ReviewTrainers.Classifier(options => (options.ModelPath, options.Policy,
            options.StateSize) = (TinyModel.Path, "tova", "8"));
        RetNetMulticlassTrainer.Options created = ReviewTrainers.Classifier(options => (options.Policy, options.StateSize) = ("tova", "8"));

        Assert.Contains("Policy is tova; expected full", Assert.Throws<ArgumentException>(() => _context.Pipeline(created)).Message,
            StringComparison.Ordinal);
        Assert.Contains("Policy is tova; expected full",
            Assert.Throws<ArgumentException>(() => _context.Pipeline(tuned).Fit(_context.Reviews())).Message, StringComparison.Ordinal);
        TransformsCatalog.TextTransforms text = _context.Transforms.Text;
        IEstimator<ITransformer>[] transforms =
        [
            text.RetNetEmbedding(new RetNetEmbeddingEstimator.Options
            {
                OutputColumnName = "Features",
                InputColumnName = "Sentence1",
                ModelPath = TinyModel.Path,
                Policy = "tova",
                StateSize = "8",
            }),
            text.RetNetPerplexity("Surprise", "Sentence1", TinyModel.Path, policy: "tova", stateSize: "8"),
            text.RetNetGenerate("Story", "Sentence1", TinyModel.Path, policy: "tova", stateSize: "8"),
        ];
        Assert.All(transforms, transform => Assert.Contains("Policy is tova; expected full",
            Assert.Throws<ArgumentException>(() => transform.Fit(_context.Reviews())).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void A_RetNet_has_no_states_in_int8()
    {
        RetNetMulticlassTrainer.Options created = ReviewTrainers.Classifier(options => options.StateFormat = StateFormat.Int8);
        Assert.Contains("StateFormat is Int8; expected Float32 or BFloat16",
            Assert.Throws<ArgumentException>(() => _context.Pipeline(created)).Message, StringComparison.Ordinal);
        RetNetEmbeddingEstimator embedding = _context.Transforms.Text.RetNetEmbedding(new RetNetEmbeddingEstimator.Options
        {
            OutputColumnName = "Features",
            InputColumnName = "Sentence1",
            ModelPath = TinyModel.Path,
            StateFormat = StateFormat.Int8,
        });
        Assert.Contains("StateFormat is Int8; expected Float32 or BFloat16",
            Assert.Throws<ArgumentException>(() => embedding.Fit(_context.Reviews())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void One_class_is_told()
    {
        Review[] books = [.. Review.Rows(9).Where(row => row.Kind == "book")];
        IDataView data = _context.Data.LoadFromEnumerable(books);
        ITransformer keys = _context.Transforms.Conversion.MapValueToKey("Label", "Kind").Fit(_context.Reviews());
        List<string> log = [];
        _context.Log += (_, entry) => log.Add(entry.RawMessage);

        Assert.Contains("label column 'Label': expected two classes or more to tell apart, got one class (book) in all rows",
            Assert.Throws<ArgumentOutOfRangeException>(() => _context.Pipeline().Fit(data)).Message, StringComparison.Ordinal);
        _context.MulticlassClassification.Trainers.RetNetTextClassification(ReviewTrainers.Classifier(options => options.MaxEpoch = 1))
            .Fit(keys.Transform(data)).Dispose();
        _context.BinaryClassification.Trainers.RetNetTextClassification(
            new RetNetBinaryTrainer.Options { LabelColumnName = "Liked", MaxEpoch = 1 }.Tiny())
            .Fit(_context.Data.LoadFromEnumerable(Review.Rows(30).Where(row => row.Liked))).Dispose();

        Assert.Contains(
            log, line => line.StartsWith("All 3 rows of the training data have one class in column 'Label'", StringComparison.Ordinal));
        Assert.Contains(
            log, line => line.StartsWith("All 12 rows of the training data have one class in column 'Liked'", StringComparison.Ordinal));
    }

    [Fact]
    public void A_key_above_the_number_of_classes_is_missing()
    {
        List<string> log = [];
        _context.Log += (_, entry) => log.Add(entry.RawMessage);
        KeyedReview[] rows = [.. Enumerable.Range(0, 10)
            .Select(i => new KeyedReview { Sentence1 = $"Text {i % 2}.", Label = i == 9 ? 7u : (uint)(i % 2) + 1 })];

        float[][] scores = Scores(rows);

        Assert.Contains(log, line => line.StartsWith("1 rows of the training data have no label", StringComparison.Ordinal));
        Assert.Equal(Scores(rows[..9])[0], scores[0]);

        float[][] Scores(KeyedReview[] training)
        {
            using RetNetMulticlassTransformer model = _context.MulticlassClassification.Trainers.RetNetTextClassification(
                ReviewTrainers.Classifier(options => (options.MaxEpoch, options.Seed) = (1, 1)))
                .Fit(_context.Data.LoadFromEnumerable(training));
            return [.. model.Transform(_context.Data.LoadFromEnumerable(rows)).GetColumn<float[]>("Score")];
        }
    }

    [Fact]
    public void Class_weights_that_change_later_have_no_effect()
    {
        List<float> weights = [1, 2, 3];
        float[][] weighted = Scores([1, 2, 3]);

        EstimatorChain<ITransformer> pipeline = Pipeline(weights);
        weights.Clear();

        Assert.Equal(weighted, Fitted(pipeline));
        Assert.NotEqual(weighted, Scores([1, 1, 1]));

        float[][] Scores(IReadOnlyList<float> classWeights) => Fitted(Pipeline(classWeights));

        EstimatorChain<ITransformer> Pipeline(IReadOnlyList<float> classWeights) => _context.Pipeline(
            ReviewTrainers.Classifier(options => (options.ClassWeights, options.MaxEpoch, options.Seed) = (classWeights, 1, 1)));

        float[][] Fitted(EstimatorChain<ITransformer> estimator)
        {
            IDataView data = _context.Reviews();
            using TransformerChain<ITransformer> model = estimator.Fit(data);
            return [.. model.Transform(data).GetColumn<float[]>("Score")];
        }
    }

    [Fact]
    public void Labels_and_options_that_do_not_fit_are_named()
    {
        MulticlassClassificationCatalog.MulticlassClassificationTrainers trainers = _context.MulticlassClassification.Trainers;
        IDataView data = _context.Reviews();
        IDataView keyed = _context.Transforms.Conversion.MapValueToKey("Label", "Kind").Fit(data).Transform(data);
        IDataView others = _context.Transforms.Conversion.MapValueToKey("Label", "Stars").Fit(data).Transform(data);

        Assert.Contains("label column 'Kind': expected a key",
            Assert.Throws<ArgumentOutOfRangeException>(
                () => trainers.RetNetTextClassification("Kind").Fit(data)).Message, StringComparison.Ordinal);
        Assert.Contains("label column 'Label'",
            Assert.Throws<ArgumentOutOfRangeException>(
                () => trainers.RetNetTextClassification().Fit(data)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "validation label", Assert.Throws<ArgumentOutOfRangeException>(
                () => trainers.RetNetTextClassification(ReviewTrainers.Classifier(options => options.ValidationSet = others))
                    .Fit(keyed)).Message,
            StringComparison.Ordinal);
        Assert.Contains("Width is 31", Assert.Throws<ArgumentException>(() => trainers.RetNetTextClassification(width: 31)).Message,
            StringComparison.Ordinal);
        Assert.Contains("MaxEpoch is 0", Assert.Throws<ArgumentException>(() => trainers.RetNetTextClassification(maxEpochs: 0)).Message,
            StringComparison.Ordinal);
        Assert.Contains("The training data has no rows",
            Assert.Throws<InvalidOperationException>(() => trainers.RetNetTextClassification().Fit(_context.Data.SkipRows(keyed,
                100))).Message, StringComparison.Ordinal);
    }

    private sealed class Report(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        void IProgress<TrainingProgress>.Report(TrainingProgress value) => report(value);
    }
}
