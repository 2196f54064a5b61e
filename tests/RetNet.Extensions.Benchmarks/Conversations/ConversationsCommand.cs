using System.CommandLine;
using System.Diagnostics;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Benchmarks.Soak;

namespace RetNet.Extensions.Benchmarks.Conversations;

/// <summary><c>conversations</c>: what conversations in a silo cost: turns per second, memory and storage.</summary>
internal sealed class ConversationsCommand : Command
{
    private readonly Option<string> _model = new("--model")
    {
        Description = "The model.",
        DefaultValueFactory = _ => "examples/models/retnet-tinystories"
    };

    private readonly Option<int> _conversations = new("--conversations") { Description = "How many.", DefaultValueFactory = _ => 200 };
    private readonly Option<int> _turns = new("--turns") { Description = "Turns of each.", DefaultValueFactory = _ => 3 };
    private readonly Option<int> _tokens = new("--tokens") { Description = "Tokens of an answer.", DefaultValueFactory = _ => 32 };
    private readonly Option<int> _clients = new("--clients") { Description = "Turns at the same time.", DefaultValueFactory = _ => 16 };
    private readonly Option<int> _threads = new("--threads") { Description = "Threads of the model.", DefaultValueFactory = _ => 2 };
    private readonly Option<string?> _redis = new("--redis")
    {
        Description = "Address and port of a Redis that keeps the conversations. Default: the memory of the silo."
    };

    public ConversationsCommand()
        : base("conversations", "Has conversations in a silo in this process, and tells turns per second, memory and storage of them.")
    {
        foreach (Option option in (Option[])[_model, _conversations, _turns, _tokens, _clients, _threads, _redis])
            Add(option);
        SetAction(parse => RunAsync(parse, Console.Out));
    }

    private async Task<int> RunAsync(ParseResult parse, TextWriter output)
    {
        (int conversations, int turns) = (parse.GetValue(_conversations), parse.GetValue(_turns));
        using IHost host = Start(parse);
        await host.StartAsync();
        IChatClient client = host.Services.GetRequiredService<IChatClient>();
        CountingStore storage = host.Services.GetRequiredService<CountingStore>();

        // The first conversation loads the model and compiles the code.
        await AnswerAsync(client, parse, "first");
        await AnswerAsync(client, parse, "first");
        storage.Reset();
        long before = Resident();
        (long start, TimeSpan processor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        for (int turn = 0; turn < turns; turn++)
        {
            await Parallel.ForAsync(0, conversations, new ParallelOptions { MaxDegreeOfParallelism = parse.GetValue(_clients) },
                async (number, _) => await AnswerAsync(client, parse, $"conversation-{number}"));
        }

        TimeSpan time = Stopwatch.GetElapsedTime(start);
        double cores = (Environment.CpuUsage.TotalTime - processor) / time;
        double perSecond = conversations * turns / time.TotalSeconds;
        double bytes = (double)(Resident() - before) / conversations;
        output.WriteLine($"{conversations} conversations of {turns} turns of up to {parse.GetValue(_tokens)} tokens, "
            + $"{parse.GetValue(_clients)} at the same time, {parse.GetValue(_threads)} threads, kept in "
            + $"{(parse.GetValue(_redis) is null ? "memory" : "Redis")}");
        output.WriteLine($"turns per second             {perSecond:F1}, with {cores:F2} cores busy: {perSecond / cores:F1} per core");
        output.WriteLine($"a write                      {storage.Writes:N0} writes, {storage.MeanMilliseconds:F2} ms each");
        output.WriteLine($"stored per conversation      {storage.LargestBytes:N0} bytes at most");
        output.WriteLine($"resident per conversation    {bytes:N0} bytes, storage in memory and kept states included");
        output.WriteLine($"conversations per GB stored  {1e9 / storage.LargestBytes:N0}");
        await host.StopAsync();
        return 0;
    }

    private static long Resident()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        return ResidentMemory.Read().Total;
    }

    private async Task AnswerAsync(IChatClient client, ParseResult parse, string id) => await client.GetResponseAsync(
        "Tell me more about the cat and the dog.",
        new ChatOptions { ConversationId = id, Temperature = 0, MaxOutputTokens = parse.GetValue(_tokens) });

    private IHost Start(ParseResult parse)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddRetNetChatClient(
            model => (model.ModelPath, model.Threads) = (Path.GetFullPath(parse.GetRequiredValue(_model)), parse.GetValue(_threads)),
            "model");
        builder.Services.AddRetNetClusterChatClient();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering();
            if (parse.GetValue(_redis) is { } redis)
                builder.Services.AddRetNetRedisConversations(redis);
            builder.Services.AddSingleton(services => new CountingStore(services.GetService<IConversationStore>()));
            silo.AddRetNetConversationStorage(services => services.GetRequiredService<CountingStore>())
                .AddRetNetConversations(options => options.ServiceId = "model");
        });
        return builder.Build();
    }
}
