using RetNet.Extensions.Benchmarks.Comparison;
using RetNet.Extensions.Benchmarks.Engines;

namespace RetNet.Extensions.Benchmarks.Report;

/// <summary>Makes figures of samples: medians, ratios of medians, shares of what the machine gives.</summary>
internal sealed class Figures(SampleLog log)
{
    private const double Gigabyte = 1e9;
    private const int LongContext = 7900;
    private static readonly int[] DecodeContextsWithTarget = [16, 2048];

    private readonly List<Figure> _figures = [];

    /// <summary>All figures whose samples are there.</summary>
    public static IReadOnlyList<Figure> Of(SampleLog log)
    {
        Figures figures = new(log);
        foreach (WeightKind kind in WeightKind.All)
        {
            figures.AddDecoding(kind);
            figures.AddTova(kind);
            figures.AddPrompts(kind);
        }

        figures.AddOurs();
        return figures._figures;
    }

    private void AddDecoding(WeightKind kind)
    {
        foreach (int context in log.Contexts(Measures.Decode, EngineNames.Ours, kind.Name))
        {
            double ours = log.Median(Ours(Measures.Decode, kind.Name, context))!.Value;
            double? bytes = log.Median(Ours(Measures.DecodeBytes, kind.Name, context)) * ours;
            double? share = bytes / log.Median(new(Measures.Bandwidth, "", kind.Name, context));
            AddAgainstPeers($"decode at {context:N0}, {kind.Name}", Measures.Decode, kind, context, ours, Target.AtLeast(1.1),
                Percent(share, "of bandwidth"));
            if (share is { } part && ShareTarget(kind.Name, context) is { } target)
            {
                _figures.Add(new("the same, share of read bandwidth", $"{bytes / Gigabyte:F1} GB/s",
                    $"{bytes / share / Gigabyte:F1} GB/s (memory)", part, $"{part:P0}")
                { Target = new(target, false, $"≥ {target:P0}") });
            }
        }
    }

    private static double? ShareTarget(string format, int context) => (format, context) switch
    {
        ("f32", 16) => 0.9,
        ("int8" or "int4", 16 or 2048) => 0.85,
        _ => null,
    };

    private void AddPrompts(WeightKind kind)
    {
        const int tokens = Session.PromptTokens;
        if (log.Median(Ours(Measures.Prefill, kind.Name, tokens)) is not { } ours)
            return;
        double? share = ours * log.Median(Ours(Measures.PrefillOperations, kind.Name, tokens))
            / log.Median(new(Measures.Peak, "", kind.Name, tokens));
        AddAgainstPeers($"prefill {tokens}, {kind.Name}", Measures.Prefill, kind, tokens, ours,
            kind.PrefillTarget is { } ratio ? Target.AtLeast(ratio) : null, Percent(share, "of peak"));
    }

    private void AddTova(WeightKind kind)
    {
        if (log.Median(Ours(Measures.Tova, kind.Name, LongContext)) is { } ours)
        {
            AddAgainstPeers($"decode at {LongContext:N0}, TOVA with {Session.TovaRows:N0} rows, {kind.Name}", Measures.Decode, kind,
                LongContext, ours, Target.AtLeast(2), "");
        }
    }

    // Each peer with the better setting of its flash attention; the ratio is to the fastest of all.
    private void AddAgainstPeers(string name, string measure, WeightKind kind, int context, double ours, Target? target, string share)
    {
        (string Engine, double Value)[] peers = [.. new[] { EngineNames.LlamaCpp, EngineNames.IkLlamaCpp }
            .Select(peer => log.Best(measure, EngineNames.Both(peer), kind.Name, context)).OfType<(string, double)>()];
        string theirs = string.Join("; ", peers.Select(peer => $"{peer.Value:F1} ({peer.Engine})"));
        double ratio = peers.Length == 0 ? 0 : ours / peers.Max(peer => peer.Value);
        _figures.Add(new(name, $"{ours:F1} tokens/s", theirs, ratio, peers.Length == 0 ? "" : $"{ratio:F2}×")
        {
            Target = peers.Length == 0 ? null : target,
            Share = share,
        });
    }

