using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.ML;
using Microsoft.ML.Data;
using RetNet.Extensions.Benchmarks.Machine;

namespace RetNet.Extensions.Benchmarks.Scoring;

/// <summary>One figure of a build, as a line of its output: name, value, unit and, where vectors were computed, their hash.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Unit">Its unit; rows/s are the more the better, other units the less.</param>
/// <param name="Value">The median.</param>
/// <param name="Hash">A hash of all vectors: the same in two builds if every bit is.</param>
internal sealed record ScoringMeasure(string Name, string Unit, double Value, string Hash)
{
    public const string RowsPerSecond = "rows/s", Microseconds = "µs", Seconds = "s";

    private static readonly TimeSpan Least = TimeSpan.FromSeconds(1);

    /// <summary>Rows per second of a cursor that reads the output of all rows, in the median pass. Each pass is over a view of its own, so
    /// that none finds what another has computed.</summary>
    public static ScoringMeasure Cursor(string name, MLContext context, ITransformer transformer, TextRow[] rows)
    {
        IDataView data = context.Data.LoadFromEnumerable(rows);
        (double seconds, string hash) = Median(hash => ReadAll(transformer.Transform(data), hash));
        return new ScoringMeasure(name, RowsPerSecond, rows.Length / seconds, hash);
    }

    /// <summary>Microseconds of a row in a prediction engine, in the median pass over all rows.</summary>
    public static ScoringMeasure Engine(string name, MLContext context, ITransformer transformer, TextRow[] rows)
    {
        PredictionEngineOptions options = new() { OwnsTransformer = false };
        using PredictionEngine<TextRow, TextScore> engine = context.Model.CreatePredictionEngine<TextRow, TextScore>(transformer, options);
        TextScore score = new();
        (double seconds, string hash) = Median(hash =>
        {
            foreach (TextRow row in rows)
            {
                engine.Predict(row, ref score);
                hash?.AppendData(MemoryMarshal.AsBytes<float>(score.Score));
            }
        });
        return new ScoringMeasure(name, Microseconds, seconds / rows.Length * 1e6, hash);
    }

    /// <summary>Seconds of a fit.</summary>
    public static ScoringMeasure Fit(string name, MLContext context, IEstimator<ITransformer> pipeline, TextRow[] rows)
    {
        IDataView data = context.Data.LoadFromEnumerable(rows);
        long start = Stopwatch.GetTimestamp();
        ITransformer fitted = pipeline.Fit(data);
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        (fitted as IDisposable)?.Dispose();
        return new ScoringMeasure(name, Seconds, seconds, "");
    }

    /// <summary>Reads what <see cref="ToString"/> wrote.</summary>
    public static ScoringMeasure Parse(string line)
    {
        string[] parts = line.Split('\t');
        return new ScoringMeasure(parts[0], parts[2], double.Parse(parts[1], CultureInfo.InvariantCulture), parts[3]);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}\t{Value:G6}\t{Unit}\t{Hash}");

    private static void ReadAll(IDataView data, IncrementalHash? hash)
    {
        DataViewSchema.Column column = data.Schema[TextPipeline.Output];
        using DataViewRowCursor cursor = data.GetRowCursor([column]);
        ValueGetter<VBuffer<float>> getter = cursor.GetGetter<VBuffer<float>>(column);
        VBuffer<float> vector = default;
        while (cursor.MoveNext())
        {
            getter(ref vector);
            hash?.AppendData(MemoryMarshal.AsBytes(vector.GetValues()));
        }
    }

    // The first passes compile, and one of them hashes; then as many as a second takes, three at least.
    private static (double Seconds, string Hash) Median(Action<IncrementalHash?> pass)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        pass(hash);
        for (long began = Stopwatch.GetTimestamp(); Stopwatch.GetElapsedTime(began) < Least / 2;)
            pass(null);
        List<double> seconds = [];
        for (long began = Stopwatch.GetTimestamp(); seconds.Count < 3 || Stopwatch.GetElapsedTime(began) < Least;)
        {
            long start = Stopwatch.GetTimestamp();
            pass(null);
            seconds.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return (seconds.Median(), Convert.ToHexStringLower(hash.GetHashAndReset())[..16]);
    }
}
