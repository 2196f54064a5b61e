using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using OpenAI;
using OpenAI.Chat;

namespace RetNet.Extensions.AspNetCore.Tests.Limits;

/// <summary>Clients that write a long body whole before they read the answer.</summary>
public sealed class LongBodyTests
{
    private const int Bytes = 5 << 20;
    private const int MostBytes = 64 << 20;
    private const string Path = "/v1/chat/completions";
    private const string TooLong = "HTTP/1.1 413 Payload Too Large";

    [Theory]
    [InlineData(Path, "k", false, "413 Payload Too Large", "request_too_large")]
    [InlineData(Path, "k", true, "413 Payload Too Large", "request_too_large")]
    [InlineData(Path, "wrong", false, "401 Unauthorized", "invalid_api_key")]
    [InlineData(Path, "wrong", true, "401 Unauthorized", "invalid_api_key")]
    [InlineData("/v1/unknown", "k", false, "404 Not Found", "unknown_url")]
    public async Task Client_that_writes_first_reads_the_error(string path, string key, bool isChunked, string status, string code)
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"), options => options.ApiKeys.Add("k"));
        await using NetworkStream stream = await PostAsync(
            host, isChunked ? "Transfer-Encoding: chunked" : $"Content-Length: {Bytes}", path, key);
        byte[] piece = Encoding.ASCII.GetBytes(new string(' ', 1 << 16));
        for (int written = 0; written < Bytes; written += piece.Length)
        {
            if (isChunked)
                await stream.WriteAsync("10000\r\n"u8.ToArray());
            await stream.WriteAsync(piece);
            if (isChunked)
                await stream.WriteAsync("\r\n"u8.ToArray());
        }

        if (isChunked)
            await stream.WriteAsync("0\r\n\r\n"u8.ToArray());

        string answer = await ReadAsync(stream);
        Assert.StartsWith($"HTTP/1.1 {status}", answer, StringComparison.Ordinal);
        Assert.Contains($"\"code\":\"{code}\"", answer, StringComparison.Ordinal);

