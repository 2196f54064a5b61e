using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace RetNet.Extensions.AspNetCore.Requests;

/// <summary>Answers a request with JSON.</summary>
internal static class JsonAnswer
{
    // What is copied at once for the connection.
    private const int PieceBytes = 1 << 16;

    /// <summary>Answers with 200. Nothing is sent before the JSON is whole.</summary>
    /// <param name="response">The response.</param>
    /// <param name="write">Writes one JSON value.</param>
    /// <exception cref="InvalidOperationException">JSON cannot hold the answer, such as a number that is none, which is no fault of the
    /// request.</exception>
    public static async Task WriteAsync(HttpResponse response, Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> body = new();
        try
        {
            using Utf8JsonWriter json = new(body, JsonBody.WriterOptions);
            write(json);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            throw new InvalidOperationException($"The answer cannot be written as JSON: {exception.Message}", exception);
        }

        response.ContentType = "application/json";
        response.ContentLength = body.WrittenCount;
        for (int start = 0; start < body.WrittenCount; start += PieceBytes)
        {
            ReadOnlyMemory<byte> piece = body.WrittenMemory[start..Math.Min(start + PieceBytes, body.WrittenCount)];
            await response.BodyWriter.WriteAsync(piece, response.HttpContext.RequestAborted).ConfigureAwait(false);
        }
    }
}
