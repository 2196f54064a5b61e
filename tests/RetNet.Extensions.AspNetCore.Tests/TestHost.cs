using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RetNet.Extensions.AI;
using RetNet.Extensions.Core;

namespace RetNet.Extensions.AspNetCore.Tests;

/// <summary>A host on Kestrel at a free port of the loopback interface.</summary>
internal sealed class TestHost : IAsyncDisposable
{
    private TestHost(WebApplication app)
    {
        App = app;
        Address = new Uri(app.Urls.First());
        Client = new HttpClient { BaseAddress = Address };
    }

    public WebApplication App { get; }

    public Uri Address { get; }

    public HttpClient Client { get; }

    /// <summary>Starts a host of the clients that <paramref name="services"/> registers.</summary>
    public static async Task<TestHost> StartAsync(
        Action<IServiceCollection> services, Action<RetNetOpenAIOptions>? options = null, Action<WebApplicationBuilder>? configure = null)
    {
        WebApplication app = Create(services, options, configure);
        await app.StartAsync();
        return new TestHost(app);
    }

    /// <summary>Starts a host of one loaded model under its own name.</summary>
    public static Task<TestHost> StartAsync(
        TextModel model, Action<RetNetOpenAIOptions>? options = null, Action<WebApplicationBuilder>? configure = null) =>
        StartAsync(services => Add(services, model), options, configure);

    /// <summary>Starts a host of one client.</summary>
    public static Task<TestHost> StartAsync(
        IChatClient client, Action<RetNetOpenAIOptions>? options = null, Action<WebApplicationBuilder>? configure = null) =>
        StartAsync(services => services.AddSingleton(client), options, configure);

    /// <summary>A host that has not started.</summary>
    public static WebApplication Create(
        Action<IServiceCollection> services, Action<RetNetOpenAIOptions>? options = null, Action<WebApplicationBuilder>? configure = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        services(builder.Services);
        builder.Services.AddRetNetOpenAI(options);
        configure?.Invoke(builder);
        WebApplication app = builder.Build();
        app.MapRetNetOpenAI();
        app.MapRetNetHealth();
        return app;
    }

    /// <summary>Registers the chat client and the embedding generator of a loaded model.</summary>
    public static void Add(IServiceCollection services, TextModel model)
    {
        services.AddSingleton<IChatClient>(new RetNetChatClient(model));
        services.AddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(new RetNetEmbeddingGenerator(model));
    }

    /// <summary>Posts JSON.</summary>
    public async Task<Answer> PostAsync(string path, string json, string? key = null)
    {
        using HttpRequestMessage request = Request(path, json, key);
        using HttpResponseMessage response = await Client.SendAsync(request);
        return await Answer.ReadAsync(response);
    }

    /// <summary>Gets a resource.</summary>
    public async Task<Answer> GetAsync(string path)
    {
        using HttpResponseMessage response = await Client.GetAsync(path);
        return await Answer.ReadAsync(response);
    }

    /// <summary>Posts JSON and reads the events of the answer.</summary>
    public async Task<List<JsonElement>> StreamAsync(string path, string json)
    {
        using HttpRequestMessage request = Request(path, json, null);
        using HttpResponseMessage response = await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        string[] data = [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(line => line["data: ".Length..])];
        Assert.Equal("[DONE]", data[^1]);
        return [.. data.SkipLast(1).Select(json => JsonElement.Parse(json))];
    }

    public static HttpRequestMessage Request(string path, string json, string? key)
    {
        HttpRequestMessage request = new(HttpMethod.Post, path)
        {
            Content = new StringContent(json, Encoding.UTF8, "application/json"),
        };
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return request;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await App.StopAsync();
        await App.DisposeAsync();
    }
}
