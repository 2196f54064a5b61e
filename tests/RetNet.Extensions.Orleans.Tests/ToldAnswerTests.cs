using Microsoft.Extensions.AI;
using RetNet.Extensions.Orleans.Conversations;

namespace RetNet.Extensions.Orleans.Tests;

/// <summary>What is left of an answer that is told again.</summary>
public sealed class ToldAnswerTests
{
    private readonly ToldAnswer _told = new("c");

    [Fact]
    public void A_repeated_answer_goes_on_where_it_broke_off()
    {
        Assert.Equal("Once up", Take(new TextContent("Once up")));

        _told.BeginAgain();

        Assert.Null(Take(new TextContent("Once")));
        Assert.Equal("on a", Take(new TextContent(" upon a")));
        Assert.Equal(" time", Take(new TextContent(" time")));
    }

    [Fact]
    public void Reasoning_and_calls_are_told_once()
    {
        FunctionCallContent call = new("1", "get_weather");
        Assert.Equal("think", Take(new TextReasoningContent("think")));
        Assert.Equal("say", Take(new TextContent("say")));
        Assert.Equal("FunctionCallContent", Take(call));

        _told.BeginAgain();

        Assert.Null(Take(new TextReasoningContent("thi"), new TextReasoningContent("nk")));
        Assert.Equal("more|FunctionCallContent", Take(new TextContent("saymore"), call, new FunctionCallContent("2", "get_time")));
    }

    [Fact]
    public void Another_text_is_an_error()
    {
        Take(new TextContent("Once upon"));
        _told.BeginAgain();

        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => Take(new TextContent("Once there")));

        Assert.Contains("differs at character 5", error.Message, StringComparison.Ordinal);
    }

    private string? Take(params AIContent[] contents)
    {
        ChatResponseUpdate update = new(ChatRole.Assistant, contents);
        return _told.TakeNew(update)
            ? string.Join('|', update.Contents.Select(content => content switch
            {
                TextContent text => text.Text,
                TextReasoningContent reasoning => reasoning.Text,
                _ => content.GetType().Name,
            }))
            : null;
    }
}
