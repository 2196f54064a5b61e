using System.Diagnostics;
using System.Security.Cryptography;
using RetNet.Extensions.Fuzz.Mutations;

namespace RetNet.Extensions.Fuzz;

/// <summary>Feeds a reader with changed inputs for some time, and counts.</summary>
/// <param name="reader">The reader.</param>
/// <param name="seed">Where the changes begin.</param>
internal sealed class FuzzRun(Reader reader, int seed)
{
    private const int MostInputBytes = 1 << 18;
    private const int MostChanges = 4;

    // Accepted inputs are changed further, so many of them beside the seeds.
    private const int MostAccepted = 256;

    private readonly Random _random = new(seed);
    private readonly List<byte[]> _pool = [.. reader.Seeds];
    private readonly Dictionary<string, (byte[] Input, string Fault)> _failures = [];

    public long Inputs { get; private set; }

    public long Accepted { get; private set; }

    public long Refused { get; private set; }

    /// <summary>Inputs that failed and what was wrong, one of each kind.</summary>
    public IReadOnlyCollection<(byte[] Input, string Fault)> Failures => _failures.Values;

    /// <summary>The input that is being read, for whoever ends a run that hangs.</summary>
    public byte[]? Current { get; private set; }

    public void Run(TimeSpan time)
    {
        long start = Stopwatch.GetTimestamp();
        foreach (byte[] input in reader.Seeds)
            Judge(input);
        while (Stopwatch.GetElapsedTime(start) < time)
            Judge(Change(_pool[_random.Next(_pool.Count)]));
    }

    /// <summary>The name of an input's file.</summary>
    public static string FileName(byte[] input) => Convert.ToHexStringLower(SHA256.HashData(input).AsSpan(0, 6));

    private byte[] Change(byte[] input)
    {
        Mutation mutation = new(_random, reader.Seeds);
        for (int i = _random.Next(1, MostChanges + 1); i > 0; i--)
        {
            byte[] changed = reader.Mutate(input, mutation);
            if (changed.Length <= MostInputBytes)
                input = changed;
        }

        return input;
    }

    private void Judge(byte[] input)
    {
        Inputs++;
        Current = input;
        Verdict verdict = Watchdog.Judge(reader, input);
        Current = null;
        switch (verdict.Outcome)
        {
            case Outcome.Accepted:
                Accepted++;
                if (_pool.Count < reader.Seeds.Count + MostAccepted)
                    _pool.Add(input);
                else
                    _pool[reader.Seeds.Count + _random.Next(MostAccepted)] = input;
                break;
            case Outcome.Refused:
                Refused++;
                break;
            default:
                _failures.TryAdd(Kind(verdict.Fault!), (input, verdict.Fault!));
                break;
        }
    }

    /// <summary>The fault without numbers: its first line, and where it was thrown.</summary>
    private static string Kind(string fault)
    {
        string[] lines = fault.Split('\n');
        string type = lines[0].Split(':')[0];
        string place = lines.FirstOrDefault(line => line.TrimStart().StartsWith("at RetNet.", StringComparison.Ordinal)) ?? "";
        return place.Length == 0 ? string.Concat(fault.Where(character => !char.IsAsciiDigit(character))) : $"{type}{place.TrimEnd()}";
    }
}