        // The body was read to its end, so that the connection goes on.
        await AssertGoesOnAsync(host, stream);
    }

    [Fact]
    public async Task Client_may_write_64_MiB_that_nobody_reads()
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"), options => options.ApiKeys.Add("k"));
        await using NetworkStream stream = await PostAsync(host, $"Content-Length: {MostBytes}");
        Assert.StartsWith(TooLong, await ReadAsync(stream), StringComparison.Ordinal);

        await stream.WriteAsync(new byte[MostBytes]);

        await AssertGoesOnAsync(host, stream);
    }

    [Fact]
    public async Task Connection_of_a_client_that_writes_more_is_closed()
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"), options => options.ApiKeys.Add("k"));
        await using NetworkStream stream = await PostAsync(host, $"Content-Length: {2L * MostBytes}");
        Assert.StartsWith(TooLong, await ReadAsync(stream), StringComparison.Ordinal);

        await stream.WriteAsync(new byte[MostBytes + 1]);

        await AssertClosedAsync(stream);
    }

    [Fact]
    public async Task Connection_of_a_client_that_has_not_written_all_after_10_seconds_is_closed()
    {
        ObservedTime time = new();
        await using TestHost host = await TestHost.StartAsync(
            new ScriptedClient("m"), options => options.ApiKeys.Add("k"), builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(time);

                // Closes slow connections by a clock of its own.
                builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MinRequestBodyDataRate = null);
            });
        await using NetworkStream inTime = await PostAsync(host, $"Content-Length: {Bytes}");
        Assert.StartsWith(TooLong, await ReadAsync(inTime), StringComparison.Ordinal);
        await Eventually.TrueAsync(() => time.Timers == 1);
        time.Advance(TimeSpan.FromSeconds(9));
        await inTime.WriteAsync(new byte[Bytes]);
        await AssertGoesOnAsync(host, inTime);

        await using NetworkStream late = await PostAsync(host, $"Content-Length: {Bytes}");
        Assert.StartsWith(TooLong, await ReadAsync(late), StringComparison.Ordinal);
        await late.WriteAsync(new byte[Bytes - 1]);
        await Eventually.TrueAsync(() => time.Timers == 2);
        time.Advance(TimeSpan.FromSeconds(10));
        await AssertClosedAsync(late);
    }

    [Fact]
    public async Task Client_of_OpenAI_is_told_and_does_not_ask_again()
    {
        ScriptedClient model = new("m");
        await using TestHost host = await TestHost.StartAsync(model);
        int attempts = 0;
        ChatClient client = new("m", new ApiKeyCredential("none"), new OpenAIClientOptions
        {
            Endpoint = new Uri(host.Address, "v1"),
            RetryPolicy = new CountingRetries(() => attempts++),
        });

        ClientResultException error = await Assert.ThrowsAsync<ClientResultException>(
            () => client.CompleteChatAsync([new UserChatMessage(new string('x', Bytes))]));

        Assert.Equal(413, error.Status);
        Assert.Contains("request_too_large", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, attempts);
        Assert.Empty(model.Requests);
    }

    [Fact]
    public async Task Body_of_the_largest_length_is_read()
    {
        const string request = """{"messages": [{"role": "user", "content": "a"}]}""";
        await using TestHost host = await TestHost.StartAsync(
            new ScriptedClient("m"), options => options.MaxRequestBytes = request.Length);

        Assert.Equal(HttpStatusCode.OK, (await host.PostAsync(Path, request)).Status);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, (await host.PostAsync(Path, request + " ")).Status);
    }

    /// <summary>Opens a connection and writes the head of a request.</summary>
    private static async Task<NetworkStream> PostAsync(TestHost host, string length, string path = Path, string key = "k")
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, host.Address.Port);
        NetworkStream stream = new(socket, ownsSocket: true);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"""
            POST {path} HTTP/1.1
            Host: {host.Address.Authority}
            Authorization: Bearer {key}
            Content-Type: application/json
            {length}


            """.ReplaceLineEndings("\r\n")));
        return stream;
    }

    private static async Task AssertGoesOnAsync(TestHost host, NetworkStream stream)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET /health/live HTTP/1.1\r\nHost: {host.Address.Authority}\r\n\r\n"));
        Assert.StartsWith("HTTP/1.1 200 OK", await ReadAsync(stream), StringComparison.Ordinal);
    }

    private static async Task AssertClosedAsync(NetworkStream stream)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        try
        {
            Assert.Equal(0, await stream.ReadAsync(new byte[1], limit.Token));
        }
        catch (IOException)
        {
            // Reset.
        }
    }

    /// <summary>Reads one response, which tells its length.</summary>
    private static async Task<string> ReadAsync(NetworkStream stream)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        StringBuilder text = new();
        byte[] buffer = new byte[4096];
        while (true)
        {
            int read = await stream.ReadAsync(buffer, limit.Token);
            Assert.True(read > 0, $"The connection ended after: {text}");
            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
            string answer = text.ToString();
            int end = answer.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end < 0)
                continue;
            string length = answer[..end].Split("\r\n").Single(line => line.StartsWith("Content-Length: ", StringComparison.Ordinal));
            if (answer.Length == end + 4 + int.Parse(length["Content-Length: ".Length..]))
                return answer;
        }
    }

    /// <summary>A clock that the test sets, which counts who waits for it.</summary>
    private sealed class ObservedTime : FakeTimeProvider
    {
        private int _timers;

        public int Timers => Volatile.Read(ref _timers);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            Interlocked.Increment(ref _timers);
            return timer;
        }
    }

    private sealed class CountingRetries(Action count) : ClientRetryPolicy
    {
        protected override void OnTryComplete(PipelineMessage message)
        {
        }

        protected override TimeSpan GetNextDelay(PipelineMessage message, int tryCount)
        {
            count();
            return TimeSpan.Zero;
        }
    }
}
