using RetNet.Extensions.Benchmarks.Load;
using RetNet.Extensions.Core.Generation.Scheduling;

namespace RetNet.Extensions.SemanticKernel.Tests;

/// <summary>A small version of the load that the benchmarks' <c>load</c> makes for half an hour.</summary>
public sealed class LoadTests
{
    [Fact]
    public async Task Every_text_under_load_is_the_text_alone()
    {
        string models = Path.Combine(AppContext.BaseDirectory, "models");
        MemoryBudget budget = LoadTargets.SmallBudget();
        List<ILoadTarget> targets = LoadTargets.All(
            Path.Combine(models, "retnet-tinystories"), Path.Combine(models, "llama-tinystories"), budget);
        LoadRun run = new(targets, tasks: 16, cases: 4, replacing: TimeSpan.FromMilliseconds(500), budget);

        await run.RunAsync(TimeSpan.Zero, requests: 150);

        targets.ForEach(target => target.Dispose());
        Assert.Empty(run.Failures);
        Assert.InRange(run.RightTexts, 20, run.Requests);
        Assert.Contains(targets, target => target.Replacements > 0);
    }
}
