using System.CommandLine;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RetNet.Extensions.Benchmarks.Machine;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.DependencyInjection;
using Spectre.Console;

namespace RetNet.Extensions.Benchmarks.Serving;

/// <summary><c>host-cost</c>: what a chat request costs through the OpenAI-compatible host, beside the same tokens through the model's
/// scheduler and chat client, and beside a path of the same server that does nothing.</summary>
internal sealed class HostCostCommand : Command
{
    private const string Question = "Tell me a story about a cat.";
    private const string Empty = "/empty";

    private readonly Option<string> _model = new("--model")
    {
        Description = "A model with a chat template.",
        DefaultValueFactory = _ => "examples/models/retnet-tinystories",
    };
    private readonly Option<int> _requests = new("--requests") { Description = "How many of each.", DefaultValueFactory = _ => 3_000 };

    public HostCostCommand()
        : base(
            "host-cost", "Measures requests of one token through the host, the chat client and the scheduler, and of a path that does "
                + "nothing.")
    {
        Add(_model);
        Add(_requests);
        SetAction(parse => RunAsync(parse.GetRequiredValue(_model), parse.GetValue(_requests)));
    }

    private static async Task RunAsync(string path, int requests)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddRetNetChatClient(model => model.ModelPath = Path.GetFullPath(path));
        builder.Services.AddRetNetOpenAI();
        await using WebApplication app = builder.Build();
        app.MapRetNetOpenAI();
        app.MapPost(Empty, async context =>
        {
            await context.Request.Body.CopyToAsync(Stream.Null);
            await context.Response.WriteAsync("{}");
        });
        await app.StartAsync();
        LoadedModel model = await app.Services.GetRequiredService<SharedModel>().GetAsync();
        IChatClient chat = app.Services.GetRequiredService<IChatClient>();
        using HttpClient client = new() { BaseAddress = new Uri(app.Urls.Single()) };
        byte[] body = new ChatRequest(model.TextModel.Tokenizer, tokens: 1).Create(Question);
        Func<Task>[] ways =
        [
            () => GenerateAsync(model),
            () => chat.GetResponseAsync(Question, new ChatOptions { MaxOutputTokens = 1, Temperature = 0 }),
            () => PostAsync(client, "/v1/chat/completions", body),
            () => PostAsync(client, Empty, body),
        ];
        List<double>[] times = [.. ways.Select(_ => new List<double>())];
        for (int request = 0; request < 2 * requests; request++)
        {
            for (int way = 0; way < ways.Length; way++)
            {
                long start = Stopwatch.GetTimestamp();
                await ways[way]();

                // The first half warms up.
                if (request >= requests)
                    times[way].Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }
        }

        double[] medians = [.. times.Select(all => all.Median())];
        AnsiConsole.WriteLine($"one token, medians of {requests} requests, µs: scheduler {medians[0]:F0}, chat client {medians[1]:F0}, "
            + $"host {medians[2]:F0}, a path that does nothing {medians[3]:F0}");
        AnsiConsole.WriteLine($"host over chat client {medians[2] - medians[1]:F0}, of which the server and its client "
            + $"{medians[3]:F0} and the host itself {medians[2] - medians[1] - medians[3]:F0} (target: ≤ 150)");
    }

    private static async Task GenerateAsync(LoadedModel model)
    {
        int[] tokens = model.Chat.Encode([new ChatTemplateMessage("user", Question)], out int prefix);
        GenerationRequest request = new(tokens, model.DefaultOptions with { MaxTokens = 1 }) { PrefixLength = prefix };
        using ScheduledGeneration text = await model.TextModel.Scheduler.EnqueueAsync(request);
        await text.Result;
    }

    private static async Task PostAsync(HttpClient client, string path, byte[] body)
    {
        using ByteArrayContent content = new(body) { Headers = { ContentType = new("application/json") } };
        using HttpResponseMessage response = await client.PostAsync(new Uri(path, UriKind.Relative), content);
        response.EnsureSuccessStatusCode();
        await response.Content.ReadAsByteArrayAsync();
    }
}
