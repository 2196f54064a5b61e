using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Benchmarks.Serving;

/// <summary><c>serving-soak MODEL</c>: whether the memory of <c>retnet serve</c> stays flat, and nothing fails that a client did not
/// cause.</summary>
internal sealed class ServingSoakCommand : Command
{
    private const int Tokens = 48;

    private readonly Argument<string> _model = new("MODEL") { Description = "A model with a chat template." };
    private readonly Option<string> _retnet = new("--retnet")
    {
        HelpName = "PROGRAM",
        Description = "The retnet command.",
        DefaultValueFactory = _ => "retnet",
    };
    private readonly Option<double> _minutes = new("--minutes") { Description = "How long.", DefaultValueFactory = _ => 60 };
    private readonly Option<int> _clients = new("--clients") { Description = "How many at the same time.", DefaultValueFactory = _ => 32 };

    public ServingSoakCommand()
        : base("serving-soak", "Asks retnet serve for everything at once, with clients that go away, and watches its memory.")
    {
        Add(_model);
        foreach (Option option in (Option[])[_retnet, _minutes, _clients])
            Add(option);
        SetAction(parse => RunAsync(parse.GetRequiredValue(_model), parse.GetRequiredValue(_retnet),
            TimeSpan.FromMinutes(parse.GetValue(_minutes)), parse.GetValue(_clients)));
    }

    private static async Task<int> RunAsync(string model, string retnet, TimeSpan time, int clients)
    {
        using ServerProcess server = new(retnet,
            port => ["serve", Path.GetFullPath(model), "--urls", $"http://127.0.0.1:{port.ToString(CultureInfo.InvariantCulture)}"],
            ServerProcess.OurHealth);
        using CancellationTokenSource ends = new();
        MixedLoad load = new(server, new ChatRequest(Tokenizer.Load(model), Tokens));
        Task running = load.RunAsync(clients, ends.Token);
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            await Task.Delay(TimeSpan.FromMinutes(1));
            Console.WriteLine($"{Stopwatch.GetElapsedTime(start).TotalMinutes:F0} min: {server.ResidentMemory / 1e6:F0} MB, "
                + $"{load.Answered} "
                + $"answered, {load.Left} left, {load.Refused} refused, {load.Failures.Count} failures");
        }

        await ends.CancelAsync();
        await running;
        foreach (string failure in load.Failures.Take(10))
            Console.WriteLine(failure);
        return load.Failures.Count == 0 ? 0 : 1;
    }
}
