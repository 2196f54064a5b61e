using System.Text;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Answers;
using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.AI.Tests;

/// <summary>Answers with the log probabilities of their tokens.</summary>
public sealed class LogProbTests
{
    [Fact]
    public async Task Each_token_comes_once_with_an_update_and_the_response_has_them_all()
    {
        using RetNetChatClient client = new(Models.RetNet, new RetNetChatClientOptions { MaxConversations = 0 });
        ChatOptions options = Options(top: 2);
        options.StopSequences = ["never in the text"];

        List<TokenLogProbs> streamed = [];
        ChatResponse whole = await Collect(client.GetStreamingResponseAsync("Tell me a story.", options), streamed);
        ChatResponse response = await client.GetResponseAsync("Tell me a story.", options);

        IReadOnlyList<TokenLogProbs> all = Assert.IsType<IReadOnlyList<TokenLogProbs>>(
            response.AdditionalProperties!["logprobs"], exactMatch: false);
        Assert.Equal(whole.Usage!.OutputTokenCount, streamed.Count);
        Assert.Equal(streamed.Select(Describe), all.Select(Describe));
        Assert.Equal(response.Text, string.Concat(all.Select(token => token.Token)));
        Assert.All(all, token => Assert.InRange(token.LogProb, double.MinValue, 0));
        Assert.All(all, token => Assert.Equal(2, token.Top.Count));
        Assert.All(all, token => Assert.Equal(token.Id, token.Top[0].Id));
    }

    [Fact]
    public async Task A_character_of_several_tokens_is_made_of_their_bytes()
    {
        using RetNetChatClient client = new(Models.Llama);
        ChatOptions options = Options(top: 0);
        options.Regex = "🐈‍⬛ über 猫";

        List<TokenLogProbs> streamed = [];
        await Collect(client.GetStreamingResponseAsync("hi", options), streamed);
        List<TokenLogProbs> continued = [];
        await Collect(client.ContinueTextAsync("hi", options), continued);

        Assert.Equal(options.Regex, Encoding.UTF8.GetString([.. streamed.SelectMany(token => token.Bytes.ToArray())]));
        Assert.Equal(options.Regex, Encoding.UTF8.GetString([.. continued.SelectMany(token => token.Bytes.ToArray())]));
        Assert.Contains(streamed, token => token.Token.Contains('\uFFFD'));
    }

    [Theory]
    [InlineData(new[] { "<think>", "\nIt is ", "twelve.\n", "</think>", "\n\n", "Noon", "." }, new[] { "Noon", "." })]
    [InlineData(new[] { "<think>", "No", "</think>No", "on." }, new[] { "</think>No", "on." })]
    [InlineData(new[] { " ", "a <", "b", " <think> c" }, new[] { " ", "a <", "b", " <think> c" })]
    [InlineData(
        new[] { "I ask. ", "<tool_call>", "\n{\"name\": \"clock\", ", "\"arguments\": {}}\n", "</tool_call>" }, new[] { "I ask. " })]
    [InlineData(new[] { "<tool_call>", "\n{\"name\": \"clock\", ", "\"arguments\": {}}\n", "</tool_call>" }, new string[0])]
    [InlineData(new[] { "abc ", "ST", "OP", " def" }, new[] { "abc " })]
    [InlineData(new[] { "ab", "c S", "TOP d", "ef" }, new[] { "ab", "c S" })]
    [InlineData(new[] { "ab S", "o <think> S", "T c" }, new[] { "ab S", "o <think> S", "T c" })]
    [InlineData(
        new[] { "ab S", "<tool_call>", "\n{\"name\": \"clock\", ", "\"arguments\": {}}\n", "</tool_call>" }, new[] { "ab S" })]
    [InlineData(
        new[]
        {
            "<0xF0>", "<0x9F>", "<0x98>", "<0x80>", "<tool_call>", "\n{\"name\": \"clock\", ", "\"arguments\": {}}\n", "</tool_call>",
        },
        new[] { "\uFFFD", "\uFFFD", "\uFFFD", "\uFFFD" })]
    [InlineData(new[] { "<0xF0>", "<0x9F>", "<0x98>", "<0x80>", "STOP", " def" }, new[] { "\uFFFD", "\uFFFD", "\uFFFD", "\uFFFD" })]
    [InlineData(new[] { "<think>", "No", "</think>", "\n", "<0xC3>", "<0xBC>", "<0x61>", "ber" }, new[] { "\uFFFD", "\uFFFD", "a", "ber" })]
    [InlineData(new[] { "<think>", "<0xC3>", "<0xBC>", "</think>", "No", "<0xC2>", "<0xA0>" }, new[] { "No", "\uFFFD", "\uFFFD" })]
    public async Task They_are_those_of_the_content_alone(string[] answer, string[] content)
    {
        using ScriptedModel model = new(answer);
        using RetNetChatClient client = new(model.Model);
        ChatOptions options = Options(top: 0);
        (options.Tools, options.StopSequences) = ([AIFunctionFactory.Create(() => "noon", "clock")], ["STOP"]);

        List<ChatResponseUpdate> updates = await client.GetStreamingResponseAsync("What time is it?", options).ToListAsync();
        ChatResponse response = await client.GetResponseAsync("What time is it?", options);

        Assert.Equal(content, Tokens(response.AdditionalProperties));
        Assert.Equal(content, updates.SelectMany(update => Tokens(update.AdditionalProperties)));
        Assert.All(updates, update => Assert.True(update.Text.Length > 0 || !Tokens(update.AdditionalProperties).Any()));
    }

