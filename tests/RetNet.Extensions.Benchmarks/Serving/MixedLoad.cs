using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RetNet.Extensions.Benchmarks.Serving;

/// <summary>Clients of every kind for a long time: answers that are read, answers that are left in the middle, embeddings, texts that are
/// continued, and requests that are wrong.</summary>
/// <param name="server">The server.</param>
/// <param name="requests">Chat requests.</param>
internal sealed class MixedLoad(ServerProcess server, ChatRequest requests)
{
    private const int Kinds = 6;

    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(200);

    private int _number;
    private long _answered;
    private long _left;
    private long _refused;

    /// <summary>Answers that were read to their end.</summary>
    public long Answered => Volatile.Read(ref _answered);

    /// <summary>Answers whose client went away.</summary>
    public long Left => Volatile.Read(ref _left);

    /// <summary>Wrong requests that were refused as such.</summary>
    public long Refused => Volatile.Read(ref _refused);

    /// <summary>What else happened: the server's fault.</summary>
    public List<string> Failures { get; } = [];

    /// <summary>Runs until it is cancelled.</summary>
    public Task RunAsync(int clients, CancellationToken cancellationToken) => Task.WhenAll(Enumerable.Range(0, clients).Select(
        client => Task.Run(() => RunClientAsync(new Random(client), cancellationToken), CancellationToken.None)));

    private async Task RunClientAsync(Random random, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            int number = Interlocked.Increment(ref _number);
            try
            {
                await AskAsync(random, number);
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or JsonException
                or InvalidOperationException or OperationCanceledException)
            {
                lock (Failures)
                    Failures.Add($"request {number}: {exception.Message}");
            }

            await Task.Delay(LongestPause * random.NextDouble(), CancellationToken.None);
        }
    }

    private async Task AskAsync(Random random, int number)
    {
        switch (random.Next(Kinds))
        {
            case 0:
                await PostAsync("/v1/chat/completions", requests.Create(number, streamed: false), 200);
                break;
            case 1:
                await LeaveAsync(requests.Create(number), TimeSpan.FromMilliseconds(random.Next(1, 500)));
                break;
            case 2:
                await PostAsync("/v1/embeddings", new JsonObject { ["input"] = new JsonArray("A short text.", $"Text {number}") }, 200);
                break;
            case 3:
                await PostAsync("/v1/completions", new JsonObject { ["prompt"] = $"Once upon a time, {number}", ["max_tokens"] = 16 }, 200);
                break;
            case 4:
                JsonObject wrong = new() { ["messages"] = "none", ["max_tokens"] = number };
                await PostAsync("/v1/chat/completions", wrong, 400);
                break;
            default:
                await PostAsync("/v1/chat/completions", requests.Create(number), 200);
                break;
        }
    }

    private Task PostAsync(string path, JsonObject body, int expected) =>
        PostAsync(path, JsonSerializer.SerializeToUtf8Bytes(body), expected);

    private async Task PostAsync(string path, byte[] body, int expected)
    {
        using HttpRequestMessage request = Request(path, body);
        using HttpResponseMessage response = await server.Client.SendAsync(request);
        string answer = await response.Content.ReadAsStringAsync();
        if ((int)response.StatusCode != expected || (expected == 200 && answer.Contains("\"error\":", StringComparison.Ordinal)))
            throw new InvalidOperationException($"{path} answered {(int)response.StatusCode}, expected {expected}: {answer}");
        Interlocked.Increment(ref expected == 200 ? ref _answered : ref _refused);
    }

    /// <summary>Goes away in the middle of an answer, or before it begins.</summary>
    private async Task LeaveAsync(byte[] body, TimeSpan after)
    {
        using CancellationTokenSource leaves = new(after);
        try
        {
            using HttpRequestMessage request = Request("/v1/chat/completions", body);
            using HttpResponseMessage response =
                await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaves.Token);
            await response.Content.ReadAsStringAsync(leaves.Token);
            Interlocked.Increment(ref _answered);
        }
        catch (OperationCanceledException) when (leaves.IsCancellationRequested)
        {
            Interlocked.Increment(ref _left);
        }
    }

    private static HttpRequestMessage Request(string path, byte[] body) => new(HttpMethod.Post, path)
    {
        Content = new ByteArrayContent(body)
        {
            Headers = { ContentType = new MediaTypeHeaderValue("application/json",
            Encoding.UTF8.WebName) }
        },
    };
}
