using Spectre.Console;

namespace RetNet.Extensions.Benchmarks.Grammars;

/// <summary>Times of masks and of first masks, in microseconds.</summary>
internal sealed class GrammarMeasures
{
    private readonly List<(string What, double Microseconds)> _firsts = [], _masks = [];

    /// <summary>Schemas that were refused.</summary>
    public int Refused { get; set; }

    /// <summary>Valid instances.</summary>
    public int Instances { get; set; }

    /// <summary>Valid instances that were not allowed.</summary>
    public int Wrong { get; set; }

    /// <summary>All of both, the slowest first.</summary>
    public IEnumerable<(string What, double Microseconds)> Slowest =>
        _firsts.Select(first => ($"{first.What} (first mask)", first.Microseconds)).Concat(_masks).OrderByDescending(one => one.Item2);

    public void AddFirst(string what, TimeSpan time) => _firsts.Add((what, time.TotalMicroseconds));

    public void AddMask(string what, TimeSpan time) => _masks.Add((what, time.TotalMicroseconds));

    /// <summary>The lesser time of each that was measured in both.</summary>
    public GrammarMeasures Least(GrammarMeasures other)
    {
        GrammarMeasures least = new() { Refused = Refused, Instances = Instances, Wrong = Wrong };
        least._firsts.AddRange(Lesser(_firsts, other._firsts));
        least._masks.AddRange(Lesser(_masks, other._masks));
        return least;

        static IEnumerable<(string, double)> Lesser(
            List<(string What, double Microseconds)> left, List<(string, double Microseconds)> right) =>
            left.Zip(right, (one, two) => (one.What, Math.Min(one.Microseconds, two.Microseconds)));
    }

    public Table Table()
    {
        Table table = new Table().AddColumns("µs", "count", "p50", "mean", "p99", "most", "target");
        Add("mask", _masks, "p50 30, mean 60, p99 500");
        Add("schema to first mask", _firsts, "p50 1500, p99 30000");
        return table;

        void Add(string name, List<(string What, double Microseconds)> times, string target)
        {
            double[] sorted = [.. times.Select(time => time.Microseconds).Order()];
            if (sorted.Length > 0)
            {
                table.AddRow(
                    name, $"{sorted.Length}", $"{At(0.5):F1}", $"{sorted.Average():F1}", $"{At(0.99):F0}", $"{sorted[^1]:F0}", target);
            }

            double At(double share) => sorted[Math.Min((int)(share * sorted.Length), sorted.Length - 1)];
        }
    }
}