    [Fact]
    public async Task They_are_those_of_the_final_message_and_of_a_continued_text_up_to_its_end()
    {
        using ScriptedModel channels = ScriptedModel.InChannels(
            "<|channel|>analysis<|message|>", "It is ", "twelve.", "<|end|><|start|>assistant", "<|channel|>final", "<|message|>",
            "No", "on.");
        using RetNetChatClient reasoning = new(channels.Model);
        using ScriptedModel model = ScriptedModel.Saying(["abc ", "ST", "OP", " def"]);
        using RetNetChatClient client = new(model.Model);
        ChatOptions options = Options(top: 0);
        options.StopSequences = ["STOP"];

        ChatResponse response = await reasoning.GetResponseAsync("What time is it?", options);
        List<ChatResponseUpdate> continued = await client.ContinueTextAsync("<ask>", options).ToListAsync();

        Assert.Equal(["No", "on."], Tokens(response.AdditionalProperties));
        Assert.Equal(["abc "], continued.SelectMany(update => Tokens(update.AdditionalProperties)));
    }

    [Fact]
    public void What_the_reader_of_calls_holds_back_keeps_its_place_while_marks_after_it_are_decided()
    {
        UndecidedText forReasoning = new();
        UndecidedText forCalls = new();

        Assert.Empty(forCalls.Pass(forReasoning.Pass([('a', 0), ('b', 1)], "ab", held: 0), "", held: 2));
        Assert.Empty(forCalls.Pass(forReasoning.Pass([('<', 2), ('>', 3), ('N', 4)], "", held: 1), "", held: 2));
        Assert.Equal((0, 4), (forCalls.First, forReasoning.First));

        // The line end between two messages is the reader's.
        (char Character, int Place)[] passed = forReasoning.Pass([('o', 5)], "\nNo", held: 0);
        Assert.Equal([('\n', UndecidedText.Nowhere), ('N', 4), ('o', 5)], passed);
        Assert.Equal([0, 1, UndecidedText.Nowhere, 4, 5], forCalls.Pass(passed, "ab\nNo", held: 0).Select(character => character.Place));
        Assert.Null(forCalls.First);
    }

    [Fact]
    public async Task A_continued_text_has_those_of_its_prompt_with_the_first_update()
    {
        using RetNetChatClient client = new(Models.RetNet);
        ChatOptions options = Options(top: 1);
        options.AdditionalProperties!["prompt_logprobs"] = true;
        int[] tokens = Models.RetNet.EncodePrompt("Once upon a time");

        List<ChatResponseUpdate> text = await client.ContinueTextAsync("Once upon a time", options).ToListAsync();
        List<ChatResponseUpdate> same = await client.ContinueTokensAsync(tokens, options).ToListAsync();

        IReadOnlyList<TokenLogProbs> prompt = Prompt(text[0]);
        Assert.Equal(tokens, prompt.Select(token => token.Id));
        Assert.Equal(prompt.Select(Describe), Prompt(same[0]).Select(Describe));
        Assert.Equal(double.NaN, prompt[0].LogProb);
        Assert.Empty(prompt[0].Top);
        Assert.All(prompt.Skip(1), token => Assert.True(token.LogProb <= token.Top.Single().LogProb));
        Assert.All(text.Skip(1), update => Assert.False(update.AdditionalProperties?.ContainsKey("prompt_logprobs") ?? false));
        Assert.Equal(string.Concat(text.Select(update => update.Text)), string.Concat(same.Select(update => update.Text)));
        Assert.Contains("prompt_logprobs", (await Assert.ThrowsAsync<NotSupportedException>(
            () => client.GetResponseAsync("hi", options))).Message, StringComparison.Ordinal);
        options.AdditionalProperties.Remove("logprobs");
        options.AdditionalProperties.Remove("top_logprobs");
        await Assert.ThrowsAsync<ArgumentException>(() => client.ContinueTextAsync("hi", options).ToListAsync().AsTask());
        await Assert.ThrowsAsync<ArgumentException>(() => client.ContinueTokensAsync(ReadOnlyMemory<int>.Empty).ToListAsync().AsTask());

        static IReadOnlyList<TokenLogProbs> Prompt(ChatResponseUpdate update) => Assert.IsType<IReadOnlyList<TokenLogProbs>>(
            update.AdditionalProperties!["prompt_logprobs"], exactMatch: false);
    }

