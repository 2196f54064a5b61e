using RetNet.Extensions.Benchmarks.Engines;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>
/// A RetNet's time per token at positions near and far, and eight sequences of it beside eight of the Transformer of equal size; the states
/// of both in float32, the default.
/// </summary>
internal sealed class RetNetMeasurement : IMeasurement
{
    /// <summary>The far position.</summary>
    public const int LongContext = 32768;

    /// <summary>Sequences at once.</summary>
    public const int Batch = 8;

    /// <summary>Tokens that each of them has seen.</summary>
    public const int BatchContext = 8192;

    public string Name => "retnet";

    public void Run(Session session)
    {
        WeightKind kind = WeightKind.Usual;
        using OurEngine retNet = session.OpenRetNet(kind.Format);
        int[] contexts = [.. session.Contexts, LongContext];
        foreach (int context in contexts)
        {
            session.Report($"RetNet at {context}");
            retNet.Decode(context, 1);
            session.Log.Add(new(Measures.RetNetStateBytes, retNet.Name, kind.Name, context), 0, retNet.StateBytes(context));
        }

        session.Interleave([retNet], (engine, round) =>
        {
            foreach (int context in contexts)
                session.Log.Add(new(Measures.RetNet, engine.Name, kind.Name, context), round, engine.Decode(context, session.Tokens));
        });

        using OurEngine transformer = session.OpenTransformer(kind);
        transformer.Options = retNet.Options;
        session.Report($"{Batch} sequences at {BatchContext}");
        LogBytes(session, kind, Measures.RetNetBatchBytes, retNet);
        LogBytes(session, kind, Measures.TransformerBatchBytes, transformer);
        session.Interleave([retNet, transformer], (engine, round) =>
        {
            string measure = engine == retNet ? Measures.RetNetBatch : Measures.TransformerBatch;
            session.Log.Add(new(measure, engine.Name, kind.Name, BatchContext), round,
                ((OurEngine)engine).Generate(Batch, BatchContext, session.Tokens / 2));
        });
    }

    private static void LogBytes(Session session, WeightKind kind, string measure, OurEngine engine)
    {
        ModelInfo info = engine.Model.Info;
        session.Log.Add(new(measure, engine.Name, kind.Name, BatchContext), 0,
            info.WeightBytes + (Batch * engine.StateBytes(BatchContext)));
    }
}
