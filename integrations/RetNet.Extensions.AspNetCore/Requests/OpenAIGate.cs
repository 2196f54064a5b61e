using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RetNet.Extensions.AspNetCore.Errors;
using RetNet.Extensions.AspNetCore.Security;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Devices;

namespace RetNet.Extensions.AspNetCore.Requests;

/// <summary>What every request of the host passes: is the server stopping, may the client ask, is there such a method; then the time limit,
/// and the translation of exceptions into errors, also within a stream that has begun.</summary>
internal sealed partial class OpenAIGate(
    IOptions<RetNetOpenAIOptions> options, AccessCheck access, ILogger<OpenAIGate> logger, TimeProvider time,
    IHostApplicationLifetime? lifetime = null)
{
    private const string RequestTimeout = "request_timeout";
    private const string UpstreamTimeout = "upstream_timeout";

    private readonly RetNetOpenAIOptions _options = options.Value;

    /// <summary>Answers a request for a path that there is not.</summary>
    public Task RefusePathAsync(HttpContext context)
    {
        UnreadBody.Unlimit(context);
        return AnswerAsync(context, new OpenAIException(StatusCodes.Status404NotFound,
            $"There is no {context.Request.Method} {context.Request.Path}.", OpenAIErrors.InvalidRequest, code: "unknown_url"));
    }

    /// <summary>Answers a request by the handler of its method; HEAD by that of GET.</summary>
    public async Task RunAsync(HttpContext context, (string Method, RequestDelegate Handler)[] handlers)
    {
        UnreadBody.Unlimit(context);
        CancellationToken clientGone = context.RequestAborted;
        using CancellationTokenSource limited = CancellationTokenSource.CreateLinkedTokenSource(clientGone);
        if (_options.RequestTimeout is { } timeout)
            limited.CancelAfter(timeout);
        context.RequestAborted = limited.Token;
        try
        {
            RefuseWhenStopping(context);
            access.Require(context);
            await Find(context, handlers)(context).ConfigureAwait(false);
        }
        catch (Exception exception) when (clientGone.IsCancellationRequested && exception is OperationCanceledException or IOException)
        {
            // There is none to answer.
        }
        catch (Exception exception)
        {
            OpenAIException error = exception is OperationCanceledException || (IsStopping && IsOfDisposed(exception))
                ? Ended(limited.IsCancellationRequested, exception)
                : Translate(context, exception);
            context.RequestAborted = clientGone;
            await AnswerAsync(context, error).ConfigureAwait(false);
        }
        finally
        {
            context.RequestAborted = clientGone;

            // Nothing of the request goes on.
            await limited.CancelAsync().ConfigureAwait(false);
        }
    }

    private static RequestDelegate Find(HttpContext context, (string Method, RequestDelegate Handler)[] handlers)
    {
        string asked = HttpMethods.IsHead(context.Request.Method) ? HttpMethods.Get : context.Request.Method;
        foreach ((string method, RequestDelegate handler) in handlers)
        {
            if (HttpMethods.Equals(method, asked))
                return handler;
        }

        string allowed = string.Join(", ", handlers.Select(entry => HttpMethods.IsGet(entry.Method) ? "GET, HEAD" : entry.Method));
        context.Response.Headers.Allow = allowed;
        throw new OpenAIException(StatusCodes.Status405MethodNotAllowed,
            $"The method {context.Request.Method} is not allowed for {context.Request.Path}; expected {allowed}.",
            OpenAIErrors.InvalidRequest, code: "method_not_allowed");
    }

    private bool IsStopping => lifetime?.ApplicationStopping.IsCancellationRequested == true;

    private void RefuseWhenStopping(HttpContext context)
    {
        if (!IsStopping)
            return;
        context.Response.Headers.Connection = "close";
        throw Stopping(null);
    }

    /// <summary>Why a request was cancelled that its client still waits for.</summary>
    private OpenAIException Ended(bool isOverTime, Exception exception)
    {
        if (isOverTime)
        {
            return new OpenAIException(StatusCodes.Status408RequestTimeout,
                $"The request took longer than the {_options.RequestTimeout!.Value.TotalSeconds:0.###} seconds that this server allows.",
                OpenAIErrors.Server, code: RequestTimeout, inner: exception);
        }

        // A model that is disposed ends its requests so.
        if (IsStopping || exception.InnerException is ObjectDisposedException)
            return Stopping(exception);
        LogFailure(exception);
        return new OpenAIException(StatusCodes.Status504GatewayTimeout,
            "The service behind the model did not answer in the time that this server gives it. Try again later.", OpenAIErrors.Server,
            code: UpstreamTimeout, inner: exception);
    }

    /// <summary>Whether a request met a model that is disposed with the server, such as one whose load it waited for.</summary>
    private static bool IsOfDisposed(Exception? exception) =>
        exception is not null && (exception is ObjectDisposedException || IsOfDisposed(exception.InnerException));

    private OpenAIException Stopping(Exception? exception) => new(StatusCodes.Status503ServiceUnavailable,
        "The server is stopping. Try again with another server, or later.", OpenAIErrors.Server, code: "server_stopping", inner: exception);

    private OpenAIException Translate(HttpContext context, Exception exception)
    {
        if (OpenAIErrors.Find(exception, JsonBody.Of(context)) is { } error)
        {
            LogRefusal(exception, error);
            return error;
        }

        LogFailure(exception);
        return exception is OutOfMemoryException or DeviceMemoryException
            ? OpenAIErrors.LacksMemory(exception)
            : OpenAIErrors.Failure(exception);
    }

    private void LogRefusal(Exception exception, OpenAIException error)
    {
        if (exception is ChatTemplateException template)
            LogTemplate(template.TemplateSource, template.Line, template.Column);
        else if (exception is ArgumentException or NotSupportedException && error is { Param: null, Code: null })
            LogUnknown(exception);
    }

    private async Task AnswerAsync(HttpContext context, OpenAIException error)
    {
        try
        {
            if (EventStream.Of(context) is { } events)
                await events.FailAsync(error).ConfigureAwait(false);
            else if (context.Response.HasStarted)
                context.Abort();
            else
                await RefuseAsync(context.Response, error).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // The client has gone meanwhile.
        }
    }

    private async Task RefuseAsync(HttpResponse response, OpenAIException error)
    {
        if (error.Status is StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable)
        {
            response.Headers.RetryAfter =
                Math.Ceiling(_options.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        // Clients repeat such requests otherwise, which would take as long again.
        if (error.Code is RequestTimeout or UpstreamTimeout)
            response.Headers["x-should-retry"] = "false";
        await OpenAIErrors.WriteAsync(response, error).ConfigureAwait(false);
        await response.CompleteAsync().ConfigureAwait(false);
        await UnreadBody.DropAsync(response.HttpContext, time).ConfigureAwait(false);
    }

    [LoggerMessage(EventId = 2, Level = LogLevel.Warning,
        Message = "A request was refused for a reason that is no field of it, so that the reason may be the server's own.")]
    private partial void LogUnknown(Exception exception);

    // Without what the template says of it, which may repeat the prompt.
    [LoggerMessage(EventId = 3, Level = LogLevel.Information,
        Message = "A request was refused by the chat template {Source}, line {Line}, column {Column}.")]
    private partial void LogTemplate(string source, int line, int column);

    [LoggerMessage(EventId = 1, Level = LogLevel.Error, Message = "A request failed.")]
    private partial void LogFailure(Exception exception);
}