    [Fact]
    public async Task They_come_only_when_asked_for()
    {
        using RetNetChatClient client = new(Models.RetNet);

        ChatResponse none = await client.GetResponseAsync("hi", new ChatOptions { MaxOutputTokens = 3 });

        Assert.False(none.AdditionalProperties!.ContainsKey("logprobs"));
        ChatOptions topOnly = new() { AdditionalProperties = new() { ["top_logprobs"] = 3 } };
        Assert.Contains("top_logprobs", (await Assert.ThrowsAsync<ArgumentException>(
            () => client.GetResponseAsync("hi", topOnly))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync("hi", Options(top: 21)));
    }

    [Fact]
    public async Task True_and_false_may_be_texts()
    {
        using RetNetChatClient client = new(Models.RetNet);
        ChatOptions options = Options(top: 0);
        (options.AdditionalProperties!["logprobs"], options.AdditionalProperties["include_state"]) = ("True", "true");

        ChatResponse response = await client.GetResponseAsync("hi", options);
        options.AdditionalProperties["logprobs"] = "yes";

        Assert.True(response.AdditionalProperties!.ContainsKey("logprobs"));
        Assert.IsType<StateProgress>(response.AdditionalProperties["state"]);
        Assert.Contains("\"logprobs\"] is yes; expected true or false", (await Assert.ThrowsAsync<ArgumentException>(
            () => client.GetResponseAsync("hi", options))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_updates_tell_of_the_state_is_in_the_response_and_not_in_messages()
    {
        using RetNetChatClient client = new(Models.RetNet);
        ChatOptions options = Options(top: 0);
        options.AdditionalProperties!["include_state"] = true;
        ConversationTurn turn = new(client, StoredConversation.Empty, [new(ChatRole.User, "hi")], options);

        ChatResponse response = await client.GetResponseAsync("hi", options);
        List<ChatResponseUpdate> updates = await turn.ToListAsync();

        Assert.Equal(Models.RetNet.Model.StateBytes(null, 1), response.AdditionalProperties!["state_bytes"]);
        Assert.Equal(updates[^1].AdditionalProperties!["state"], response.AdditionalProperties["state"]);
        Assert.Equal(response.AdditionalProperties["state_bytes"], updates[^1].AdditionalProperties!["state_bytes"]);
        Assert.Null(response.Usage!.AdditionalCounts);
        Assert.Null(response.Messages[^1].AdditionalProperties);
        Assert.Null(turn.After.Messages[^1].AdditionalProperties);
    }

    private static ChatOptions Options(int top) => new()
    {
        MaxOutputTokens = 24,
        Temperature = 0,
        AdditionalProperties = new() { ["logprobs"] = true, ["top_logprobs"] = top },
    };

    private static IEnumerable<string> Tokens(AdditionalPropertiesDictionary? properties) =>
        (properties?.GetValueOrDefault("logprobs") as IReadOnlyList<TokenLogProbs> ?? []).Select(token => token.Token);

    private static async Task<ChatResponse> Collect(IAsyncEnumerable<ChatResponseUpdate> answer, List<TokenLogProbs> into)
    {
        List<ChatResponseUpdate> updates = await answer.ToListAsync();
        foreach (ChatResponseUpdate update in updates)
        {
            if (update.AdditionalProperties?.GetValueOrDefault("logprobs") is IReadOnlyList<TokenLogProbs> some)
                into.AddRange(some);
        }

        return updates.ToChatResponse();
    }

    private static (int Id, double LogProb, string Bytes) Describe(TokenLogProbs token) =>
        (token.Id, token.LogProb, Convert.ToHexString(token.Bytes.Span));
}
