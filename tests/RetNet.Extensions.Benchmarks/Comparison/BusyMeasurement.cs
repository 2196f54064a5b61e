using RetNet.Extensions.Benchmarks.Engines;
using RetNet.Extensions.Benchmarks.Machine;

namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>Decoding while another process keeps one core busy, beside decoding on a quiet machine.</summary>
internal sealed class BusyMeasurement : IMeasurement
{
    /// <summary>Tokens that the sequence has seen.</summary>
    public const int Context = 16;

    public string Name => "busy";

    public void Run(Session session)
    {
        WeightKind kind = WeightKind.Usual;
        using OurEngine ours = session.OpenTransformer(kind);
        session.Report("a busy core");
        ours.Decode(Context, 1);
        session.Interleave([ours, .. session.OpenPeers(kind)], (engine, round) =>
        {
            session.Log.Add(new(Measures.Quiet, engine.Name, kind.Name, Context), round, engine.Decode(Context, session.Tokens));
            using BusyProcess busy = new();
            session.Log.Add(new(Measures.Busy, engine.Name, kind.Name, Context), round, engine.Decode(Context, session.Tokens / 2));
        });
    }
}
