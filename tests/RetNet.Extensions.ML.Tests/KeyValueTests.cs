using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Tests;

/// <summary>Labels of every type that MapValueToKey maps.</summary>
public sealed class KeyValueTests
{
    private readonly MLContext _context = new(seed: 1);

    [Fact]
    public void Texts_are_key_values() => Check("film", "a, \"meal\"", "film", "a, \"meal\"");

    [Fact]
    public void Booleans_are_key_values() => Check(true, false, "True", "False");

    [Fact]
    public void Whole_numbers_are_key_values()
    {
        Check(sbyte.MinValue, sbyte.MaxValue, "-128", "127");
        Check(byte.MinValue, byte.MaxValue, "0", "255");
        Check(short.MinValue, short.MaxValue, "-32768", "32767");
        Check(ushort.MinValue, ushort.MaxValue, "0", "65535");
        Check(int.MinValue, int.MaxValue, "-2147483648", "2147483647");
        Check(uint.MinValue, uint.MaxValue, "0", "4294967295");
        Check(long.MinValue, long.MaxValue, "-9223372036854775808", "9223372036854775807");
        Check(ulong.MinValue, ulong.MaxValue, "0", "18446744073709551615");
    }

    [Fact]
    public void Numbers_are_key_values()
    {
        Check(0.1f, float.NegativeInfinity, "0.1", "-Infinity");
        Check(0.1, double.Epsilon, "0.1", "5E-324");
    }

    [Fact]
    public void Dates_and_times_are_key_values()
    {
        Check(new DateTime(2026, 2, 28, 23, 59, 59, DateTimeKind.Utc).AddTicks(7), DateTime.MaxValue,
            "2026-02-28T23:59:59.0000007Z", "9999-12-31T23:59:59.9999999");
        Check(new DateTimeOffset(2026, 2, 28, 0, 0, 0, TimeSpan.FromMinutes(-570)), DateTimeOffset.MinValue,
            "2026-02-28T00:00:00.0000000-09:30", "0001-01-01T00:00:00.0000000+00:00");
        Check(TimeSpan.FromTicks(1), TimeSpan.FromDays(-400), "00:00:00.0000001", "-400.00:00:00");
    }

    [Fact]
    public void Row_identifiers_are_key_values() => Check(new DataViewRowId(1, 0), new DataViewRowId(ulong.MaxValue, 2),
        "00000000000000000000000000000001", "0000000000000002ffffffffffffffff");

    [Fact]
    public void Keys_are_key_values()
    {
        // ML.NET counts the values of a key property from 0, and its raw keys from 1.
        IDataView data = _context.Data.LoadFromEnumerable(
            Enumerable.Range(0, 10).Select(i => new KeyedReview { Sentence1 = $"Text {i % 2}.", Label = i % 2 == 0 ? 2u : 0 }));
        IDataView keyed = _context.Transforms.Conversion.MapValueToKey("Key", "Label").Fit(data).Transform(data);
        using RetNetTransformer model = Fit(keyed, "Key");
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, model, keyed.Schema);

        DataViewSchema schema = file.Load(_context).GetOutputSchema(keyed.Schema);

        Assert.Equal(keyed.Schema["Key"].Annotations.Schema["KeyValues"].Type,
            schema["PredictedLabel"].Annotations.Schema["KeyValues"].Type);
        Assert.Equal([3, 1], KeyValues<uint>(schema["PredictedLabel"]));
    }

    [Fact]
    public void Key_values_may_be_numbers()
    {
        IDataView data = _context.Reviews();
        EstimatorChain<ITransformer> pipeline = new EstimatorChain<ITransformer>()
            .Append(_context.Transforms.Conversion.MapValueToKey("Label", "Stars"))
            .Append(_context.MulticlassClassification.Trainers.RetNetTextClassification(
                ReviewTrainers.Classifier(options => options.MaxEpoch = 1)))
            .Append<ITransformer>(_context.Transforms.Conversion.MapKeyToValue("Stars", "PredictedLabel"));
        using TransformerChain<ITransformer> model = pipeline.Fit(data);
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, model, data.Schema);
        ITransformer loaded = file.Load(_context);

        float[] stars = [.. loaded.Transform(data).GetColumn<float>("Stars")];

        Assert.Equal(model.Transform(data).GetColumn<float>("Stars"), stars);
        Assert.All(stars, value => Assert.Contains(value, new[] { 100f, 110, 120, 130, 140 }));
    }

    [Theory]
    [InlineData("DateTime", "yesterday")]
    [InlineData("TimeSpan", "1 h")]
    [InlineData("DataViewRowId", "x")]
    [InlineData("Half", "1")]
    public void Key_values_that_are_none_of_their_type_are_damage(string type, string value)
    {
        Exception exception = Assert.Throws<FormatException>(() => new LabelKeys(2, type, [value, value]).Validate());

        Assert.Contains("settings.json", exception.Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => new LabelKeys(2, "Byte", ["1", "2"], ItemKeys: 1 << 20).Validate());
        Assert.Throws<FormatException>(() => new LabelKeys(2, "Single", ["1", "2"], ItemKeys: 2).Validate());
    }

    [Fact]
    public void A_key_value_that_is_none_of_its_type_is_named()
    {
        Exception exception = Assert.Throws<FormatException>(() => new LabelKeys(2, "Byte", ["1", "300"]).Validate());

        Assert.Contains("settings.json", exception.Message, StringComparison.Ordinal);
        Assert.Contains("'300'", exception.Message, StringComparison.Ordinal);
    }

    /// <summary>Trains on texts with two labels, saves and loads, and compares what comes back.</summary>
    private void Check<T>(T first, T second, string firstName, string secondName)
    {
        IDataView data = _context.Data.LoadFromEnumerable(Enumerable.Range(0, 10).Select(
            i => new Labelled<T> { Sentence1 = $"Text {i % 2}.", Value = i % 2 == 0 ? first : second }));
        IDataView keyed = _context.Transforms.Conversion.MapValueToKey("Label", "Value").Fit(data).Transform(data);
        using RetNetTransformer model = Fit(keyed, "Label");
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, model, keyed.Schema);
        CultureInfo culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo("fa-IR");
        try
        {
            foreach (ITransformer transformer in (ITransformer[])[model, file.Load(_context)])
            {
                IDataView scored = transformer.Transform(keyed);
                Assert.Equal(keyed.Schema["Label"].Annotations.Schema["KeyValues"].Type,
                    scored.Schema["PredictedLabel"].Annotations.Schema["KeyValues"].Type);
                VBuffer<ReadOnlyMemory<char>> names = default;
                scored.Schema["Score"].GetSlotNames(ref names);
                Assert.Equal([firstName, secondName], names.DenseValues().Select(name => name.ToString()));
                IDataView values = _context.Transforms.Conversion.MapKeyToValue("Value", "PredictedLabel").Fit(scored).Transform(scored);
                Assert.Equal(data.GetColumn<T>("Value"), values.GetColumn<T>("Value"));
            }
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    private RetNetTransformer Fit(IDataView data, string label) => _context.MulticlassClassification.Trainers.RetNetTextClassification(
        ReviewTrainers.Classifier(options => (options.LabelColumnName, options.MaxEpoch) = (label, 40))).Fit(data);

    private static IEnumerable<T> KeyValues<T>(DataViewSchema.Column column)
    {
        VBuffer<T> values = default;
        column.GetKeyValues(ref values);
        return values.DenseValues();
    }

    private sealed class Labelled<T>
    {
        public string? Sentence1 { get; set; }

        public T? Value { get; set; }
    }
}
