using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace RetNet.Extensions.AspNetCore.Requests;

/// <summary>Answers a request with JSON.</summary>
internal static class JsonAnswer
{
    /// <summary>Answers with 200.</summary>
    /// <param name="response">The response.</param>
    /// <param name="write">Writes one JSON value.</param>
    public static async Task WriteAsync(HttpResponse response, Action<Utf8JsonWriter> write)
    {
        response.ContentType = "application/json";
        using (Utf8JsonWriter json = new(response.BodyWriter, JsonBody.WriterOptions))
            write(json);
        await response.BodyWriter.FlushAsync(response.HttpContext.RequestAborted).ConfigureAwait(false);
    }
}
