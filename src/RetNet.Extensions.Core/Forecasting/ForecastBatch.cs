using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Forecasting;

/// <summary>Forecasts several series in one forward of the decoder.</summary>
internal sealed class ForecastBatch(Forecaster forecaster, int horizon) : IDisposable
{
    // A longer series is read in pieces first.
    private const int MostTokens = 1024;

    private readonly ForecastWorkspace _w = new(forecaster.Configuration);
    private readonly int _ahead = QuantileSteps.TokensAhead(forecaster.Configuration.Shape, horizon);

    /// <summary>About how many tokens all views of a series have, those ahead included.</summary>
    public int TokensOf(SeriesInput series) =>
        (series.Options ?? SeriesOptions.Default).Views * (Math.Min(Patches(series.Values.Length), MostTokens) + _ahead);

    /// <summary>Forecasts a range of series.</summary>
    public void Run(IReadOnlyList<SeriesInput> series, int first, int count, SeriesForecast[] forecasts)
    {
        ForecastingState[] states = new ForecastingState[count];
        try
        {
            List<(SeriesView View, ReadOnlyMemory<double> Values, int Row)> parts = [];
            List<SequenceInput> inputs = [];
            int rows = 0;
            for (int i = 0; i < count; i++)
            {
                SeriesInput input = series[first + i];
                states[i] = forecaster.CreateBriefState(input.Options);
                foreach (SeriesView view in states[i].Views)
                {
                    int before = Before(view.Memory.Pending, input.Values.Length);
                    view.Update(input.Values.Span[..before], _w);
                    ReadOnlyMemory<double> values = input.Values[before..];
                    parts.Add((view, values, rows));
                    int tokens = Patches(view.Memory.Pending + values.Length) + _ahead;
                    inputs.Add(new SequenceInput(view.Decoder, tokens) { EndsSequence = true });
                    rows += tokens;
                }
            }

            _w.Reserve(rows);
            long cost = 4000L * rows;
            forecaster.Pool.For(parts.Count, cost, (from, to) =>
            {
                foreach ((SeriesView view, ReadOnlyMemory<double> values, int row) in parts[from..to])
                    view.WriteTokens(_w, row, values.Span, _ahead);
            });
            forecaster.Read(_w, inputs.ToArray(), rows);

            // Only the last token with an observation and those ahead predict something that is asked for.
            int wanted = 1 + _ahead;
            for (int i = 0; i < parts.Count; i++)
            {
                for (int token = 0; token < wanted; token++)
                    _w.Move(parts[i].Row + inputs[i].Count - wanted + token, (i * wanted) + token);
            }

            forecaster.Predict(_w, parts.Count * wanted);
            int next = 0;
            for (int i = 0; i < count; i++)
            {
                forecasts[first + i] = states[i].ToForecast(_w, next, horizon);
                next += states[i].Views.Length * wanted;
            }
        }
        finally
        {
            foreach (ForecastingState? state in states)
                state?.Dispose();
        }
    }

    public void Dispose() => _w.Dispose();

    /// <summary>The number of patches of so many steps.</summary>
    private int Patches(int steps)
    {
        int stride = forecaster.Configuration.PatchLength;
        return (int)(((long)steps + stride - 1) / stride);
    }

    /// <summary>Steps of a long series that are read before, in whole patches, of which the first may lack some steps.</summary>
    private int Before(int lacking, int steps)
    {
        int patches = Patches(lacking + steps) - MostTokens;
        return patches <= 0 ? 0 : (patches * forecaster.Configuration.PatchLength) - lacking;
    }
}
