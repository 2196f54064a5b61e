using RetNet.Extensions.Benchmarks.Engines;
using RetNet.Extensions.Benchmarks.Machine;

namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>Generation while another process keeps one core busy, beside generation on a quiet machine.</summary>
internal sealed class BusyMeasurement : IMeasurement
{
    /// <summary>Tokens that the sequence has seen.</summary>
    public const int Context = 16;

    public string Name => "busy";

    public void Run(Session session)
    {
        WeightKind kind = WeightKind.Usual;
        using OurEngine ours = session.OpenTransformer(kind);
        using LlamaCppEngine? theirs = session.OpenLlamaCpp(kind);
        IEngine[] engines = theirs is null ? [ours] : [ours, theirs];
        session.Report("a busy core");
        foreach (IEngine engine in engines)
            engine.Decode(Context, 1);
        session.Interleave(engines, (engine, round) =>
        {
            session.Log.Add(new(Measures.Quiet, engine.Name, kind.Name, Context), round, engine.Decode(Context, session.Tokens));
            using BusyProcess busy = new();
            session.Log.Add(new(Measures.Busy, engine.Name, kind.Name, Context), round, engine.Decode(Context, session.Tokens / 2));
        });
    }
}
