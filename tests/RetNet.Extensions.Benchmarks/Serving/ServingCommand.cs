using System.CommandLine;
using System.Globalization;
using RetNet.Extensions.Benchmarks.Engines;
using RetNet.Extensions.Benchmarks.Machine;
using RetNet.Extensions.Core.Tokenizers;
using Spectre.Console;

namespace RetNet.Extensions.Benchmarks.Serving;

/// <summary><c>serving MODEL</c>: <c>retnet serve</c> beside llama.cpp's server, by turns on the same weights.</summary>
internal sealed class ServingCommand : Command
{
    private const int RedirectedWidth = 220;
    private const int RequestsPerClient = 2;
    private const int WarmUp = 8;

    // The slowest hundredth of them is more than one.
    private const int LeastRequests = 200;
    private const int ContextTokens = 1024;

    private readonly Argument<string> _model = new("MODEL") { Description = "A .gguf file with a chat template." };
    private readonly Option<string> _retnet = new("--retnet")
    {
        HelpName = "PROGRAM",
        Description = "The retnet command.",
        DefaultValueFactory = _ => "retnet",
    };
    private readonly Option<string?> _llamaServer = new("--llama-server")
    {
        HelpName = "PROGRAM",
        Description = "llama.cpp's llama-server; without it this library is measured alone.",
    };
    private readonly Option<int[]> _clients = new("--clients")
    {
        HelpName = "N",
        Description = "How many clients ask at the same time.",
        DefaultValueFactory = _ => [1, 8, 64],
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<int> _rounds = Integer("--rounds", "Times that everything is measured.", 3);
    private readonly Option<int> _threads = Integer("--threads", "Threads that compute, on both sides.", 2);
    private readonly Option<int> _tokens = Integer("--tokens", "Tokens of an answer.", 64);

    public ServingCommand()
        : base("serving", "Measures retnet serve beside llama.cpp's server: tokens per second, time to the first text, memory.")
    {
        Add(_model);
        foreach (Option option in (Option[])[_retnet, _llamaServer, _clients, _rounds, _threads, _tokens])
            Add(option);
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        string model = parse.GetRequiredValue(_model);
        int threads = parse.GetValue(_threads);
        ChatRequest requests = new(Tokenizer.Load(model), parse.GetValue(_tokens));
        List<(string Engine, Func<int, ServerProcess> Start)> engines = [(EngineNames.Ours, _ => Ours(parse, model, threads))];
        if (parse.GetValue(_llamaServer) is { } program)
            engines.Add((EngineNames.LlamaCpp, clients => LlamaCpp(program, model, threads, clients)));
        Dictionary<(int Clients, string Engine), List<ServedLoad>> results = [];
        for (int round = 0; round < parse.GetValue(_rounds); round++, engines.Reverse())
        {
            foreach (int clients in parse.GetValue(_clients)!)
            {
                foreach ((string engine, Func<int, ServerProcess> start) in engines)
                {
                    Console.Error.Write($"round {round + 1}, {clients} clients, {engine}");
                    using ServerProcess server = start(clients);

                    // The first answers are not measured.
                    await ChatLoad.RunAsync(server, requests, Math.Min(clients, WarmUp), WarmUp, first: 0);
                    LoadResult load = await ChatLoad.RunAsync(
                        server, requests, clients, Math.Max(LeastRequests, RequestsPerClient * clients), first: WarmUp);
                    if (!results.TryGetValue((clients, engine), out List<ServedLoad>? list))
                        results[(clients, engine)] = list = [];
                    Console.Error.WriteLine($": {load.TokensPerSecond:F1} tokens/s");
                    list.Add(new ServedLoad(load, server.PeakMemory, server.Startup));
                }
            }
        }

        if (Console.IsOutputRedirected)
            AnsiConsole.Profile.Width = RedirectedWidth;
        AnsiConsole.WriteLine($"{Path.GetFileName(model)}, {threads} threads; memory reads {ReadBandwidth.Measure(threads) / 1e9:F1} GB/s");
        AnsiConsole.Write(Table(results));
        return 0;
    }

    private static Table Table(Dictionary<(int Clients, string Engine), List<ServedLoad>> results)
    {
        Table table = new Table().Border(TableBorder.Markdown).AddColumns("clients", "", "tokens/s", "first text p50, ms", "p99, ms",
            "prompt tokens not read anew", "peak memory, MB", "ready after, ms");
        foreach (((int clients, string engine), List<ServedLoad> rounds) in results.OrderBy(result => result.Key))
        {
            table.AddRow($"{clients}", engine, $"{Median(one => one.Load.TokensPerSecond):F1}",
                $"{Median(one => one.Load.FirstText(0.5)):F0}",
                $"{Median(one => one.Load.FirstText(0.99)):F0}", $"{Median(one => one.Load.CachedTokens):F0}",
                $"{Median(one => one.Memory / 1e6):F0}", $"{Median(one => one.Startup.TotalMilliseconds):F0}");

            double Median(Func<ServedLoad, double> figure) => rounds.Select(figure).Median();
        }

        return table;
    }

    // States as wide as the cache of llama.cpp, which is in half precision.
    private ServerProcess Ours(ParseResult parse, string model, int threads) => new(parse.GetRequiredValue(_retnet),
        port =>
        [
            "serve", Path.GetFullPath(model), "--threads", Text(threads), "--state-format", "bf16",
            "--urls", $"http://127.0.0.1:{Text(port)}",
        ],
        ServerProcess.OurHealth);

    private static ServerProcess LlamaCpp(string program, string model, int threads, int clients) => new(program,
        port =>
        [
            "--model", Path.GetFullPath(model), "--host", "127.0.0.1", "--port", Text(port), "--threads", Text(threads),
            "--threads-batch", Text(threads), "--parallel", Text(clients), "--ctx-size", Text(clients * ContextTokens), "--log-disable",
        ],
        "/health");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static Option<int> Integer(string name, string description, int value) =>
        new(name) { HelpName = "N", Description = description, DefaultValueFactory = _ => value };

    /// <summary>What clients got from a server, and what it took.</summary>
    private sealed record ServedLoad(LoadResult Load, long Memory, TimeSpan Startup);
}
