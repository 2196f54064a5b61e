using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace RetNet.Extensions.AspNetCore.Requests;

/// <summary>Maps handlers behind the checks and with the errors that all routes of the host share.</summary>
internal static class OpenAIRoutes
{
    /// <summary>Maps a path. Handlers may throw whatever <see cref="Errors.OpenAIErrors"/> translates.</summary>
    /// <param name="group">The group of the host's routes.</param>
    /// <param name="pattern">The path in the group, such as <c>/responses/{id}</c>.</param>
    /// <param name="handlers">The methods, such as POST, and what answers them; that of GET answers HEAD, too. Other methods are answered
    /// with 405.</param>
    public static void MapOpenAI(
        this RouteGroupBuilder group, string pattern, params (string Method, RequestDelegate Handler)[] handlers) =>
        group.Map(pattern, context => context.RequestServices.GetRequiredService<OpenAIGate>().RunAsync(context, handlers));
}
