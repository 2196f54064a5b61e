using System.ClientModel;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenAI;
using OpenAI.Responses;

namespace RetNet.Extensions.AspNetCore.Tests.Clients;

/// <summary>A server on a free port of this machine with two small models, for clients of all kinds.</summary>
public sealed class ModelServer : IAsyncLifetime
{
    /// <summary>A Llama that calls functions.</summary>
    public const string Calls = "llama-calls";

    /// <summary>A RetNet that tells stories, and embeds texts.</summary>
    public const string Stories = "retnet-tinystories";

    private WebApplication? _app;

    /// <summary>Where the API is, such as <c>http://127.0.0.1:5000/v1</c>.</summary>
    public Uri Endpoint { get; private set; } = null!;

    /// <summary>OpenAI's client for .NET.</summary>
    public OpenAIClient OpenAI => new(new ApiKeyCredential("none"), new OpenAIClientOptions { Endpoint = Endpoint });

    /// <summary>OpenAI's client for .NET, for responses.</summary>
    public ResponsesClient Responses =>
        new(new ApiKeyCredential("none"), new ResponsesClientOptions { Endpoint = Endpoint });

    public async Task InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        foreach (string model in (string[])[Calls, Stories])
            builder.Services.AddRetNetChatClient(options => options.ModelPath = Models.PathOf(model), model);
        builder.Services.AddRetNetEmbeddingGenerator(Stories, Stories);
        builder.Services.AddRetNetOpenAI();
        _app = builder.Build();
        _app.MapRetNetOpenAI();
        await _app.StartAsync();
        Endpoint = new Uri($"{_app.Urls.First()}/v1");
    }

    public async Task DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }
}

/// <summary>Tests that share the server, one after another.</summary>
[CollectionDefinition(Name)]
public sealed class ModelServerCollection : ICollectionFixture<ModelServer>
{
    public const string Name = "Model server";
}
