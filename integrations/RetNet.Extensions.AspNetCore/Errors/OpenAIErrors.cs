using System.Buffers;
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
    /// <param name="exception">The exception.</param>
    /// <param name="request">The body of the request; null if it was not read.</param>
    public static OpenAIException? Find(Exception exception, JsonElement? request) => exception switch
    {
        OpenAIException error => error,
        QueueFullException => new(
            StatusCodes.Status429TooManyRequests, $"The server is busy. {exception.Message}", RateLimit, code: "rate_limit_exceeded",
            inner: exception),
        PromptLengthException => OpenAIException.Invalid(
            exception.Message, OptionFields.First(request, "messages", "prompt", "input"), "context_length_exceeded", exception),
        StateBudgetException => OpenAIException.Invalid(exception.Message, code: "state_budget_exceeded", inner: exception),
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } => JsonBody.TooLarge(exception.Message),
        BadHttpRequestException error => new(error.StatusCode, error.Message, InvalidRequest, inner: error),

        // Without the files of the server, which these name.
        ChatTemplateException error => OpenAIException.Invalid(
            $"The model's chat template refuses the request, in line {error.Line}, column {error.Column}: {error.Problem}.", inner: error),
        TokenizerException error => OpenAIException.Invalid(
            $"The model's tokenizer refuses a text: found {error.Found}, expected {error.Expected}.", inner: error),
        GrammarException => OpenAIException.Invalid(exception.Message, inner: exception),

        // Nothing of a request is null by then.
        ArgumentNullException => null,
        ArgumentException or NotSupportedException => OptionFields.Find(exception, request)
            ?? OpenAIException.Invalid(OptionFields.Message(exception), inner: exception),
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

        ArrayBufferWriter<byte> body = new();
        using (Utf8JsonWriter writer = new(body, JsonBody.WriterOptions))
            Write(writer, error);
        response.ContentLength = body.WrittenCount;
        await response.BodyWriter.WriteAsync(body.WrittenMemory, response.HttpContext.RequestAborted).ConfigureAwait(false);
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
