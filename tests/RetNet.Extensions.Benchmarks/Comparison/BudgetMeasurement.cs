using RetNet.Extensions.Benchmarks.Engines;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>
/// Texts of 4,096 tokens (512 of a prompt, then generated ones) with full caches and with TOVA, each with as many sequences at once as one
/// budget of state bytes allows. The budget is one full cache: with more, eight times as many sequences are bound by arithmetic on a CPU of
/// few cores.
/// </summary>
internal sealed class BudgetMeasurement : IMeasurement
{
    /// <summary>Rows that TOVA keeps.</summary>
    public const int Rows = 512;

    /// <summary>Tokens of a text.</summary>
    public const int TextTokens = 4096;

    /// <summary>Sequences with a full cache.</summary>
    public const int FullBatch = 1;

    // The time of a step grows linearly with the context, so it is measured at some contexts and interpolated between them.
    private static readonly int[] Points = [Session.PromptTokens, 2304, TextTokens - 16];

    public string Name => "budget";

    public void Run(Session session)
    {
        WeightKind kind = WeightKind.Usual;
        using OurEngine engine = session.OpenTransformer(kind);
        StateOptions full = engine.Options, tova = full with { Policy = new Tova(Rows) };
        session.Report("one memory budget, full cache and TOVA");
        long budget = FullBatch * StateBytes(engine, full);
        int tovaBatch = (int)(budget / StateBytes(engine, tova));
        session.Log.Add(new(Measures.BudgetFullBatch, engine.Name, kind.Name, TextTokens), 0, FullBatch);
        session.Log.Add(new(Measures.BudgetTovaBatch, engine.Name, kind.Name, TextTokens), 0, tovaBatch);
        for (int round = 0; round < session.Rounds; round++)
        {
            session.Log.Add(new(Measures.BudgetFull, engine.Name, kind.Name, TextTokens), round,
                Throughput(engine, full, FullBatch, Points));
            session.Log.Add(new(Measures.BudgetTova, engine.Name, kind.Name, TextTokens), round,
                Throughput(engine, tova, tovaBatch, Points[..1]));
        }
    }

    private static long StateBytes(OurEngine engine, StateOptions options)
    {
        engine.Options = options;
        return engine.StateBytes(TextTokens);
    }

    /// <summary>Tokens per second of a batch of whole texts.</summary>
    private static double Throughput(OurEngine engine, StateOptions options, int batch, int[] contexts)
    {
        const int steps = 64;
        engine.Options = options;
        double promptSeconds = batch * Session.PromptTokens / engine.Prefill(Session.PromptTokens);
        double[] stepSeconds = [.. contexts.Select(context => batch / engine.Generate(batch, context, steps))];
        double meanStep = stepSeconds.Length == 1 ? stepSeconds[0] : stepSeconds.Zip(stepSeconds.Skip(1), (a, b) => (a + b) / 2).Average();
        double generationSeconds = meanStep * (TextTokens - Session.PromptTokens);
        return batch * TextTokens / (promptSeconds + generationSeconds);
    }
}
