using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace RetNet.Extensions.SemanticKernel.Tests;

/// <summary>A history that has a null where a message, or a part of one, is expected.</summary>
public sealed class AbsentMessageTests
{
    private readonly FakeChatClient _client = new(pieces: "Yes.");

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_or_content_that_is_null_is_named_by_its_place(bool isStreamed)
    {
        using IChatClient pipeline = _client.AsBuilder().UseRetNetKernel().Build();
        ChatMessage hello = new(ChatRole.User, "Hello.");
        ChatMessage hollow = new(ChatRole.User, [new Microsoft.Extensions.AI.TextContent("Well"), null!]);

        Assert.StartsWith("Message 1 is null; expected a message.", await RefusedAsync(hello, null!), StringComparison.Ordinal);
        Assert.StartsWith("A content of message 2, of the user, is null; expected a content.",
            await RefusedAsync(hello, hello, hollow), StringComparison.Ordinal);
        Assert.Empty(_client.Messages);

        async Task<string> RefusedAsync(params ChatMessage[] messages) => (await Assert.ThrowsAsync<ArgumentException>(
            async () => _ = isStreamed
                ? await pipeline.GetStreamingResponseAsync(messages).ToChatResponseAsync()
                : await pipeline.GetResponseAsync(messages))).Message;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_message_of_a_kernels_history_that_is_null_is_named_by_its_place(bool isStreamed)
    {
        using IChatClient pipeline = _client.AsBuilder().UseRetNetKernel().Build();
        KernelChatCompletionService chat = new(pipeline.AsChatCompletionService());
        ChatHistory history = new([new ChatMessageContent(AuthorRole.User, "Hello."), null!]);

        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(async () => _ = isStreamed
            ? (object)await chat.GetStreamingChatMessageContentsAsync(history).ToListAsync()
            : await chat.GetChatMessageContentsAsync(history));

        Assert.StartsWith("Message 1 is null; expected a message.", error.Message, StringComparison.Ordinal);
        Assert.Empty(_client.Messages);
    }

    [Fact]
    public async Task A_message_without_a_text_is_an_empty_one()
    {
        using IChatClient pipeline = _client.AsBuilder().UseRetNetKernel().Build();
        KernelChatCompletionService chat = new(pipeline.AsChatCompletionService());
        ChatHistory history = new([new ChatMessageContent(AuthorRole.User, (string?)null)]);

        Assert.Equal("Yes.", Assert.Single(await chat.GetChatMessageContentsAsync(history)).Content);
        Assert.Equal("", Assert.Single(_client.Messages).Text);
    }
}
