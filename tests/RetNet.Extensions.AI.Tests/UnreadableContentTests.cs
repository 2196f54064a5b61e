using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI.Tests;

public sealed class UnreadableContentTests
{
    [Fact]
    public async Task Content_without_a_place_in_a_prompt_is_left_out()
    {
        using RetNetChatClient client = new(Models.RetNet);
        ChatOptions options = new() { Temperature = 0, MaxOutputTokens = 6 };
        FunctionCallContent call = new("1", "remove");
        List<ChatMessage> history =
        [
            new(ChatRole.User, [new TextContent("Tell me a story."), new Mood()]),
            new(ChatRole.Assistant, [new TextContent("Once."), new ErrorContent("Out of paper."), new UsageContent(new())]),
            new(ChatRole.Assistant, [new ToolApprovalRequestContent("2", call)]),
            new(ChatRole.User, [new ToolApprovalResponseContent("2", false, call)]),
            new(ChatRole.User, "More."),
        ];
        List<ChatMessage> readable =
            [new(ChatRole.User, "Tell me a story."), new(ChatRole.Assistant, "Once."), new(ChatRole.User, "More.")];

        ChatResponse answer = await client.GetResponseAsync(history, options);
        ChatResponse same = await client.GetResponseAsync(readable, options);

        Assert.Equal(same.Text, answer.Text);
        Assert.Equal(same.Usage!.InputTokenCount, answer.Usage!.InputTokenCount);
    }

    [Theory]
    [InlineData("data")]
    [InlineData("uri")]
    [InlineData("file")]
    public async Task Data_that_the_request_is_about_is_refused_beside_text_too(string kind)
    {
        AIContent content = kind switch
        {
            "data" => new DataContent(new byte[] { 1 }, "image/png"),
            "uri" => new UriContent("https://example.org/cat.png", "image/png"),
            _ => new HostedFileContent("cat.pdf"),
        };
        using RetNetChatClient client = new(Models.RetNet);

        NotSupportedException failure = await Assert.ThrowsAsync<NotSupportedException>(
            () => client.GetResponseAsync(new ChatMessage(ChatRole.User, [new TextContent("What is this?"), content])));

        Assert.Contains(content.GetType().Name, failure.Message, StringComparison.Ordinal);
    }

    private sealed class Mood : AIContent;
}
