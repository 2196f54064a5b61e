using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RetNet.Extensions.AI;
using RetNet.Extensions.DependencyInjection;

namespace RetNet.Extensions.AspNetCore.Tests.Pages;

/// <summary>A host on a free port with the page, the models of the examples, and models whose answers the tests write.</summary>
internal sealed class PageHost : IAsyncDisposable
{
    public const string RetNet = "retnet-tinystories";
    public const string Llama = "llama-tinystories";
    public const string Calls = "llama-calls";
    public const string Endless = "endless";
    public const string Echo = "echo";
    public const string Busy = "busy";

    private readonly WebApplication _application;

    private PageHost(WebApplication application, ScriptedChatClient endless) => (_application, EndlessClient) = (application, endless);

    public Uri Address => new(_application.Urls.Single());

    public IServiceProvider Services => _application.Services;

    /// <summary>Answers without an end.</summary>
    public ScriptedChatClient EndlessClient { get; }

    public static async Task<PageHost> StartAsync(string? apiKey = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        foreach (string model in (string[])[RetNet, Llama, Calls])
        {
            builder.Services.AddRetNetChatClient(options => options.ModelPath = Path.Combine(AppContext.BaseDirectory, "models", model),
                model);
        }

        ScriptedChatClient endless = new() { Answer = (_, cancellation) => Words(cancellation) };
        builder.Services.AddKeyedChatClient(Endless, endless);
        builder.Services.AddKeyedChatClient(Echo, new ScriptedChatClient { Answer = (text, _) => Repeat(text) });
        builder.Services.AddKeyedChatClient(Busy, new ScriptedChatClient
        {
            Answer = (_, _) => throw new QueueFullException(Busy, 3),
        });
        builder.Services.AddRetNetOpenAI(options =>
        {
            if (apiKey is not null)
                options.ApiKeys.Add(apiKey);
            options.RetryAfter = TimeSpan.FromSeconds(7);
        });
        WebApplication application = builder.Build();
        application.MapRetNetOpenAI();
        application.MapRetNetChatPage();
        application.MapRetNetChatPage("/below/chat");
        await application.StartAsync();
        foreach (string model in (string[])[RetNet, Llama, Calls])
            await application.Services.GetRequiredKeyedService<SharedModel>(model).GetAsync();
        return new PageHost(application, endless);
    }

    public ValueTask DisposeAsync() => _application.DisposeAsync();

    private static async IAsyncEnumerable<ChatResponseUpdate> Words(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        while (true)
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, "on and ");
            await Task.Delay(5, cancellation);
        }
    }

    // First as reasoning, then as the answer.
    private static async IAsyncEnumerable<ChatResponseUpdate> Repeat(string text)
    {
        await Task.Yield();
        yield return new ChatResponseUpdate(ChatRole.Assistant, [new TextReasoningContent($"Asked: {text}")]);
        yield return new ChatResponseUpdate(ChatRole.Assistant, text);
    }
}
