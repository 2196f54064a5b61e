using System.Diagnostics;
using RetNet.Extensions.Benchmarks.Report;
using RetNet.Extensions.Core;

namespace RetNet.Extensions.Benchmarks.Papers;

/// <summary>Figure 6 of the RetNet paper and beyond: loss by position, within the trained length and past it, beside speed and
/// memory.</summary>
internal sealed class PositionLoss
{
    private readonly int[][] _windows;
    private readonly int _piece;
    private readonly int[] _ends;
    private readonly ResultTable _table;

    /// <param name="windows">Tokens, as many in each.</param>
    /// <param name="piece">Tokens that are read at once.</param>
    public PositionLoss(int[][] windows, int piece)
    {
        (_windows, _piece) = (windows, piece);
        _ends = [.. Enumerable.Range(7, 24).Select(power => 1 << power).TakeWhile(end => end < windows[0].Length)];
        _table = new(["model", .. _ends.Select((end, i) => i == 0 ? $"to {end}" : $"{end / 2} to {end}"), "MB of state", "tokens/s"]);
    }

    /// <summary>A curve of each row.</summary>
    public List<Curve> Curves { get; } = [];

    /// <summary>Reads the windows one after the other and scores each token.</summary>
    /// <param name="model">The model.</param>
    /// <param name="name">As the table names it.</param>
    /// <param name="policy">Which rows a Transformer keeps.</param>
    public void Measure(TextModel model, string name, PolicyRows policy)
    {
        double[] nats = new double[_ends.Length];
        double[] losses = new double[_piece];
        long bytes = 0;
        Stopwatch clock = Stopwatch.StartNew();
        foreach (int[] window in _windows)
        {
            using SideBySide text = new(model.Model, [window], policy.Options);
            for (int bucket = 0; bucket < _ends.Length; bucket++)
            {
                while (text.Position < _ends[bucket])
                {
                    int count = Math.Min(_piece, _ends[bucket] - text.Position);
                    text.Score(count, losses.AsSpan(0, count));
                    nats[bucket] += losses.AsSpan(0, count).ToArray().Sum();
                }
            }

            bytes = text.States[0].ByteSize;
        }

        double seconds = clock.Elapsed.TotalSeconds;
        double[] means = [.. nats.Select((sum, i) => sum / _windows.Length / (i == 0 ? _ends[0] : _ends[i] / 2))];
        Curves.Add(new(name, LinePlot.Color(Curves.Count), [.. _ends.Zip(means, (x, y) => ((double)x, y))]));
        _table.Add([name, .. means.Select(mean => ResultTable.Number(mean, 3)),
            ResultTable.Number(bytes / 1e6, 1), ResultTable.Number(_windows.Length * (double)_ends[^1] / seconds, 0)]);
    }
}