    private void AddOurs()
    {
        string usual = WeightKind.Usual.Name;
        int far = RetNetMeasurement.LongContext, near = DecodeContextsWithTarget[0], batch = RetNetMeasurement.BatchContext;
        AddRatio($"RetNet, seconds per token at {far:N0} over {near}, {usual}", 1 / Speed(Measures.RetNet, far),
            1 / Speed(Measures.RetNet, near), "ms", 1e3, $"at {near}", Target.AtMost(1.03, "1.03"));
        AddRatio($"RetNet, batch {RetNetMeasurement.Batch} at {batch:N0}, {usual}", Speed(Measures.RetNetBatch, batch),
            Speed(Measures.TransformerBatch, batch), "tokens/s", 1, "full cache", Target.AtLeast(8.4));
        AddRatio("the same, bytes of weights and states", Speed(Measures.RetNetBatchBytes, batch),
            Speed(Measures.TransformerBatchBytes, batch), "MB", 1e-6, "full cache", Target.AtMost(0.3, "30 %"));
        int text = BudgetMeasurement.TextTokens;
        string batches = $"{Speed(Measures.BudgetTovaBatch, text):F0} sequences against {Speed(Measures.BudgetFullBatch, text):F0}";
        AddRatio($"TOVA {BudgetMeasurement.Rows} of {text:N0}, one budget of state bytes ({batches}), {usual}",
            Speed(Measures.BudgetTova, text), Speed(Measures.BudgetFull, text), "tokens/s", 1, "full cache", Target.AtLeast(5.2));
        AddRatio($"batch {BatchMeasurement.Batch} at {BatchMeasurement.Context}, {usual}",
            Speed(Measures.BatchOfEight, BatchMeasurement.Context), Speed(Measures.BatchOfOne, BatchMeasurement.Context),
            "tokens/s", 1, "batch 1", Target.AtLeast(4));
        if (log.Median(new(Measures.ColdStart, EngineNames.Ours)) is { } seconds)
        {
            _figures.Add(new("cold start, process start to first token, retnet-tinystories", $"{seconds:F2} s", "", seconds,
                $"{seconds:F2} s")
            { Target = Target.AtMost(0.4, "0.4 s") });
        }

        AddAllocation("garbage-collected bytes per generated token", Measures.Allocation);
        AddAllocation("the same, scheduler included", Measures.ScheduledAllocation);
        foreach (string engine in (string[])[EngineNames.Ours, .. EngineNames.Both(EngineNames.LlamaCpp),
            .. EngineNames.Both(EngineNames.IkLlamaCpp)])
        {
            AddBusy(engine, usual);
        }
    }

    private void AddAllocation(string name, string measure)
    {
        if (log.Median(Ours(measure, WeightKind.Usual.Name, AllocationMeasurement.Context)) is { } bytes)
            _figures.Add(new(name, $"{bytes:F1} bytes", "", bytes, $"{bytes:F1}") { Target = Target.AtMost(0, "0") });
    }

    private void AddBusy(string engine, string format)
    {
        Series series = new(Measures.Busy, engine, format, BusyMeasurement.Context);
        if ((log.Median(series), log.Median(series with { Measure = Measures.Quiet })) is not ({ } busy, { } quiet))
            return;
        bool isOurs = engine == EngineNames.Ours;
        string speeds = $"{busy:F1} of {quiet:F1} tokens/s";
        _figures.Add(new($"decode beside a process that keeps one core busy, {engine}", isOurs ? speeds : "", isOurs ? "" : speeds,
            busy / quiet, $"{busy / quiet:P0}")
        {
            Target = isOurs ? new(0.45, false, "≥ 45 %") : null,
        });
    }

    private void AddRatio(string name, double? ours, double? theirs, string unit, double scale, string who, Target target)
    {
        if ((ours, theirs) is ({ } first, { } second))
        {
            _figures.Add(new(name, $"{first * scale:N1} {unit}", $"{second * scale:N1} {unit} ({who})", first / second,
                $"{first / second:F2}×")
            { Target = target });
        }
    }

    private double? Speed(string measure, int context) => log.Median(Ours(measure, WeightKind.Usual.Name, context));

    private static Series Ours(string measure, string format, int context) => new(measure, EngineNames.Ours, format, context);

    private static string Percent(double? share, string of) => share is { } value ? $"{value:P0} {of}" : "";
}
