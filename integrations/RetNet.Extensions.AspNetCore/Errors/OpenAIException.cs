using Microsoft.AspNetCore.Http;
namespace RetNet.Extensions.AspNetCore.Errors;

/// <summary>An error that a request is answered with, in OpenAI's terms.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="message">What was found and expected; the client reads it.</param>
/// <param name="type">The kind of error, see <see cref="OpenAIErrors"/>.</param>
/// <param name="param">The parameter of the request, such as <c>messages[0].role</c>; null if it is none.</param>
/// <param name="code">What programs tell the error by; null for nothing.</param>
/// <param name="inner">What caused it.</param>
internal sealed class OpenAIException(
    int status, string message, string type, string? param = null, string? code = null, Exception? inner = null)
    : Exception(message, inner)
{
    public int Status { get; } = status;

    public string Type { get; } = type;

    public string? Param { get; } = param;

    public string? Code { get; } = code;

    /// <summary>A request that cannot be honoured: 400.</summary>
    public static OpenAIException Invalid(string message, string? param = null, string? code = null, Exception? inner = null) =>
        new(StatusCodes.Status400BadRequest, message, OpenAIErrors.InvalidRequest, param, code, inner);
}
