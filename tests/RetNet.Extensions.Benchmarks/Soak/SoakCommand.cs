using System.CommandLine;

namespace RetNet.Extensions.Benchmarks.Soak;

/// <summary><c>soak</c>: whether the memory of a process that chats, embeds and scores stays within what its host stated.</summary>
internal sealed class SoakCommand : Command
{
    private readonly Option<double> _minutes = new("--minutes") { Description = "How long.", DefaultValueFactory = _ => 60 };
    private readonly Option<int> _budget = new("--budget")
    {
        Description = "MiB for all states.",
        DefaultValueFactory = _ => 512
    };

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

    public SoakCommand()
        : base("soak", "Chats with two clients, embeds and scores texts in one process, and measures its resident memory.")
    {
        foreach (Option option in (Option[])[_minutes, _budget, _retnet, _llama])
            Add(option);
        SetAction(async parse =>
        {
            using SoakHost host = new(
                parse.GetRequiredValue(_retnet), parse.GetRequiredValue(_llama), (long)parse.GetValue(_budget) << 20);
            return await new SoakRun(host, TimeSpan.FromMinutes(parse.GetValue(_minutes)), Console.Out).RunAsync();
        });
    }
}
