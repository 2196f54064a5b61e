using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RetNet.Extensions.AI;
using RetNet.Extensions.AspNetCore.Requests;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.AspNetCore.Errors;

/// <summary>Errors as OpenAI writes them: <c>{"error": {"message", "type", "param", "code"}}</c>.</summary>
internal static class OpenAIErrors
{
    public const string InvalidRequest = "invalid_request_error";
    public const string RateLimit = "rate_limit_error";
    public const string Server = "server_error";

    private const string Internal = "The server failed to answer the request. Its log says why.";

    /// <summary>The error that tells a client of an exception; null where the server failed for a reason of its own.</summary>
    public static OpenAIException? Find(Exception exception) => exception switch
    {
        OpenAIException error => error,
        QueueFullException => new(
            StatusCodes.Status429TooManyRequests, $"The server is busy. {exception.Message}", RateLimit, code: "rate_limit_exceeded",
            inner: exception),
        PromptLengthException => OpenAIException.Invalid(exception.Message, code: "context_length_exceeded", inner: exception),
        StateBudgetException => OpenAIException.Invalid(exception.Message, code: "state_budget_exceeded", inner: exception),
        BadHttpRequestException error => new(error.StatusCode, error.Message, InvalidRequest, inner: error),
        ArgumentException or NotSupportedException or ChatTemplateException or TokenizerException or GrammarException =>
            OpenAIException.Invalid(exception.Message, inner: exception),
        _ => null,
    };

    /// <summary>The error of a failure whose reason is the server's own affair.</summary>
    public static OpenAIException Failure(Exception? inner = null) =>
        new(StatusCodes.Status500InternalServerError, Internal, Server, code: "internal_error", inner: inner);

    /// <summary>The error of a request for which there was no memory; later there may be.</summary>
    public static OpenAIException LacksMemory(Exception inner) => new(
        StatusCodes.Status503ServiceUnavailable, "The server has no memory for the request now. Try again later, or with a shorter text.",
        Server, code: "insufficient_memory", inner: inner);

    /// <summary>Answers a request with an error.</summary>
    public static async Task WriteAsync(HttpResponse response, OpenAIException error)
    {
        response.StatusCode = error.Status;
        response.ContentType = "application/json";

        // An answer that was given up may have told its length.
        response.ContentLength = null;
        using (Utf8JsonWriter writer = new(response.BodyWriter, JsonBody.WriterOptions))
            Write(writer, error);
        await response.BodyWriter.FlushAsync(response.HttpContext.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Writes the JSON object of an error.</summary>
    public static void Write(Utf8JsonWriter writer, OpenAIException error)
    {
        writer.WriteStartObject();
        writer.WriteStartObject("error");
        writer.WriteString("message", error.Message);
        writer.WriteString("type", error.Type);
        writer.WriteString("param", error.Param);
        writer.WriteString("code", error.Code);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
