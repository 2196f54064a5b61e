using RetNet.Extensions.Benchmarks.Engines;

namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>Bytes allocated on the garbage-collected heap while tokens are generated.</summary>
internal sealed class AllocationMeasurement : IMeasurement
{
    /// <summary>Tokens that the sequence has seen.</summary>
    public const int Context = 16;

    private const int Tokens = 128;

    public string Name => "gc";

    public void Run(Session session)
    {
        WeightKind kind = WeightKind.Usual;
        using OurEngine engine = session.OpenTransformer(kind);
        session.Report("allocations");
        engine.Generate(1, Context, Tokens);
        engine.ScheduledBytesPerTokenAsync(Context, Tokens).Wait();
        for (int round = 0; round < session.Rounds; round++)
        {
            session.Log.Add(new(Measures.Allocation, engine.Name, kind.Name, Context), round,
                engine.AllocatedBytesPerToken(Context, Tokens));
            session.Log.Add(new(Measures.ScheduledAllocation, engine.Name, kind.Name, Context), round,
                engine.ScheduledBytesPerTokenAsync(Context, Tokens).Result);
        }
    }
}
