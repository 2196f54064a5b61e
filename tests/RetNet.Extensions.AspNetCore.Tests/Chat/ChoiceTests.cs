using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AspNetCore.Tests.Chat;

/// <summary>Several answers to one request.</summary>
public sealed class ChoiceTests
{
    private const string Path = "/v1/chat/completions";

    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public async Task First_failure_ends_the_others_and_is_told(string isStreamed)
    {
        TaskCompletionSource ended = new();
        int started = 0;
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m")
        {
            Answer = (_, _, cancellation) => Interlocked.Increment(ref started) == 2
                ? throw new NotSupportedException("The second one cannot be answered.")
                : Waiting(ended, cancellation),
        });

        Answer answer = await host.PostAsync(
            Path, $$"""{"messages": [{"role": "user", "content": "a"}], "n": 5, "stream": {{isStreamed}}}""");

        await ended.Task;
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("The second one cannot be answered.", answer.Error.GetProperty("message").GetString());
        Assert.Equal(2, started);
    }

    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public async Task None_begins_once_the_request_is_over_time(string isStreamed)
    {
        ScriptedClient client = new("m")
        {
            Answer = (_, _, cancellation) =>
            {
                cancellation.WaitHandle.WaitOne();
                return ScriptedClient.Updates("late");
            },
        };
        await using TestHost host = await TestHost.StartAsync(client, options => options.RequestTimeout = TimeSpan.FromMilliseconds(300));

        Answer answer = await host.PostAsync(
            Path, $$"""{"messages": [{"role": "user", "content": "a"}], "n": 5, "stream": {{isStreamed}}}""");

        Assert.Contains("request_timeout", answer.Text, StringComparison.Ordinal);
        Assert.Single(client.Requests);
    }

    [Fact]
    public async Task Each_is_that_of_a_request_with_its_seed()
    {
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        const string request = """
            {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Tell me a story."}], "max_tokens": 12,
             "temperature": 1, "seed":
            """;

        Answer both = await host.PostAsync(Path, request + "7, \"n\": 2}");
        Answer first = await host.PostAsync(Path, request + "7}");
        Answer second = await host.PostAsync(Path, request + "8}");

        Assert.Equal([first.Content, second.Content], both.Json.GetProperty("choices").EnumerateArray()
            .Select(choice => choice.GetProperty("message").GetProperty("content").GetString()));
    }

    private static async IAsyncEnumerable<ChatResponseUpdate> Waiting(
        TaskCompletionSource ended, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        finally
        {
            ended.TrySetResult();
        }

        yield break;
    }
}
