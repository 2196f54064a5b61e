namespace RetNet.Extensions.Benchmarks.Conversations;

/// <summary>How states fare that stay in memory for a time after their last turn, or as long as there is room.</summary>
/// <param name="HitRate">The share of later turns, those that have a state to find, that find it in memory.</param>
/// <param name="Reads">Those that read it from storage.</param>
/// <param name="Mean">States in memory on average, where every day is like this one.</param>
/// <param name="Peak">States in memory at most.</param>
internal sealed record WarmStates(double HitRate, long Reads, double Mean, int Peak)
{
    /// <summary>States are kept for a time after each turn, in any number.</summary>
    public static WarmStates KeptFor(double seconds, IReadOnlyList<Sessions.Turn> turns) => Run(turns, seconds, int.MaxValue);

    /// <summary>The states that were used last are kept.</summary>
    public static WarmStates OfTheLast(int capacity, IReadOnlyList<Sessions.Turn> turns) => Run(turns, double.PositiveInfinity, capacity);

    private static WarmStates Run(IReadOnlyList<Sessions.Turn> turns, double seconds, int capacity)
    {
        // Least recently used first.
        LinkedList<Sessions.Turn> warm = [];
        Dictionary<int, LinkedListNode<Sessions.Turn>> nodes = [];
        HashSet<int> known = [];
        (long later, long hits, int peak, double stateSeconds) = (0, 0, 0, 0);
        double end = turns[^1].Time;
        foreach (Sessions.Turn turn in turns)
        {
            while (warm.First is { } oldest && turn.Time - oldest.Value.Time > seconds)
                Leave(oldest, oldest.Value.Time + seconds);
            if (!known.Add(turn.Session))
                later++;
            if (nodes.TryGetValue(turn.Session, out LinkedListNode<Sessions.Turn>? node))
            {
                hits++;
                Leave(node, turn.Time);
            }

            if (warm.Count == capacity)
                Leave(warm.First!, turn.Time);
            nodes.Add(turn.Session, warm.AddLast(turn));
            peak = Math.Max(peak, warm.Count);
        }

        while (warm.First is { } left)
            Leave(left, Math.Min(end, left.Value.Time + seconds));
        return new WarmStates((double)hits / later, later - hits, Math.Min(capacity, stateSeconds / Sessions.SecondsOfADay), peak);

        void Leave(LinkedListNode<Sessions.Turn> node, double time)
        {
            stateSeconds += time - node.Value.Time;
            nodes.Remove(node.Value.Session);
            warm.Remove(node);
        }
    }
}
