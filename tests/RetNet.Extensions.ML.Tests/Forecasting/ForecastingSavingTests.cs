using System.Text;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Forecasting;

namespace RetNet.Extensions.ML.Tests.Forecasting;

public sealed class ForecastingSavingTests
{
    private const int Horizon = 6;

    private readonly MLContext _context = new(seed: 1);

    [Fact]
    public async Task A_model_loads_in_another_process_by_ML_NET_alone_with_the_same_values_bit_for_bit()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Sale.Rows(30));
        using RetNetForecastingTransformer model = Fit(data, continues: false);
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, model, data.Schema);

        string[] expected = LoaderProgram.Values(model.Transform(data), "Forecast");

        Assert.Equal(30, expected.Length);
        Assert.Equal(expected, await LoaderProgram.RunAsync(file.Path, "Forecast", 30));
    }

    [Theory]
    [InlineData(30)]
    [InlineData(4990)]
    public void What_is_known_of_the_series_is_saved(int known)
    {
        List<Sale> rows = Sale.Rows(known + 10);
        IDataView test = _context.Data.LoadFromEnumerable(rows.Skip(known));
        using RetNetForecastingTransformer model = Fit(_context.Data.LoadFromEnumerable(rows.Take(known)), continues: true);
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, model, test.Schema);
        using ModelArchiveFile second = new();
        using IDisposable loaded = (IDisposable)file.Load(_context);
        _context.Model.Save((ITransformer)loaded, test.Schema, second.Path);
        using IDisposable again = (IDisposable)second.Load(_context);

        float[][] expected = [.. model.Transform(test).GetColumn<float[]>("Forecast")];

        Assert.Equal(ForecastingTests.Expected(rows, Horizon, 7), expected[^1], ForecastingTests.Near);
        Assert.Equal(expected, ((ITransformer)loaded).Transform(test).GetColumn<float[]>("Forecast"));
        Assert.Equal(expected, ((ITransformer)again).Transform(test).GetColumn<float[]>("Forecast"));
        Exception exception = Assert.Throws<InvalidOperationException>(() => ((ITransformer)loaded)
            .Transform(_context.Data.LoadFromEnumerable(rows)).GetColumn<float[]>("Forecast").Count());
        Assert.Contains("comes after", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Wide_data_stay_wide()
    {
        IDataView data = _context.Data.LoadFromEnumerable((WideRow[])[new() { Values = [1, 2, 3, 4, 5] }]);
        using RetNetForecastingTransformer model = _context.Forecasting.ForecastByRetNet("Forecast", "Values", Horizon,
            modelPath: TinyForecaster.Path).Fit(data);
        using ModelArchiveFile file = ModelArchiveFile.Save(_context, model, data.Schema);
        using IDisposable loaded = (IDisposable)file.Load(_context);

        Assert.True(((ITransformer)loaded).IsRowToRowMapper);
        Assert.Equal(model.Transform(data).GetColumn<float[]>("Forecast"),
            ((ITransformer)loaded).Transform(data).GetColumn<float[]>("Forecast"));
    }

    [Theory]
    [InlineData("Horizon", "0")]
    [InlineData("ConfidenceLevel", "1")]
    [InlineData("OutputColumnName", "\"\"")]
    [InlineData("SeasonLengths", "[1]")]
    [InlineData("Views", "9")]
    public void A_setting_out_of_range_is_named(string setting, string value)
    {
        using ModelArchiveFile file = Save();
        file.Forge("settings.json", content =>
        {
            JsonObject settings = JsonNode.Parse(content)!.AsObject();
            settings[setting] = JsonNode.Parse(value);
            return Encoding.UTF8.GetBytes(settings.ToJsonString());
        });

        string message = file.LoadingFails();

        Assert.Contains("The model archive is damaged", message, StringComparison.Ordinal);
        Assert.Contains(setting, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_entries_are_refused()
    {
        foreach (string entry in (string[])["series.bin", "config.json", "model.safetensors", "settings.json"])
        {
            using ModelArchiveFile file = Save();
            file.Change(entry, content => content[..^1]);
            Assert.Contains($"entry '{entry}'", file.LoadingFails(), StringComparison.Ordinal);
        }

        byte[] series = [];
        using (ModelArchiveFile file = Save())
            series = file.Read("series.bin");
        for (int length = 0; length < series.Length; length += 7)
        {
            using ModelArchiveFile file = Save();
            file.Forge("series.bin", content => content[..length]);
            Assert.Contains("series.bin", file.LoadingFails(), StringComparison.Ordinal);
        }
    }

    private RetNetForecastingTransformer Fit(IDataView data, bool continues) => _context.Forecasting.ForecastByRetNet(
        "Forecast", "Value", Horizon, timestampColumnName: "Day", continueSeries: continues, modelPath: TinyForecaster.Path).Fit(data);

    private ModelArchiveFile Save()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Sale.Rows(10));
        using RetNetForecastingTransformer model = Fit(data, continues: false);
        return ModelArchiveFile.Save(_context, model, data.Schema);
    }
}
