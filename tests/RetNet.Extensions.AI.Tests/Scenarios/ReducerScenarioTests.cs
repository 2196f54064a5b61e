#pragma warning disable MEAI001 // Chat reducers are experimental.
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI.Tests.Scenarios;

/// <summary>The scenarios by which Microsoft.Extensions.AI tests summaries of conversations, with a model that knows them by
/// heart.</summary>
public sealed class ReducerScenarioTests : IDisposable
{
    private readonly RetNetChatClient _client = new(Models.Scenarios);
    private readonly List<ChatMessage> _reduced = [];
    private int _summaries;

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task A_summary_keeps_what_was_said()
    {
        ChatResponse response = await Summarizing(threshold: 1).GetResponseAsync(Turns(
            "I am Alice, and I love hiking.", "Hello Alice!", "I was in the Alps.", "The Alps are high.", "I walked for a week.",
            "That is long.", "Who am I, and what do I love?"));

        Assert.Equal(1, _summaries);
        Assert.Equal(
            ["Alice loves hiking and was in the Alps.", "I walked for a week.", "That is long.", "Who am I, and what do I love?"],
            _reduced.Select(message => message.Text));
        Assert.Equal(ChatRole.Assistant, _reduced[0].Role);
        Assert.Contains("Alice", response.Text, StringComparison.Ordinal);
        Assert.Contains("hiking", response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_summary_leaves_the_system_message()
    {
        ChatMessage system = new(ChatRole.System, "You are a pirate.");

        ChatResponse response = await Summarizing().GetResponseAsync([system, .. Turns(
            "How is the weather?", "Arr, it be fine!", "And tomorrow?", "Arr, clouds be coming!", "Do I need a coat?", "Aye, take a coat!",
            "What is 2 and 2?")]);

        Assert.Equal(1, _summaries);
        Assert.Equal([ChatRole.System, ChatRole.Assistant, ChatRole.Assistant, ChatRole.User], _reduced.Select(message => message.Role));
        Assert.Contains("Arr", response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_summary_leaves_function_calls()
    {
        List<string> asked = [];
        using IChatClient client = new FunctionInvokingChatClient(Summarizing());

        ChatResponse response = await client.GetResponseAsync(
            Turns("How is the weather in Seattle?", "I will look.", "And in Miami?", "I will look there, too.",
                "Which has the better weather?"),
            new() { Tools = [AIFunctionFactory.Create(WeatherIn, "get_weather", "Tells the weather of a city.")] });

        Assert.Equal(["Seattle", "Miami"], asked);
        Assert.Equal("The user asks about Seattle and Miami.", _reduced[0].Text);
        Assert.Contains("better in Miami", response.Text, StringComparison.Ordinal);

        string WeatherIn(string city)
        {
            asked.Add(city);
            return city == "Miami" ? "sunny" : "rainy";
        }
    }

    [Fact]
    public async Task A_summary_serves_a_stream()
    {
        ChatResponse response = await Summarizing().GetStreamingResponseAsync(Turns(
            "I am Bob, a software engineer.", "Hello Bob!", "We make tools for schools.", "That is good.", "They help with reading.",
            "Reading matters.", "Who was named, and what does he do?")).ToChatResponseAsync();

        Assert.Equal(1, _summaries);
        Assert.Equal(3, _reduced.Count);
        Assert.Contains("Bob", _reduced[0].Text, StringComparison.Ordinal);
        Assert.Contains("Bob", response.Text, StringComparison.Ordinal);
        Assert.Contains("engineer", response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_summary_follows_its_own_prompt()
    {
        ChatResponse response = await Summarizing("Sum up the numbers.").GetResponseAsync(Turns(
            "I have 3 cats and 2 dogs.", "That is a full house.", "They eat 10 cans a week.", "That is a lot.", "They cost 200 a month.",
            "They are worth it.", "How many pets do I have?"));

        Assert.Equal(1, _summaries);
        Assert.All(["3", "5", "10", "200"], number => Assert.Contains(number, _reduced[0].Text, StringComparison.Ordinal));
        Assert.Contains("5", response.Text, StringComparison.Ordinal);
    }

    private static ChatMessage[] Turns(params string[] texts) =>
        [.. texts.Select((text, i) => new ChatMessage(i % 2 == 0 ? ChatRole.User : ChatRole.Assistant, text))];

    private IChatClient Summarizing(string prompt = "Sum up.", int threshold = 0)
    {
        IChatClient summarizer = _client.AsBuilder().Use(async (messages, options, next, cancellationToken) =>
        {
            _summaries++;
            await next(messages, options, cancellationToken);
        }).Build();
        return _client.AsBuilder()
            .UseChatReducer(new SummarizingChatReducer(summarizer, 2, threshold) { SummarizationPrompt = prompt })
            .Use(async (messages, options, next, cancellationToken) =>
            {
                if (_reduced.Count == 0)
                    _reduced.AddRange(messages);
                await next(messages, options, cancellationToken);
            })
            .Build();
    }
}
