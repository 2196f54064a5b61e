using RetNet.Extensions.Core.Forecasting.Series;
using RetNet.Extensions.Core.Training.Run;

namespace RetNet.Extensions.Core.Forecasting.Training;

/// <summary>A user's series to fine-tune on: windows of them, cut at random, and their last steps, which are held back to measure
/// by.</summary>
internal sealed class FineTuningSeries
{
    private const int Shortest = 4;
    private const int Longest = 1024;

    private readonly PatchShape _shape;
    private readonly int _horizon;
    private readonly List<(double[] Values, int[] Seasons)> _series = [];
    private readonly string _fingerprint;

    /// <exception cref="ArgumentException">A series has a value that can't be used, an option is out of range, or no series is longer than
    /// the horizon and some steps.</exception>
    public FineTuningSeries(PatchShape shape, IReadOnlyList<SeriesInput> series, int horizon)
    {
        Forecaster.CheckHorizon(horizon);
        (_shape, _horizon) = (shape, horizon);
        foreach (SeriesInput input in series)
        {
            double[] values = input.Values.ToArray();
            for (int step = 0; step < values.Length; step++)
                Forecaster.CheckValue(values[step], step);
            bool canLearn = values.AsSpan(0, Math.Max(0, values.Length - horizon)).ToArray().Count(double.IsFinite) >= Shortest;
            if (canLearn && values[^horizon..].Any(double.IsFinite))
                _series.Add((values, (input.Options ?? SeriesOptions.Default).CheckedSeasons()));
        }

        if (_series.Count == 0)
        {
            throw new ArgumentException($"None of {series.Count} series has {Shortest} values before its last {horizon} steps, which are "
                + "held back, and a value in them; expected at least one such series.");
        }

        _fingerprint = DataFingerprint.Of(string.Join(' ', _series.Select(one => string.Join(',', one.Values))));
    }

    /// <summary>Windows of what comes before the last steps; without end.</summary>
    /// <param name="seed">Seed of the cuts.</param>
    public ISeriesSource Windows(int seed) => new Source(
        _series.Sum(one => Math.Max(1.0, (double)one.Values.Length / Longest)), $"windows {seed} of {_fingerprint}", index =>
            Cut(seed, index));

    /// <summary>Each series, of which only the last steps are measured.</summary>
    public ISeriesSource LastSteps() => new Source(_series.Count, $"last {_horizon} steps of {_fingerprint}", index =>
    {
        (double[] values, int[] seasons) = _series[(int)index];
        int known = values.Length - _horizon;
        int first = Math.Max(0, known - (4 * Longest));
        return new TrainingSeries(
            values[first..], known - first, QuantileSteps.TokensAhead(_shape, _horizon), seasons, FirstTarget: known - first);
    });

    /// <summary>A window: the end of the known part or an earlier one, from the beginning or from later on, of which the model is told all
    /// but up to a horizon of steps.</summary>
    private TrainingSeries Cut(int seed, long index)
    {
        RandomStream random = new(seed, ~index);
        (double[] values, int[] seasons) = _series[random.Next(_series.Count)];
        int length = values.Length - _horizon;
        int end = random.Next(2) == 0 ? length : Shortest + random.Next(length - Shortest + 1);
        int start = Math.Max(0, end - Longest);
        if (random.Next(3) == 0)
            start += random.Next(Math.Max(1, end - start - Shortest));
        int ahead = random.Next(QuantileSteps.TokensAhead(_shape, _horizon) + 1);
        int hidden = 1 + random.Next(Math.Min(_horizon, end - start - 2));
        return new TrainingSeries(values[start..end], end - start - hidden, ahead, seasons);
    }

    private sealed class Source(double count, string fingerprint, Func<long, TrainingSeries> get) : ISeriesSource
    {
        public double Count => count;

        public string Fingerprint => fingerprint;

        public TrainingSeries Get(long index) => get(index);
    }
}
