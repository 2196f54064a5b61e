using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using RetNet.Extensions.AspNetCore.Chat;
using RetNet.Extensions.AspNetCore.Completions;
using RetNet.Extensions.AspNetCore.Embeddings;
using RetNet.Extensions.AspNetCore.Health;
using RetNet.Extensions.AspNetCore.Models;
using RetNet.Extensions.AspNetCore.Requests;
using RetNet.Extensions.AspNetCore.Responses;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the OpenAI-compatible host.</summary>
public static class RetNetOpenAIEndpointRouteBuilderExtensions
{
    /// <summary>Maps OpenAI's paths: <c>/chat/completions</c>, <c>/responses</c>, <c>/completions</c>, <c>/embeddings</c> and
    /// <c>/models</c>.</summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="prefix">What the paths begin with. Default <c>/v1</c>.</param>
    /// <returns>The group of the paths, to which conventions such as a policy for rate limits are added.</returns>
    /// <exception cref="InvalidOperationException"><c>services.AddRetNetOpenAI()</c> was not called.</exception>
    public static RouteGroupBuilder MapRetNetOpenAI(this IEndpointRouteBuilder endpoints, string prefix = "/v1")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        endpoints.RequireServices();
        RouteGroupBuilder group = endpoints.MapGroup(prefix);
        group.MapOpenAI("/chat/completions", (HttpMethods.Post, Of<ChatEndpoint>((chat, context) => chat.CompleteAsync(context))));
        group.MapResponses();
        group.MapOpenAI("/completions", (HttpMethods.Post, Of<CompletionsEndpoint>((texts, context) => texts.CompleteAsync(context))));
        group.MapOpenAI("/embeddings", (HttpMethods.Post, Of<EmbeddingsEndpoint>((texts, context) => texts.EmbedAsync(context))));
        group.MapOpenAI("/models", (HttpMethods.Get, Of<ModelsEndpoint>((models, context) => models.ListAsync(context))));
        group.MapOpenAI("/models/{**id}", (HttpMethods.Get, Of<ModelsEndpoint>((models, context) => models.GetAsync(context))));
        group.Map("/{**path}", Of<OpenAIGate>((gate, context) => gate.RefusePathAsync(context)));
        return group;
    }

    /// <summary>Maps probes, which need no API key: <c>/health/live</c>, the process answers; <c>/health/ready</c>, 200 once all models are
    /// loaded and 503 before that, when the host stops, or when another health check with the tag <c>ready</c> fails. Its body names the
    /// models with their devices and queues, for clients that may use them.</summary>
    /// <param name="endpoints">The application.</param>
    /// <param name="prefix">What the paths begin with. Default <c>/health</c>.</param>
    /// <returns>The group of the paths.</returns>
    /// <exception cref="InvalidOperationException"><c>services.AddRetNetOpenAI()</c> was not called.</exception>
    public static RouteGroupBuilder MapRetNetHealth(this IEndpointRouteBuilder endpoints, string prefix = "/health")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        endpoints.RequireServices();
        RouteGroupBuilder group = endpoints.MapGroup(prefix);
        string[] methods = [HttpMethods.Get, HttpMethods.Head];
        group.MapMethods("/live", methods, (RequestDelegate)HealthEndpoint.LiveAsync);
        group.MapMethods("/ready", methods, Of<HealthEndpoint>((health, context) => health.ReadyAsync(context)));
        return group;
    }

    private static void RequireServices(this IEndpointRouteBuilder endpoints)
    {
        if (endpoints.ServiceProvider.GetService<OpenAIGate>() is null)
            throw new InvalidOperationException("The services of the host are missing; services.AddRetNetOpenAI() registers them.");
    }

    private static RequestDelegate Of<TEndpoint>(Func<TEndpoint, HttpContext, Task> handle)
        where TEndpoint : notnull => context => handle(context.RequestServices.GetRequiredService<TEndpoint>(), context);
}
