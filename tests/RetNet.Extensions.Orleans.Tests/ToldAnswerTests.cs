using Microsoft.Extensions.AI;
using RetNet.Extensions.AI;
using RetNet.Extensions.Orleans.Conversations;

namespace RetNet.Extensions.Orleans.Tests;

/// <summary>What is left of an answer that is told again.</summary>
public sealed class ToldAnswerTests
{
    private readonly ToldAnswer _told = new("c", isKept: true);

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

    [Theory]
    [InlineData("Once there")]
    [InlineData("Once ")]
    public void Another_text_is_an_error_at_its_end(string other)
    {
        Take(new TextContent("Once upon"));
        _told.BeginAgain();

        Assert.Null(Take(new TextContent(other)));
        Assert.Null(Take(new TextContent("")));
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(_told.End);

        Assert.Contains("differs at character 5", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_end_of_an_answer_is_told_with_text_that_was_told()
    {
        Take(new TextContent("Once upon"));
        _told.BeginAgain();
        ChatResponseUpdate kept = new(ChatRole.Assistant, "Once upon") { FinishReason = ChatFinishReason.Stop };

        Assert.True(_told.TakeNew(kept));

        Assert.Empty(kept.Contents);
        _told.End();
    }

    [Fact]
    public void Log_probabilities_are_told_once()
    {
        Assert.Equal([1, 2], LogProbs("ab", 1, 2));

        _told.BeginAgain();

        Assert.Empty(LogProbs("a", 1));
        Assert.Equal([3], LogProbs("b", 2, 3));
        Assert.Equal([4], LogProbs("cd", 4));

        int[] LogProbs(string text, params int[] tokens)
        {
            List<TokenLogProbs> all = [.. tokens.Select(token => new TokenLogProbs(token, "", default, 0, []))];
            ChatResponseUpdate update = new(ChatRole.Assistant, text) { AdditionalProperties = new() { ["logprobs"] = all } };
            bool isNew = _told.TakeNew(update);
            int[] left = update.AdditionalProperties.GetValueOrDefault("logprobs") is List<TokenLogProbs> list
                ? [.. list.Select(token => token.Id)]
                : [];
            Assert.Equal(isNew, left.Length > 0);
            return left;
        }
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
