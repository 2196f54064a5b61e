using RetNet.Extensions.Benchmarks.Engines;
using RetNet.Extensions.Benchmarks.Machine;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>Decoding in every weight format behind every context, here, here with TOVA and in the peers by turns, with the machine's
/// bandwidth in every round.</summary>
internal sealed class DecodeMeasurement : IMeasurement
{
    public string Name => "decode";

    public void Run(Session session)
    {
        foreach (WeightKind kind in session.Kinds)
        {
            using OurEngine ours = session.OpenTransformer(kind);
            IEngine[] engines = [ours, .. session.OpenPeers(kind)];
            foreach (int context in session.Contexts)
                Measure(session, kind, context, ours, engines);
        }
    }

    private static void Measure(Session session, WeightKind kind, int context, OurEngine ours, IEngine[] engines)
    {
        session.Report($"decode {kind.Name} at {context}");
        StateOptions full = ours.Options, tova = full with { Policy = new Tova(Session.TovaRows) };

        // The plot shows one kind at all contexts; of the others those are of interest that TOVA shortens.
        bool hasTova = kind == WeightKind.Usual || context > Session.TovaRows;
        ours.Decode(context, 1);
        long state = ours.StateBytes(context);
        session.Log.Add(new(Measures.StateBytes, ours.Name, kind.Name, context), 0, state);
        session.Log.Add(new(Measures.DecodeBytes, ours.Name, kind.Name, context), 0, ours.Model.Info.WeightBytesPerToken + state);
        if (hasTova)
        {
            ours.Options = tova;
            ours.Decode(context, 1);
            session.Log.Add(new(Measures.TovaStateBytes, ours.Name, kind.Name, context), 0, ours.StateBytes(context));
        }

        session.Interleave(engines, (engine, round) =>
        {
            ours.Options = full;
            session.Log.Add(new(Measures.Decode, engine.Name, kind.Name, context), round, engine.Decode(context, session.Tokens));
            if (engine != ours)
                return;
            session.Log.Add(new(Measures.Bandwidth, "", kind.Name, context), round, ReadBandwidth.Measure(session.Threads));
            if (!hasTova)
                return;
            ours.Options = tova;
            session.Log.Add(new(Measures.Tova, ours.Name, kind.Name, context), round, ours.Decode(context, session.Tokens));
        });
        ours.Options = full;
    }
}
