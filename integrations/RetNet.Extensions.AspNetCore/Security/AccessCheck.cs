using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using RetNet.Extensions.AspNetCore.Errors;

namespace RetNet.Extensions.AspNetCore.Security;

/// <summary>Decides whether a request may be answered. With API keys: if it carries one. Without: if it comes from this machine and
/// addresses it as such, so that neither other machines nor web pages that let their own name point to this machine (DNS rebinding) nor
/// clients of a proxy on this machine reach the models.</summary>
internal sealed class AccessCheck(ApiKeys keys)
{
    private const string Bearer = "Bearer ";

    // Proxies tell of their clients in these.
    private static readonly string[] ProxyHeaders = ["X-Forwarded-For", "X-Original-For", "Forwarded"];

    /// <summary>Whether a request may be answered.</summary>
    public bool Allows(HttpContext context) => Refusal(context) is null;

    /// <summary>Refuses a request that may not be answered.</summary>
    /// <exception cref="OpenAIException">It may not: 401 or 403.</exception>
    public void Require(HttpContext context)
    {
        if (Refusal(context) is not { } refusal)
            return;
        if (refusal.Status == StatusCodes.Status401Unauthorized)
            context.Response.Headers.WWWAuthenticate = "Bearer";
        throw refusal;
    }

    private OpenAIException? Refusal(HttpContext context) => keys.Exist ? KeyRefusal(context.Request) : KeylessRefusal(context);

    private OpenAIException? KeyRefusal(HttpRequest request)
    {
        string? authorization = request.Headers[HeaderNames.Authorization];
        if (authorization is null)
            return Unauthorized("There is no API key; expected the header 'Authorization: Bearer KEY'.");
        return authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && keys.Contain(authorization[Bearer.Length..].Trim())
            ? null
            : Unauthorized("The API key is not one of this server's; expected the header 'Authorization: Bearer KEY'.");
    }

    private static OpenAIException? KeylessRefusal(HttpContext context)
    {
        if (!Loopback.IsLocal(context.Connection.LocalIpAddress) || !Loopback.IsLocal(context.Connection.RemoteIpAddress))
            return Forbidden("The server has no API key and answers its own machine only.");
        if (ProxyHeaders.FirstOrDefault(context.Request.Headers.ContainsKey) is { } header)
            return Forbidden($"The request comes through a proxy ({header}), and the server has no API key.");
        string host = context.Request.Host.Host;
        return host.Length == 0 || Loopback.IsLocalName(host)
            ? null
            : Forbidden("The Host of the request is not this machine's, and the server has no API key; expected localhost or 127.0.0.1.");
    }

    private static OpenAIException Unauthorized(string message) =>
        new(StatusCodes.Status401Unauthorized, message, OpenAIErrors.InvalidRequest, code: "invalid_api_key");

    private static OpenAIException Forbidden(string message) => new(StatusCodes.Status403Forbidden,
        $"{message} {RetNetOpenAIOptions.ApiKeyVariable} sets a key.", OpenAIErrors.InvalidRequest, code: "forbidden");
}
