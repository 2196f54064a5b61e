using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Trainers;

namespace RetNet.Extensions.ML.Tests;

/// <summary>Rows that count more than others.</summary>
public sealed class ExampleWeightTests
{
    private const int Times = 4;

    private readonly MLContext _context = new(seed: 1);

    [Theory]
    [InlineData("binary", false)]
    [InlineData("binary", true)]
    [InlineData("classes", false)]
    [InlineData("classes", true)]
    [InlineData("number", false)]
    public void A_weight_does_what_repeated_rows_do(string kind, bool balance)
    {
        List<WeightedReview> rows = [.. Review.Rows(15).Select((row, i) => new WeightedReview(row, i % 5 == 1 ? Times : 1))];
        List<WeightedReview> repeated =
            [.. rows.SelectMany(row => Enumerable.Repeat(row, (int)row.Weight).Select(each => new WeightedReview(each, 1)))];

        float[] weighted = Scores(rows, "Weight"), expected = Scores(repeated, "Weight"), plain = Scores(rows, null);

        Assert.Equal(Scores(repeated, null), expected);
        Assert.True(Distance(weighted, expected) < 0.05 * Distance(weighted, plain),
            $"{Distance(weighted, expected)} from repeated rows, {Distance(weighted, plain)} from rows without weights");

        float[] Scores(List<WeightedReview> training, string? weight)
        {
            IDataView data = _context.Data.LoadFromEnumerable(training), all = _context.Data.LoadFromEnumerable(rows);
            IDataView scored = kind switch
            {
                "binary" => _context.BinaryClassification.Trainers.RetNetTextClassification(
                    Tuning(new RetNetBinaryTrainer.Options { LabelColumnName = "Liked", BalanceClasses = balance }, weight)).Fit(data)
                    .Transform(all),
                "classes" => _context.Transforms.Conversion.MapValueToKey("Label", "Kind")
                    .Append(_context.MulticlassClassification.Trainers.RetNetTextClassification(
                        Tuning(new RetNetMulticlassTrainer.Options { BalanceClasses = balance }, weight))).Fit(data).Transform(all),
                _ => _context.Regression.Trainers.RetNetTextRegression(
                    Tuning(new RetNetRegressionTrainer.Options { LabelColumnName = "Stars" }, weight)).Fit(data).Transform(all),
            };
            return kind == "classes"
                ? [.. scored.GetColumn<float[]>("Score").SelectMany(scores => scores)]
                : [.. scored.GetColumn<float>("Score")];
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_weight_that_is_no_weight_is_refused_and_its_row_is_named(float weight)
    {
        WeightedReview[] rows = [.. Review.Rows(6).Select((row, i) => new WeightedReview(row, i == 4 ? weight : 1))];
        RetNetRegressionTrainer trainer = _context.Regression.Trainers.RetNetTextRegression("Stars", exampleWeightColumnName: "Weight");

        Exception exception = Assert.Throws<InvalidOperationException>(() => trainer.Fit(_context.Data.LoadFromEnumerable(rows)));

        Assert.Equal($"Weight column 'Weight', row 4: the weight is {weight}; expected a finite number above 0.", exception.Message);
    }

    [Fact]
    public void A_column_of_weights_that_is_missing_or_of_another_type_is_named()
    {
        IDataView data = _context.Data.LoadFromEnumerable([new WeightedReview(Review.Rows(1)[0], 1)]);
        foreach ((string column, string message) in ((string, string)[])[
            ("Importance", "Could not find weight column 'Importance'"), ("Liked", "weight column 'Liked': expected Single, got Boolean")])
        {
            RetNetRegressionTrainer trainer = _context.Regression.Trainers.RetNetTextRegression("Stars", exampleWeightColumnName: column);

            Assert.Contains(message, Assert.Throws<ArgumentOutOfRangeException>(() => trainer.Fit(data)).Message,
                StringComparison.Ordinal);
            // A chain asks for the schema of all stages before it fits the first one.
            Assert.Contains(message, Assert.Throws<ArgumentOutOfRangeException>(
                () => _context.Transforms.CopyColumns("Copy", "Kind").Append(trainer).Fit(data)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_column_of_the_validation_set_is_named_as_one()
    {
        WeightedReview[] rows = [.. Review.Rows(6).Select(row => new WeightedReview(row, 1))];
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        WeightedReview wrong = new(rows[3], float.NaN), far = new(rows[3], 1) { Stars = 2e30f };

        Assert.Equal("Validation weight column 'Weight', row 6: the weight is NaN; expected a finite number above 0.",
            Refused<InvalidOperationException>(_context.Data.LoadFromEnumerable([.. rows, wrong])));
        Assert.StartsWith("Validation label column 'Stars', row 6: the label is 2E+30;",
            Refused<InvalidOperationException>(_context.Data.LoadFromEnumerable([.. rows, far])), StringComparison.Ordinal);
        foreach ((string column, string role) in ((string, string)[])[(
            "Weight", "weight"), ("Stars", "label"), ("Sentence1", "sentence")])
        {
            IDataView without = _context.Transforms.DropColumns(column).Fit(data).Transform(data);
            IDataView other = _context.Transforms.CopyColumns(column, "Liked").Fit(data).Transform(data);

            Assert.Contains($"Could not find validation {role} column '{column}'",
                Refused<ArgumentOutOfRangeException>(without), StringComparison.Ordinal);
            Assert.Contains($"validation {role} column '{column}': expected",
                Refused<ArgumentOutOfRangeException>(other), StringComparison.Ordinal);
        }

        string Refused<T>(IDataView validation)
            where T : Exception
        {
            RetNetRegressionTrainer.Options options = Tuning(new RetNetRegressionTrainer.Options { LabelColumnName = "Stars" }, "Weight");
            options.ValidationSet = validation;
            return Assert.Throws<T>(() => _context.Regression.Trainers.RetNetTextRegression(options).Fit(data)).Message;
        }
    }

    private static T Tuning<T>(T options, string? weight)
        where T : RetNetTrainerOptions
    {
        // All rows are one batch: order and size of batches are no difference.
        options.Tiny();
        (options.ModelPath, options.ExampleWeightColumnName, options.Seed) = (TinyModel.Path, weight, 5);
        (options.BatchSize, options.MaxEpoch, options.LearningRate) = (100, 4, 0.01);
        return options;
    }

    private static double Distance(float[] one, float[] other) => one.Zip(other, (a, b) => Math.Abs((double)a - b)).Max();

    private sealed class WeightedReview(string? sentence1, string? kind, bool liked, float stars, float weight)
    {
        public WeightedReview(Review row, float weight)
            : this(row.Sentence1, row.Kind, row.Liked, row.Stars, weight)
        {
        }

        public WeightedReview(WeightedReview row, float weight)
            : this(row.Sentence1, row.Kind, row.Liked, row.Stars, weight)
        {
        }

        public string? Sentence1 { get; set; } = sentence1;

        public string? Kind { get; set; } = kind;

        public bool Liked { get; set; } = liked;

        public float Stars { get; set; } = stars;

        public float Weight { get; set; } = weight;
    }
}
