using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;

namespace RetNet.Extensions.Benchmarks.Serving;

/// <summary>Clients that each ask for one streamed answer after the other, without a pause.</summary>
internal static class ChatLoad
{
    private const string Data = "data: ";

    /// <summary>Makes requests.</summary>
    /// <param name="server">The server.</param>
    /// <param name="requests">What is asked.</param>
    /// <param name="clients">How many clients ask at the same time.</param>
    /// <param name="count">How many requests they make together.</param>
    /// <param name="first">The number of the first request.</param>
    public static async Task<LoadResult> RunAsync(ServerProcess server, ChatRequest requests, int clients, int count, int first)
    {
        int next = first - 1;
        long start = Stopwatch.GetTimestamp();
        List<TimedAnswer>[] answers = await Task.WhenAll(Enumerable.Range(0, clients).Select(_ => Task.Run(async () =>
        {
            List<TimedAnswer> own = [];
            while (Interlocked.Increment(ref next) is int number && number < first + count)
                own.Add(await AskAsync(server.Client, requests.Create(number)));
            return own;
        })));
        return new LoadResult([.. answers.SelectMany(own => own)], Stopwatch.GetElapsedTime(start));
    }

    private static async Task<TimedAnswer> AskAsync(HttpClient client, byte[] body)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/chat/completions") { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        // llama.cpp's server closes connections after some requests, which a client that sends the next one at once does not see.
        request.Headers.ConnectionClose = true;
        long start = Stopwatch.GetTimestamp();
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"{(int)response.StatusCode}: {await response.Content.ReadAsStringAsync()}");
        TimeSpan? firstText = null;
        int tokens = 0, cached = 0;
        using StreamReader lines = new(await response.Content.ReadAsStreamAsync());
        while (await lines.ReadLineAsync() is { } line)
        {
            if (!line.StartsWith(Data, StringComparison.Ordinal) || line.EndsWith("[DONE]", StringComparison.Ordinal))
                continue;
            using JsonDocument chunk = JsonDocument.Parse(line.AsMemory(Data.Length));
            if (chunk.RootElement.TryGetProperty("error", out JsonElement error))
                throw new InvalidOperationException(error.GetRawText());
            if (firstText is null && HasText(chunk.RootElement))
                firstText = Stopwatch.GetElapsedTime(start);
            if (chunk.RootElement.TryGetProperty("usage", out JsonElement usage) && usage.ValueKind == JsonValueKind.Object)
            {
                tokens = usage.GetProperty("completion_tokens").GetInt32();
                cached = usage.TryGetProperty("prompt_tokens_details", out JsonElement details)
                    && details.TryGetProperty("cached_tokens", out JsonElement read) ? read.GetInt32() : 0;
            }
        }

        return new TimedAnswer(tokens, cached, firstText ?? Stopwatch.GetElapsedTime(start));
    }

    private static bool HasText(JsonElement chunk) =>
        chunk.TryGetProperty("choices", out JsonElement choices) && choices.GetArrayLength() > 0
        && choices[0].TryGetProperty("delta", out JsonElement delta) && delta.EnumerateObject().Any(
            part => part.Name is "content" or "reasoning_content" && part.Value.ValueKind == JsonValueKind.String
                && part.Value.GetString()!.Length > 0);
}
