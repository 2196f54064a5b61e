using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Forecasting;

/// <summary>Forecasts several series in one forward of the decoder.</summary>
internal sealed class ForecastBatch(Forecaster forecaster, int horizon) : IDisposable
{
    // A longer series is read in pieces first.
    private const int MostTokens = 1024;

    private readonly ForecastWorkspace _w = new(forecaster.Configuration);
    private readonly int _ahead = QuantileSteps.TokensAhead(forecaster.Configuration.Shape, horizon);

    /// <summary>Tokens of a series of so many steps, those ahead included.</summary>
    public int TokensOf(int steps)
    {
        int stride = forecaster.Configuration.PatchLength;
        return (int)Math.Min(((long)steps + stride - 1) / stride, MostTokens) + _ahead;
    }

    /// <summary>Forecasts a range of series.</summary>
    public void Run(IReadOnlyList<SeriesInput> series, int first, int count, SeriesForecast[] forecasts)
    {
        ForecastingState[] states = new ForecastingState[count];
        try
        {
            SequenceInput[] inputs = new SequenceInput[count];
            int[] firstRows = new int[count];
            int rows = 0;
            for (int i = 0; i < count; i++)
            {
                SeriesInput input = series[first + i];
                states[i] = forecaster.CreateState(input.Options);
                states[i].Update(input.Values.Span[..Before(input.Values.Length)]);
                firstRows[i] = rows;
                int tokens = TokensOf(input.Values.Length);
                inputs[i] = new SequenceInput(states[i].Decoder, tokens);
                rows += tokens;
            }

            _w.Reserve(rows);
            long cost = 4000L * rows;
            forecaster.Pool.For(count, cost, (from, to) =>
            {
                for (int i = from; i < to; i++)
                {
                    ReadOnlySpan<double> values = series[first + i].Values.Span;
                    states[i].WriteTokens(_w, firstRows[i], values[Before(values.Length)..], _ahead);
                }
            });
            forecaster.Read(_w, inputs, rows);

            // Only the last token with an observation and those ahead predict something that is asked for.
            int wanted = 1 + _ahead;
            for (int i = 0; i < count; i++)
            {
                for (int token = 0; token < wanted; token++)
                    _w.Move(firstRows[i] + inputs[i].Count - wanted + token, (i * wanted) + token);
            }

            forecaster.Predict(_w, count * wanted);
            for (int i = 0; i < count; i++)
                forecasts[first + i] = states[i].ToForecast(_w, i * wanted, horizon);
        }
        finally
        {
            foreach (ForecastingState? state in states)
                state?.Dispose();
        }
    }

    public void Dispose() => _w.Dispose();

    /// <summary>Steps of a long series that are read before, in pieces.</summary>
    private int Before(int steps)
    {
        int stride = forecaster.Configuration.PatchLength;
        return (int)(Math.Max(0, (((long)steps + stride - 1) / stride) - MostTokens) * stride);
    }
}
