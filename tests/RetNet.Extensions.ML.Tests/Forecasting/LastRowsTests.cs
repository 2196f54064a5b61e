using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.ML.Forecasting;

namespace RetNet.Extensions.ML.Tests.Forecasting;

/// <summary>What comes next of every series, once.</summary>
public sealed class LastRowsTests
{
    private const int Horizon = 5;

    private readonly MLContext _context = new(seed: 1);

    [Fact]
    public void Each_series_has_one_row_its_last()
    {
        List<Sale> rows = [.. Sale.Stores(24, "A", "B", "C").Where((_, i) => i is not (70 or 71))];
        IDataView data = _context.Data.LoadFromEnumerable(rows);
        using RetNetForecastingTransformer model = Estimator(continues: false).Fit(data);

        List<ForecastRow> last = _context.Read<ForecastRow>(_context.Transforms.CopyColumns("Quantiles", "Forecast")
            .Fit(model.TransformLast(data)).Transform(model.TransformLast(data)));

        Assert.Equal(["B", "C", "A"], last.Select(row => row.Store));
        foreach (ForecastRow row in last)
        {
            Assert.Equal(ForecastingTests.Expected(rows.Where(sale => sale.Store == row.Store), Horizon), row.Forecast,
                ForecastingTests.Near);
            Assert.Equal(rows.Last(sale => sale.Store == row.Store).Value, row.Value);
        }

        Assert.Equal(last.Select(row => row.Value), model.TransformLast(data).GetColumn<float>("Value"));
    }

    [Fact]
    public void They_continue_the_training_data_when_they_are_said_to()
    {
        List<Sale> rows = Sale.Stores(24, "A", "B");
        using RetNetForecastingTransformer model = Estimator(continues: true).Fit(_context.Data.LoadFromEnumerable(rows.Take(30)));

        float[][] last = [.. model.TransformLast(_context.Data.LoadFromEnumerable(rows.Skip(30))).GetColumn<float[]>("Forecast")];

        Assert.Equal(ForecastingTests.Expected(rows.Where(row => row.Store == "A"), Horizon), last[0], ForecastingTests.Near);
        Assert.Equal(ForecastingTests.Expected(rows.Where(row => row.Store == "B"), Horizon), last[1], ForecastingTests.Near);
    }

    [Fact]
    public void Their_positions_are_counted_from_0()
    {
        IDataView data = _context.Data.LoadFromEnumerable(Sale.Stores(30, "A", "B", "C"));
        using RetNetForecastingTransformer model = Estimator(continues: false).Fit(data);

        Assert.Equal([-1, 0, 1, 2, -1], Positions(model.TransformLast(data), "Forecast"));
        Assert.Equal([-1, 0, 1, 2, -1], Positions(model.TransformLast(data), "Store"));
        Assert.Equal([-1, .. Enumerable.Range(0, 90), -1], Positions(model.Transform(data), "Forecast"));

        static List<long> Positions(IDataView view, string column)
        {
            using DataViewRowCursor cursor = view.GetRowCursor([view.Schema[column]]);
            List<long> positions = [cursor.Position];
            while (cursor.MoveNext())
                positions.Add(cursor.Position);
            return [.. positions, cursor.Position];
        }
    }

    [Fact]
    public void Of_wide_data_all_rows_are_shown()
    {
        IDataView data = _context.Data.LoadFromEnumerable((WideRow[])[new() { Values = [1, 2] }, new() { Values = [3] }]);
        using RetNetForecastingTransformer model = _context.Forecasting.ForecastByRetNet("Forecast", "Values", Horizon,
            modelPath: TinyForecaster.Path).Fit(data);

        Assert.Equal(2, model.TransformLast(data).GetColumn<float[]>("Forecast").Count());
    }

    private RetNetForecastingEstimator Estimator(bool continues) => _context.Forecasting.ForecastByRetNet("Forecast", "Value", Horizon,
        "Lower", "Upper", groupColumnName: "Store", seasonLengths: [], continueSeries: continues, modelPath: TinyForecaster.Path);
}
