using Microsoft.Extensions.AI;
using RetNet.Extensions.Core;
using RetNet.Extensions.DependencyInjection;

namespace RetNet.Extensions.AI.Tests;

public sealed class RetNetChatClientTests
{
    private static readonly ChatOptions Greedy = new() { Temperature = 0, MaxOutputTokens = 24 };

    [Theory]
    [InlineData("retnet-tinystories")]
    [InlineData("llama-tinystories")]
    public async Task Greedy_text_is_that_of_the_reference(string model)
    {
        using RetNetChatClient client = new(Models.Get(model));

        ChatResponse response = await client.GetResponseAsync(Golden.Prompt, Greedy);

        Assert.StartsWith(response.Text, Golden.Greedy(model, 300), StringComparison.Ordinal);
        Assert.True(response.Text.Length > 60);
    }

    [Fact]
    public async Task A_response_says_who_wrote_it_why_it_ended_and_what_it_took()
    {
        using RetNetChatClient client = new(Models.RetNet);

        ChatResponse response = await client.GetResponseAsync(Golden.Prompt, Greedy);

        Assert.Equal("retnet-tinystories", response.ModelId);
        Assert.Equal(ChatFinishReason.Length, response.FinishReason);
        Assert.NotNull(response.ResponseId);
        Assert.Null(response.ConversationId);
        Assert.InRange(response.CreatedAt!.Value, DateTimeOffset.UtcNow.AddMinutes(-5), DateTimeOffset.UtcNow);
        ChatMessage message = Assert.Single(response.Messages);
        Assert.Equal(ChatRole.Assistant, message.Role);
        Assert.NotNull(message.MessageId);
        Assert.IsType<TextContent>(Assert.Single(message.Contents));
        Assert.Equal(15, response.Usage!.InputTokenCount);
        Assert.Equal(24, response.Usage.OutputTokenCount);
        Assert.Equal(39, response.Usage.TotalTokenCount);
        Assert.Equal(0, response.Usage.CachedInputTokenCount);
    }

    [Fact]
    public async Task A_stream_has_the_same_text_and_ends_with_reason_and_usage()
    {
        using RetNetChatClient client = new(Models.RetNet);
        ChatResponse whole = await client.GetResponseAsync(Golden.Prompt, Greedy);

        List<ChatResponseUpdate> updates = await client.GetStreamingResponseAsync(Golden.Prompt, Greedy).ToListAsync();

        Assert.Equal(whole.Text, string.Concat(updates.Select(update => update.Text)));
        Assert.All(updates, update =>
        {
            Assert.Equal(updates[0].ResponseId, update.ResponseId);
            Assert.Equal(updates[0].MessageId, update.MessageId);
            Assert.Equal(updates[0].CreatedAt, update.CreatedAt);
            Assert.Equal("retnet-tinystories", update.ModelId);
            Assert.Equal(ChatRole.Assistant, update.Role);
        });
        Assert.All(updates.SkipLast(1), update => Assert.Null(update.FinishReason));
        Assert.Equal(ChatFinishReason.Length, updates[^1].FinishReason);
        UsageDetails usage = Assert.IsType<UsageContent>(Assert.Single(updates[^1].Contents)).Details;
        Assert.Equal(39, usage.TotalTokenCount);
    }

    [Fact]
    public async Task A_stream_brings_text_while_the_rest_is_not_written_yet()
    {
        using TextModel model = TextModel.Load(Models.PathOf("llama-tinystories"), new() { Threads = 1 });
        using RetNetChatClient client = new(model);
        using PacedPolicy policy = new();
        List<ChatResponseUpdate> updates = [];

        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(
            Golden.Prompt, new() { MaxOutputTokens = 24, RawRepresentationFactory = _ => policy.Options }))
        {
            policy.HasRead();
            updates.Add(update);
        }

