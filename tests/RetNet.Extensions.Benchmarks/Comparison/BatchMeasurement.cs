using RetNet.Extensions.Benchmarks.Engines;

namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>Eight sequences at once beside one.</summary>
internal sealed class BatchMeasurement : IMeasurement
{
    /// <summary>Sequences at once.</summary>
    public const int Batch = 8;

    /// <summary>Tokens that each has seen.</summary>
    public const int Context = 16;

    public string Name => "batch";

    public void Run(Session session)
    {
        WeightKind kind = WeightKind.Usual;
        using OurEngine engine = session.OpenTransformer(kind);
        session.Report("batches");
        engine.Generate(Batch, Context, 1);
        for (int round = 0; round < session.Rounds; round++)
        {
            session.Log.Add(new(Measures.BatchOfOne, engine.Name, kind.Name, Context), round, engine.Generate(1, Context, session.Tokens));
            session.Log.Add(new(Measures.BatchOfEight, engine.Name, kind.Name, Context), round,
                engine.Generate(Batch, Context, session.Tokens));
        }
    }
}
