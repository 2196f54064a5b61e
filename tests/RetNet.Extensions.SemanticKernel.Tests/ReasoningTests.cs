using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using RetNet.Extensions.AI.Tests;

#pragma warning disable SKEXP0110 // Experimental: what a kernel has for reasoning.

namespace RetNet.Extensions.SemanticKernel.Tests;

/// <summary>What a model writes between think marks, in a kernel.</summary>
public sealed class ReasoningTests
{
    private readonly ChatHistory _history = new("What time is it?");

    [Fact]
    public async Task An_answer_and_a_stream_have_the_reasoning_apart_from_the_text()
    {
        using ScriptedModel model = ScriptedModel.Saying(["<think>", "\nIt is ", "twelve.\n", "</think>", "\n\n", "Noon."]);
        IKernelBuilder builder = Kernel.CreateBuilder();
        builder.AddRetNetChatCompletion(options => options.ModelPath = model.Folder);
        IChatCompletionService chat = builder.Build().GetRequiredService<IChatCompletionService>();

        ChatMessageContent answer = await chat.GetChatMessageContentAsync(_history);
        List<StreamingChatMessageContent> parts = await chat.GetStreamingChatMessageContentsAsync(_history).ToListAsync();

        Assert.Equal("Noon.", answer.Content);
        Assert.Equal("It is twelve.", Assert.IsType<ReasoningContent>(answer.Items[0]).Text);
        Assert.Equal("Noon.", string.Concat(parts.Select(part => part.Content)));
        Assert.Equal("It is twelve.", string.Concat(parts.SelectMany(part => part.Items).OfType<StreamingReasoningContent>()));
        Assert.Single(_history);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_reasoning_of_a_history_reaches_the_model(bool isKeptAsJson)
    {
        using FakeChatClient client = new(pieces: "Yes.");
        using IChatClient pipeline = client.AsBuilder().UseRetNetKernel().Build();
        KernelChatCompletionService chat = new(pipeline.AsChatCompletionService());
        _history.Add(new ChatMessageContent(AuthorRole.Assistant, [
            new ReasoningContent("It is twelve."), new Microsoft.SemanticKernel.TextContent("Noon.")]));
        ChatHistory history = isKeptAsJson
            ? JsonSerializer.Deserialize<ChatHistory>(JsonSerializer.Serialize(_history))!
            : _history;
        history.AddUserMessage("Really?");

        await chat.GetChatMessageContentsAsync(history);

        Assert.Equal(["It is twelve."], client.Messages[1].Contents.OfType<TextReasoningContent>().Select(content => content.Text));
        Assert.Equal("Noon.", client.Messages[1].Text);
        Assert.Equal("It is twelve.", Assert.IsType<ReasoningContent>(history[1].Items[0]).Text);
    }
}
