using System.Text.Json;

namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>The samples of this run and of earlier ones in the same file, JSON lines. A series that is measured again replaces what the
/// file had of it, or adds rounds to it.</summary>
internal sealed class SampleLog
{
    private readonly string _path;
    private readonly bool _isAppending;
    private readonly Dictionary<Series, List<double>> _samples = [];

    /// <param name="path">The file; created when there is none.</param>
    /// <param name="isAppending">Whether what is measured again is rounds more of it.</param>
    public SampleLog(string path, bool isAppending = false)
    {
        (_path, _isAppending) = (path, isAppending);
        if (!File.Exists(path))
            return;
        foreach (string line in File.ReadLines(path))
        {
            Keep(JsonSerializer.Deserialize<Sample>(line)
                ?? throw new InvalidDataException($"{path} has a line '{line}'; expected a sample."));
        }
    }

    /// <summary>Adds a sample and writes it at once: what was measured stays when the run is ended.</summary>
    public void Add(Series series, int round, double value)
    {
        int number = _isAppending && _samples.TryGetValue(series, out List<double>? known) ? known.Count : round;
        Sample sample = new(series, number, value);
        Keep(sample);
        File.AppendAllText(_path, JsonSerializer.Serialize(sample) + "\n");
    }

    /// <summary>The median of a series.</summary>
    /// <returns>The median; null for a series that was not measured.</returns>
    public double? Median(Series series)
    {
        if (!_samples.TryGetValue(series, out List<double>? values))
            return null;
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    /// <summary>The medians of all series of a quantity.</summary>
    public IEnumerable<double> Medians(string measure) =>
        _samples.Keys.Where(key => key.Measure == measure).Select(key => Median(key)!.Value);

    /// <summary>The fastest of several engines, by its median.</summary>
    /// <returns>Null where none of them was measured.</returns>
    public (string Engine, double Value)? Best(string measure, IEnumerable<string> engines, string format, int context) => engines
        .Select(engine => (Engine: engine, Value: Median(new(measure, engine, format, context))))
        .Where(found => found.Value is not null)
        .OrderByDescending(found => found.Value)
        .Select(found => ((string, double)?)(found.Engine, found.Value!.Value))
        .FirstOrDefault();

    /// <summary>The largest number of rounds of any series.</summary>
    public int Rounds => _samples.Values.Select(values => values.Count).DefaultIfEmpty().Max();

    /// <summary>The contexts for which a quantity was measured, in order.</summary>
    public int[] Contexts(string measure, string engine, string format) =>
        [.. _samples.Keys.Where(key => (
            key.Measure, key.Engine, key.Format) == (measure, engine, format)).Select(key => key.Context).Order()];

    // The first round of a series replaces earlier samples.
    private void Keep(Sample sample)
    {
        if (sample.Round == 0 || !_samples.TryGetValue(sample.Series, out List<double>? values))
            _samples[sample.Series] = values = [];
        values.Add(sample.Value);
    }
}
