using System.Net;
using System.Net.Sockets;
using System.Text;
using RetNet.Extensions.Core;

namespace RetNet.Extensions.AspNetCore.Tests.Limits;

public sealed class DisconnectTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Client_that_goes_away_frees_its_place(bool isStreamed)
    {
        TextModel model = TextModel.Load(Models.PathOf("retnet-tinystories"));
        using (model)
        {
            await using TestHost host = await TestHost.StartAsync(model, options => options.MaxOutputTokens = null);
            using (TcpClient client = new())
            {
                await client.ConnectAsync(IPAddress.Loopback, host.Address.Port);
                await SendAsync(client, host, Endless(model, isStreamed));
                if (isStreamed)
                    await ReadUntilAsync(client.GetStream(), "\"content\":\" ");
                await Eventually.TrueAsync(() => model.Scheduler.RunningRequests == 1);
                client.Client.LingerState = new LingerOption(enable: true, seconds: 0);
            }

            await Eventually.TrueAsync(() => model.Scheduler.RunningRequests == 0);
            Assert.Equal(0, model.Scheduler.ReservedStateBytes);
        }
    }

    [Fact]
    public async Task Client_that_does_not_read_delays_no_other()
    {
        using TextModel model = TextModel.Load(Models.PathOf("retnet-tinystories"));
        await using TestHost host = await TestHost.StartAsync(model, options => options.MaxOutputTokens = null);
        using TcpClient slow = new() { ReceiveBufferSize = 1024 };
        await slow.ConnectAsync(IPAddress.Loopback, host.Address.Port);
        await SendAsync(slow, host, Endless(model, isStreamed: true).Replace("1000000", "3000", StringComparison.Ordinal));
        await Eventually.TrueAsync(() => model.Scheduler.RunningRequests == 1);
        Answer other = await host.PostAsync(
            "/v1/chat/completions", """{"messages": [{"role": "user", "content": "a"}], "max_tokens": 5}""");
        Assert.Equal(HttpStatusCode.OK, other.Status);

        // What was generated waits for the reader; its place in the batch does not.
        await Eventually.TrueAsync(() => model.Scheduler.RunningRequests == 0);
        await ReadUntilAsync(slow.GetStream(), "[DONE]");
    }

    [Fact]
    public async Task Stopping_host_finishes_what_runs_and_takes_nothing_new()
    {
        using TextModel model = TextModel.Load(Models.PathOf("retnet-tinystories"));
        TestHost host = await TestHost.StartAsync(model, options => options.MaxOutputTokens = null);
        TaskCompletionSource stopping = new();
        TaskCompletionSource goOn = new();

        // Holds the host between the moment when it begins to stop and that when the server does.
        host.App.Lifetime.ApplicationStopping.Register(() =>
        {
            stopping.TrySetResult();
            goOn.Task.Wait(TimeSpan.FromSeconds(60));
        });
        try
        {
            using TcpClient client = new();
            await client.ConnectAsync(IPAddress.Loopback, host.Address.Port);
            await SendAsync(client, host, Endless(model, isStreamed: true).Replace("1000000", "2000", StringComparison.Ordinal));
            await ReadUntilAsync(client.GetStream(), "\"content\":\" ");
            Task stop = Task.Run(() => host.App.StopAsync());
            await stopping.Task;
            Answer refused = await host.PostAsync("/v1/chat/completions", """{"messages": [{"role": "user", "content": "a"}]}""");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Status);
            Assert.Equal("server_stopping", refused.Error.GetProperty("code").GetString());
            Assert.True(refused.Headers.ContainsKey("Retry-After"));
            goOn.TrySetResult();
            await ReadUntilAsync(client.GetStream(), "[DONE]");
            await stop.WaitAsync(TimeSpan.FromSeconds(60));
        }
        finally
        {
            goOn.TrySetResult();
            await host.DisposeAsync();
        }
    }

    /// <summary>A request whose answer does not end by itself.</summary>
    private static string Endless(TextModel model, bool isStreamed) =>
        """{"messages": [{"role": "user", "content": "Tell me a story."}], "max_tokens": 1000000, "logit_bias": {"""
        + string.Join(", ", model.DefaultOptions.StopTokens!.Select(token => $"\"{token}\": -100"))
        + $"}}, \"stream\": {(isStreamed ? "true" : "false")}}}";

    private static async Task SendAsync(TcpClient client, TestHost host, string body) =>
        await client.GetStream().WriteAsync(Encoding.UTF8.GetBytes(
            $"POST /v1/chat/completions HTTP/1.1\r\nHost: {host.Address.Authority}\r\nContent-Type: application/json\r\n"
            + $"Content-Length: {Encoding.UTF8.GetByteCount(body)}\r\n\r\n{body}"));

    private static async Task ReadUntilAsync(NetworkStream stream, string expected)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromSeconds(60));
        byte[] buffer = new byte[4096];
        string tail = "";
        while (!tail.Contains(expected, StringComparison.Ordinal))
        {
            int read = await stream.ReadAsync(buffer, limit.Token);
            Assert.True(read > 0, $"The stream ended without {expected}.");
            tail = tail[Math.Max(0, tail.Length - expected.Length)..] + Encoding.UTF8.GetString(buffer, 0, read);
        }
    }
}
