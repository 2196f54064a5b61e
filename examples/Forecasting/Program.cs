using Forecasting;
using Microsoft.ML;
using RetNet.Extensions.Core.Forecasting;
using RetNet.Extensions.ML.Forecasting;

const int year = 12;
if (args is ["--help" or "-h", ..])
{
    Console.WriteLine("Forecasting [MODEL]: forecasts made-up sales with the weights of RetNet.Extensions.ML, or with MODEL.");
    return;
}

// Nine years; the last one is only looked at afterwards.
SalesMonth[] sales = SalesHistory.Create(9 * year);
SalesMonth[] known = sales[..^SalesForecast.Horizon], future = sales[^SalesForecast.Horizon..];

MLContext mlContext = new(seed: 1);
IDataView history = mlContext.Data.LoadFromEnumerable(known);
using RetNetForecastingTransformer forecaster = mlContext.Forecasting.ForecastByRetNet(
    "Forecast", "Sales", SalesForecast.Horizon, "Lower", "Upper", confidenceLevel: 0.8f, timestampColumnName: "Month",
    seasonLengths: [year], quantilesColumn: "Quantiles", modelPath: args.FirstOrDefault()).Fit(history);
SalesForecast forecast = mlContext.Data.CreateEnumerable<SalesForecast>(forecaster.Transform(history), reuseRowObject: false).Last();

Console.WriteLine($"Monthly sales, {known.Length} months of which {known.Count(month => float.IsNaN(month.Sales))} are missing.");
Console.WriteLine("The model has never seen them, and was not trained here.\n");
Console.WriteLine("month     sales   10 % median   90 %");
foreach ((int step, SalesMonth month) in future.Index())
{
    Console.WriteLine(
        $"{month.Month:yyyy-MM} {month.Sales,7:F1} {forecast.Lower[step],6:F1} {forecast.Forecast[step],6:F1} {forecast.Upper[step],6:F1}");
}

// Neither of the others takes missing values.
double[] filled = Fill([.. known.Select(month => (double)month.Sales)]);
(string Name, double[] Values)[] others =
[
    ("seasonal naive", filled[^SalesForecast.Horizon..]),
    ("SSA", SingularSpectrum.Forecast(filled, window: 3 * year, rank: 9, SalesForecast.Horizon)),
];
Console.WriteLine("\nmethod          sMAPE   MASE");
Measure("RetNet", [.. forecast.Quantiles.Select(value => (double)value)]);
foreach ((string name, double[] values) in others)
    Measure(name, [.. values.SelectMany(value => Enumerable.Repeat(value, SalesForecast.Levels))]);

int inside = future.Index().Count(month =>
    month.Item.Sales >= forecast.Lower[month.Index] && month.Item.Sales <= forecast.Upper[month.Index]);
Console.WriteLine($"\n{inside} of {future.Length} months lie within the interval of 80 %.");
string picture = Path.Combine(AppContext.BaseDirectory, "sales.svg");
Picture.Write(picture, sales, forecast, others);
Console.WriteLine($"Picture: {picture}");

void Measure(string name, double[] quantiles)
{
    ForecastAccuracy accuracy = ForecastAccuracy.Measure(
        [.. known.Select(month => (double)month.Sales)], [.. future.Select(month => (double)month.Sales)], quantiles,
        ForecasterConfiguration.Levels, year);
    Console.WriteLine($"{name,-14} {accuracy.Smape,6:F2} {accuracy.Mase,6:F3}");
}

// A missing value is that of the year before.
static double[] Fill(double[] values)
{
    for (int month = year; month < values.Length; month++)
        values[month] = double.IsNaN(values[month]) ? values[month - year] : values[month];
    return values;
}
