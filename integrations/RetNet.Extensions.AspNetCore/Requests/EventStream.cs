using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using RetNet.Extensions.AspNetCore.Errors;

namespace RetNet.Extensions.AspNetCore.Requests;

/// <summary>Writes server-sent events whose data are JSON. Events are sent when <see cref="SendAsync"/> is called, several at once if there
/// are.</summary>
internal sealed class EventStream : IDisposable
{
    private const int MostUnsent = 16 << 10;
    private const string ContentType = "text/event-stream; charset=utf-8";

    private readonly HttpContext _context;
    private readonly PipeWriter _pipe;

    // The event that is being written: one that fails leaves nothing in the stream.
    private readonly ArrayBufferWriter<byte> _data = new();
    private readonly Utf8JsonWriter _json;
    private string _name = "";

    private EventStream(HttpResponse response)
    {
        _context = response.HttpContext;
        _pipe = response.BodyWriter;
        _json = new Utf8JsonWriter(_data, JsonBody.WriterOptions);
        WriteFailure = WriteError;
    }

    /// <summary>Writes how a stream ends that failed; by default as an event with an <c>error</c>.</summary>
    public Action<OpenAIException> WriteFailure { get; set; }

    // Once a request has taken too long, its client may still be there.
    private CancellationToken Gone => _context.RequestAborted;

    /// <summary>Begins the response, which disposes the stream at its end. Nothing is sent yet.</summary>
    public static EventStream Begin(HttpResponse response)
    {
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-cache";

        // nginx would collect the events otherwise.
        response.Headers["X-Accel-Buffering"] = "no";
        response.HttpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        EventStream events = new(response);
        response.RegisterForDispose(events);
        response.HttpContext.Features.Set(events);
        return events;
    }

    /// <summary>The stream that the response to a request is; null if it is none.</summary>
    public static EventStream? Of(HttpContext context) => context.Features.Get<EventStream>();

    /// <summary>Ends the stream with an error.</summary>
    public ValueTask FailAsync(OpenAIException error)
    {
        WriteFailure(error);
        return SendAsync();
    }

    /// <summary>Begins an event; its data are written with the writer that is returned.</summary>
    /// <param name="name">The name of the event; empty for none.</param>
    public Utf8JsonWriter BeginEvent(string name = "")
    {
        _name = name;
        _data.ResetWrittenCount();
        _json.Reset();
        return _json;
    }

    /// <summary>Ends the event.</summary>
    public void EndEvent()
    {
        _json.Flush();
        if (_name.Length > 0)
        {
            _pipe.Write("event: "u8);
            Encoding.UTF8.GetBytes(_name, _pipe);
            _pipe.Write("\n"u8);
        }

        _pipe.Write("data: "u8);
        _pipe.Write(_data.WrittenSpan);
        _pipe.Write("\n\n"u8);
    }

    /// <summary>Writes the event that ends a stream of chat completions and completions.</summary>
    public void WriteDone() => _pipe.Write("data: [DONE]\n\n"u8);

    /// <summary>Sends what was written, and waits while the client reads too slowly.</summary>
    /// <exception cref="OperationCanceledException">The client has gone, or the request took too long.</exception>
    public async ValueTask SendAsync()
    {
        FlushResult result = await _pipe.FlushAsync(Gone).ConfigureAwait(false);
        if (result.IsCompleted)
            throw new OperationCanceledException("The client has gone.");
    }

    /// <summary>Reads updates, and sends what was written whenever the next one is not there yet.</summary>
    public async IAsyncEnumerable<T> WhenReadyAsync<T>(IAsyncEnumerator<T> updates, ValueTask<bool> first)
    {
        ValueTask<bool> next = first;
        while (true)
        {
            if (!next.IsCompleted || _pipe.UnflushedBytes > MostUnsent)
                await SendOrEndAsync(next).ConfigureAwait(false);
            if (!await next.ConfigureAwait(false))
                yield break;
            yield return updates.Current;
            next = updates.MoveNextAsync();
        }
    }

    public void Dispose() => _json.Dispose();

    private void WriteError(OpenAIException error)
    {
        OpenAIErrors.Write(BeginEvent(), error);
        EndEvent();
    }

    /// <summary>Sends while the next update is on its way. If that fails, the request is over, and so are its updates; they may not be
    /// disposed before.</summary>
    private async ValueTask SendOrEndAsync(ValueTask<bool> next)
    {
        try
        {
            await SendAsync().ConfigureAwait(false);
        }
        catch
        {
            if (!Gone.IsCancellationRequested)
                _context.Abort();
            await ((Task)next.AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }
    }
}
