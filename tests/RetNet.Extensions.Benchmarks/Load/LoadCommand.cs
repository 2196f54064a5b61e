using System.CommandLine;
using RetNet.Extensions.Core.Generation.Scheduling;

namespace RetNet.Extensions.Benchmarks.Load;

/// <summary><c>load</c>: whether every text under load is the text alone.</summary>
internal sealed class LoadCommand : Command
{
    private const int Tasks = 64;
    private const int Requests = 1500;
    private const int Cases = 24;

    private readonly Option<double> _minutes = new("--minutes") { Description = "How long.", DefaultValueFactory = _ => 30 };
    private readonly Option<string> _retnet = new("--retnet")
    {
        Description = "A RetNet.",
        DefaultValueFactory = _ => "examples/models/retnet-tinystories"
    };

    private readonly Option<string> _llama = new("--llama")
    {
        Description = "A Transformer.",
        DefaultValueFactory = _ => "examples/models/llama-tinystories"
    };

    public LoadCommand()
        : base("load", $"Makes at least {Requests} requests from {Tasks} tasks, and compares every text with the same text alone.")
    {
        foreach (Option option in (Option[])[_minutes, _retnet, _llama])
            Add(option);
        SetAction(parse => RunAsync(
            parse.GetRequiredValue(_retnet), parse.GetRequiredValue(_llama), TimeSpan.FromMinutes(parse.GetValue(_minutes)), Console.Out));
    }

    private static async Task<int> RunAsync(string retnet, string llama, TimeSpan time, TextWriter output)
    {
        MemoryBudget budget = LoadTargets.SmallBudget();
        List<ILoadTarget> targets = LoadTargets.All(retnet, llama, budget);
        LoadRun run = new(targets, Tasks, Cases, replacing: TimeSpan.FromSeconds(2), budget);
        await run.RunAsync(time, Requests);
        targets.ForEach(target => target.Dispose());
        output.WriteLine(run);
        foreach (string failure in run.Failures.Take(10))
            output.WriteLine(failure);
        return run.Failures.Count == 0 ? 0 : 1;
    }
}
