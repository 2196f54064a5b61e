using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RetNet.Extensions.AspNetCore.Page;

namespace Microsoft.AspNetCore.Builder;

/// <summary>Maps the chat page.</summary>
public static class RetNetChatPageEndpointRouteBuilderExtensions
{
    /// <summary>Maps a web page that chats with the models of <c>MapRetNetOpenAI</c>, and shows their speed and memory.</summary>
    /// <remarks>The page loads nothing from other hosts, and itself needs no API key; it asks the user for one where the endpoints
    /// do.</remarks>
    /// <param name="endpoints">The application.</param>
    /// <param name="pattern">The path of the page. Default: the root.</param>
    /// <param name="prefix">The path of the endpoints that the page calls, as <c>MapRetNetOpenAI</c> got it.</param>
    /// <returns>A builder of conventions for the page and its files.</returns>
    public static IEndpointConventionBuilder MapRetNetChatPage(
        this IEndpointRouteBuilder endpoints, string pattern = "/", string prefix = "/v1")
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        ArgumentNullException.ThrowIfNull(pattern);
        ArgumentNullException.ThrowIfNull(prefix);
        string[] methods = [HttpMethods.Get, HttpMethods.Head];
        RouteGroupBuilder page = endpoints.MapGroup(pattern.TrimEnd('/'));
        page.MapMethods("/", methods, context => ChatPage.WriteDocumentAsync(context, prefix));
        foreach (string file in ChatPage.Files)
            page.MapMethods(file, methods, context => ChatPage.WriteFileAsync(context, file));
        return page;
    }
}
