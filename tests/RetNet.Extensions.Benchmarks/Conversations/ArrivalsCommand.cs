using System.CommandLine;

namespace RetNet.Extensions.Benchmarks.Conversations;

/// <summary><c>arrivals</c>: how many turns find their state in memory, and what that takes, in a simulated day.</summary>
internal sealed class ArrivalsCommand : Command
{
    private readonly Option<int> _sessions = new("--sessions") { Description = "Sessions of the day.", DefaultValueFactory = _ => 100_000 };
    private readonly Option<double> _turns = new("--turns") { Description = "Turns of a session, mean.", DefaultValueFactory = _ => 3.5 };
    private readonly Option<double> _gap = new("--gap") { Description = "Seconds between turns, median.", DefaultValueFactory = _ => 100 };
    private readonly Option<double> _spread = new("--spread")
    {
        Description = "Standard deviation of the logarithm of that time.",
        DefaultValueFactory = _ => 1.5
    };

    private readonly Option<long> _bytes = new("--state-bytes") { Description = "Bytes of a state.", DefaultValueFactory = _ => 589_824 };
    private readonly Option<int> _seed = new("--seed") { Description = "Chooses the sessions.", DefaultValueFactory = _ => 1 };

    public ArrivalsCommand()
        : base("arrivals", "Simulates the sessions of a day, and tells how many turns find their state in memory and what that takes.")
    {
        foreach (Option option in (Option[])[_sessions, _turns, _gap, _spread, _bytes, _seed])
            Add(option);
        SetAction(parse => Run(
            new Sessions(parse.GetValue(_sessions), parse.GetValue(_turns), parse.GetValue(_gap), parse.GetValue(_spread),
                parse.GetValue(_seed)),
            parse.GetValue(_bytes), Console.Out));
    }

    private static int Run(Sessions sessions, long stateBytes, TextWriter output)
    {
        IReadOnlyList<Sessions.Turn> turns = sessions.Draw();
        output.WriteLine($"{sessions.Count:N0} sessions, {turns.Count:N0} turns, of which {turns.Count - sessions.Count:N0} continue one");
        output.WriteLine();
        output.WriteLine("| kept | found in memory | read from storage | states on average | at most | memory at most |");
        output.WriteLine("|---|---|---|---|---|---|");
        foreach (double minutes in (double[])[1, 2, 5, 10, 15, 30, 60, 240])
            Write($"{minutes} min", WarmStates.KeptFor(60 * minutes, turns));
        foreach (int capacity in (int[])[100, 300, 1_000, 3_000, 10_000])
            Write($"the last {capacity:N0}", WarmStates.OfTheLast(capacity, turns));
        return 0;

        void Write(string kept, WarmStates states) => output.WriteLine(
            $"| {kept} | {states.HitRate:P1} | {states.Reads:N0} | {states.Mean:N0} | {states.Peak:N0} | "
            + $"{states.Peak * (double)stateBytes / 1e9:F2} GB |");
    }
}
