using RetNet.Extensions.Benchmarks.Engines;
using RetNet.Extensions.Benchmarks.Machine;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>Prompts and generation in every weight format, ours and llama.cpp's by turns, with the machine's own speed in every
/// round.</summary>
/// <param name="name">decode, prefill or tova: which part of it.</param>
internal sealed class SpeedMeasurement(string name) : IMeasurement
{
    public const string Decode = "decode";
    public const string Prefill = "prefill";
    public const string Tova = "tova";

    public string Name => name;

    public void Run(Session session)
    {
        foreach (WeightKind kind in WeightKind.All)
        {
            using OurEngine ours = session.OpenTransformer(kind);
            using LlamaCppEngine? theirs = session.OpenLlamaCpp(kind);
            IEngine[] engines = theirs is null ? [ours] : [ours, theirs];
            switch (name)
            {
                case Decode:
                    MeasureDecoding(session, kind, ours, engines);
                    break;
                case Prefill:
                    MeasurePrompts(session, kind, ours, engines);
                    break;
                default:
                    MeasureTova(session, kind, ours);
                    break;
            }
        }
    }

    private static void MeasureDecoding(Session session, WeightKind kind, OurEngine ours, IEngine[] engines)
    {
        foreach (int context in session.Contexts)
        {
            WarmUp(session, $"decode {kind.Name} at {context}", engines, engine => engine.Decode(context, 1));
            long state = ours.StateBytes(context);
            session.Log.Add(new(Measures.StateBytes, ours.Name, kind.Name, context), 0, state);
            session.Log.Add(new(Measures.DecodeBytes, ours.Name, kind.Name, context), 0, ours.Model.Info.WeightBytesPerToken + state);
        }

        session.Interleave(engines, (engine, round) =>
        {
            if (engine == ours)
                session.Log.Add(new(Measures.Bandwidth, "", kind.Name), round, ReadBandwidth.Measure(session.Threads));
            foreach (int context in session.Contexts)
                session.Log.Add(new(Measures.Decode, engine.Name, kind.Name, context), round, engine.Decode(context, session.Tokens));
        });
    }

    private static void MeasurePrompts(Session session, WeightKind kind, OurEngine ours, IEngine[] engines)
    {
        WarmUp(session, $"prefill {kind.Name}", engines, engine => engine.Prefill(Session.PromptTokens));
        session.Log.Add(new(Measures.PrefillOperations, ours.Name, kind.Name, Session.PromptTokens), 0, OperationsPerToken(session, ours));
        session.Interleave(engines, (engine, round) =>
        {
            if (engine == ours)
                session.Log.Add(new(Measures.Peak, "", kind.Name), round, MultiplyAddPeak.Measure(session.Threads));
            session.Log.Add(new(Measures.Prefill, engine.Name, kind.Name, Session.PromptTokens), round,
                engine.Prefill(Session.PromptTokens));
        });
    }

    private static void MeasureTova(Session session, WeightKind kind, OurEngine ours)
    {
        // The plot shows one kind at all contexts; of the others the longest is of interest.
        int[] contexts = kind == WeightKind.Usual ? [.. session.Contexts] : [session.Contexts.Max()];
        ours.Options = ours.Options with { Policy = new Tova(Session.TovaRows) };
        foreach (int context in contexts)
        {
            WarmUp(session, $"TOVA {kind.Name} at {context}", [ours], engine => engine.Decode(context, 1));
            session.Log.Add(new(Measures.TovaStateBytes, ours.Name, kind.Name, context), 0, ours.StateBytes(context));
        }

        session.Interleave([ours], (engine, round) =>
        {
            foreach (int context in contexts)
                session.Log.Add(new(Measures.Tova, engine.Name, kind.Name, context), round, engine.Decode(context, session.Tokens));
        });
    }

    private static void WarmUp(Session session, string what, IEngine[] engines, Action<IEngine> run)
    {
        session.Report(what);
        foreach (IEngine engine in engines)
            run(engine);
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
