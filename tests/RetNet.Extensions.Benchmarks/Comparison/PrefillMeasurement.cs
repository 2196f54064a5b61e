using RetNet.Extensions.Benchmarks.Engines;
using RetNet.Extensions.Benchmarks.Machine;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>Prompts in every weight format, here and in the peers by turns, with the machine's multiply-add peak in every round.</summary>
internal sealed class PrefillMeasurement : IMeasurement
{
    public string Name => "prefill";

    public void Run(Session session)
    {
        const int tokens = Session.PromptTokens;
        foreach (WeightKind kind in session.Kinds)
        {
            using OurEngine ours = session.OpenTransformer(kind);
            session.Report($"prefill {kind.Name}");
            ours.Prefill(tokens);
            session.Log.Add(new(Measures.PrefillOperations, ours.Name, kind.Name, tokens), 0, OperationsPerToken(session, ours));
            session.Interleave([ours, .. session.OpenPeers(kind)], (engine, round) =>
            {
                if (engine == ours)
                    session.Log.Add(new(Measures.Peak, "", kind.Name, tokens), round, MultiplyAddPeak.Measure(session.Threads));
                session.Log.Add(new(Measures.Prefill, engine.Name, kind.Name, tokens), round, engine.Prefill(tokens));
            });
        }
    }

    // Two per weight of the blocks (the head is computed for the last token alone), and per layer and earlier token four per value of a
    // row.
    private static double OperationsPerToken(Session session, OurEngine ours)
    {
        ModelInfo info = ours.Model.Info;
        double weights = info.Parameters - (2.0 * info.VocabularySize * info.Width);
        return (2 * weights) + (4.0 * session.Shape.Layers * session.Shape.Width * Session.PromptTokens / 2);
    }
}
