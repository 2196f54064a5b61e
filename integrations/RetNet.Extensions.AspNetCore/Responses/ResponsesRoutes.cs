using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.AspNetCore.Requests;

namespace RetNet.Extensions.AspNetCore.Responses;

/// <summary>Adds <c>/responses</c> to the host.</summary>
internal static class ResponsesRoutes
{
    public static void AddResponses(this IServiceCollection services)
    {
        services.TryAddSingleton<IConversationStore>(new MemoryConversationStore());
        services.AddSingleton<ResponsesEndpoint>();
    }

    public static void MapResponses(this RouteGroupBuilder group)
    {
        group.MapOpenAI("/responses", (HttpMethods.Post, On(static (endpoint, context) => endpoint.CreateAsync(context))));

        // Of ids only, so that a path that this host does not have, such as that of /responses/compact, is not taken for one.
        group.MapOpenAI($"/responses/{{id:length({ResponseIds.Length})}}",
            (HttpMethods.Get, On(static (endpoint, context) => endpoint.GetAsync(context))),
            (HttpMethods.Delete, On(static (endpoint, context) => endpoint.DeleteAsync(context))));
        group.MapOpenAI("/responses/{id}/input_items",
            (HttpMethods.Get, On(static (endpoint, context) => endpoint.ListInputAsync(context))));
    }

    private static RequestDelegate On(Func<ResponsesEndpoint, HttpContext, Task> handle) =>
        context => handle(context.RequestServices.GetRequiredService<ResponsesEndpoint>(), context);
}
