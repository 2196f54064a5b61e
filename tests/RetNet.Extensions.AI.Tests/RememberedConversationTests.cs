using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI.Tests;

public sealed class RememberedConversationTests
{
    [Fact]
    public async Task A_conversation_takes_one_request_at_a_time_and_loses_no_turn()
    {
        using RetNetChatClient client = new(Models.RetNet, Remember);
        ChatResponse first = await client.GetResponseAsync("Tell me a story.", Options(null));
        IAsyncEnumerator<ChatResponseUpdate> running = client.GetStreamingResponseAsync("More.", Options(first.ConversationId, 30))
            .GetAsyncEnumerator();
        Assert.True(await running.MoveNextAsync());

        InvalidOperationException refusal = await Assert.ThrowsAsync<InvalidOperationException>(
            () => client.GetResponseAsync("Less.", Options(first.ConversationId)));
        Assert.Contains(first.ConversationId!, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("answering another request", refusal.Message, StringComparison.Ordinal);
        while (await running.MoveNextAsync())
        {
        }

        await running.DisposeAsync();
        ChatResponse last = await client.GetResponseAsync("Less.", Options(first.ConversationId));

        // The story, More. and its 30 tokens, and Less.
        Assert.True(last.Usage!.InputTokenCount > first.Usage!.TotalTokenCount + 30);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_id_of_a_stream_that_was_left_early_is_valid(bool isNew)
    {
        using RetNetChatClient client = new(Models.RetNet, Remember);
        string? id = isNew ? null : (await client.GetResponseAsync("Tell me a story.", Options(null))).ConversationId;
        long before = isNew ? 0 : (await client.GetResponseAsync("And?", Options(id))).Usage!.TotalTokenCount!.Value;

        string? given = null;
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync("Go on.", Options(id, 200)))
        {
            given = update.ConversationId;
            break;
        }

        ChatResponse after = await client.GetResponseAsync("Go on.", Options(given));

        Assert.Equal(given, after.ConversationId);
        Assert.InRange(after.Usage!.InputTokenCount!.Value, before + 1, before + 20);
    }

    [Fact]
    public async Task A_request_that_fails_leaves_the_conversation_as_it_was()
    {
        using RetNetChatClient client = new(Models.RetNet, Remember);
        ChatResponse first = await client.GetResponseAsync("Tell me a story.", Options(null));
        using CancellationTokenSource cancellation = new();
        await cancellation.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => client.GetResponseAsync("More.", Options(first.ConversationId), cancellation.Token));
        await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync(
            new ChatMessage(ChatRole.User, [new DataContent(new byte[] { 1 }, "image/png")]), Options(first.ConversationId)));
        ChatResponse second = await client.GetResponseAsync("More.", Options(first.ConversationId));

        Assert.InRange(second.Usage!.InputTokenCount!.Value, first.Usage!.TotalTokenCount!.Value, first.Usage.TotalTokenCount.Value + 20);
    }

    [Fact]
    public async Task A_forgotten_id_says_what_to_do()
    {
        using RetNetChatClient client = new(Models.RetNet, Remember);

        InvalidOperationException failure = await Assert.ThrowsAsync<InvalidOperationException>(
            () => client.GetResponseAsync("More.", Options("gone")));

        Assert.Contains("'gone'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Send the whole history without a ConversationId", failure.Message, StringComparison.Ordinal);
    }

    private static RetNetChatClientOptions Remember => new() { RememberConversations = true };

    private static ChatOptions Options(string? id, int tokens = 4) => new()
    {
        Temperature = 0,
        MaxOutputTokens = tokens,
        ConversationId = id,
        RawRepresentationFactory = _ => new Core.Generation.GenerationOptions { StopTokens = [] },
    };
}