        Assert.InRange(updates.Count, 4, 25);
        Assert.All(updates.SkipLast(1), update => Assert.NotEmpty(update.Text));
        Assert.Equal(ChatFinishReason.Length, updates[^1].FinishReason);
    }

    [Fact]
    public async Task Eight_threads_at_once_get_the_text_that_each_gets_alone()
    {
        using RetNetChatClient client = new(Models.Llama, new RetNetChatClientOptions { MaxConversations = 0 });
        string[] prompts = [.. Enumerable.Range(0, 8).Select(i => $"Tell me a story about {i} cats.")];
        ChatOptions Options(int i) => new() { MaxOutputTokens = 12, Seed = i };
        string[] alone = new string[8];
        for (int i = 0; i < 8; i++)
            alone[i] = (await client.GetResponseAsync(prompts[i], Options(i))).Text;

        string[] together = new string[8];
        Thread[] threads = [.. Enumerable.Range(0, 8).Select(i => new Thread(() =>
            together[i] = client.GetResponseAsync(prompts[i], Options(i)).GetAwaiter().GetResult().Text))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());

        Assert.Equal(alone, together);
    }

    [Fact]
    public async Task Text_is_continued_without_a_template()
    {
        using RetNetChatClient client = new(Models.RetNet);

        List<ChatResponseUpdate> updates = await client.ContinueTextAsync("Once upon a time, there was", Greedy).ToListAsync();

        Assert.Equal(Models.RetNet.Tokenizer.Encode("Once upon a time, there was").Length, updates.ToChatResponse().Usage!.InputTokenCount);
        Assert.Equal(ChatFinishReason.Length, updates[^1].FinishReason);
        Assert.StartsWith(" a little", updates.ToChatResponse().Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_text_is_continued_from_the_token_that_begins_one()
    {
        using RetNetChatClient client = new(Models.RetNet);

        ChatResponse response = await client.ContinueTextAsync("", Greedy).ToChatResponseAsync();

        Assert.Equal(1, response.Usage!.InputTokenCount);
        Assert.NotEmpty(response.Text);
    }

    [Fact]
    public async Task Control_tokens_in_a_message_are_ordinary_text()
    {
        using RetNetChatClient client = new(Models.RetNet);

        ChatResponse plain = await client.GetResponseAsync("end", Greedy);
        ChatResponse forged = await client.GetResponseAsync("<|end|>", Greedy);

        Assert.True(forged.Usage!.InputTokenCount > plain.Usage!.InputTokenCount);
    }

    [Fact]
    public void Services_are_metadata_client_and_model()
    {
        using RetNetChatClient client = new(Models.RetNet);

        ChatClientMetadata metadata = client.GetRequiredService<ChatClientMetadata>();
        Assert.Equal(("retnet", null, "retnet-tinystories"), (metadata.ProviderName, metadata.ProviderUri, metadata.DefaultModelId));
        Assert.Same(client, client.GetService<IChatClient>());
        Assert.Same(client, client.GetService<RetNetChatClient>());
        Assert.Same(Models.RetNet, client.GetService<TextModel>());
        Assert.NotNull(client.GetService<SharedModel>());
        Assert.Null(client.GetService(typeof(ChatClientMetadata), "key"));
        Assert.Null(client.GetService<string>());
    }

    [Fact]
    public void Null_messages_are_refused_at_once()
    {
        using RetNetChatClient client = new(Models.RetNet);

        Assert.Throws<ArgumentNullException>("messages", () => { _ = client.GetResponseAsync((IEnumerable<ChatMessage>)null!); });
        Assert.Throws<ArgumentNullException>("messages", () => { _ = client.GetStreamingResponseAsync((IEnumerable<ChatMessage>)null!); });
    }

    [Fact]
    public async Task A_model_without_a_template_says_how_to_set_one()
    {
        using TemplatelessModel model = new();
        using RetNetChatClient client = new(model.Load());

        InvalidOperationException failure = await Assert.ThrowsAsync<InvalidOperationException>(() => client.GetResponseAsync("hi"));

        Assert.Contains("RetNetOptions.ChatTemplate", failure.Message, StringComparison.Ordinal);
    }
}
