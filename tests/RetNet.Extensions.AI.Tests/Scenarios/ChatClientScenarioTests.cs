using System.Diagnostics;
using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;

namespace RetNet.Extensions.AI.Tests.Scenarios;

/// <summary>The scenarios by which Microsoft.Extensions.AI tests chat clients, with a model that knows the answers by heart: answers,
/// streams, functions, caches, logs and traces.</summary>
public sealed class ChatClientScenarioTests : IDisposable
{
    private const string Largest = "Which animal is the largest?";
    private const string Secret = "What is the secret number?";

    private readonly RetNetChatClient _client = new(Models.Scenarios);
    private readonly List<Activity> _activities = [];
    private readonly ActivityListener _listener;
    private readonly string _source = Guid.NewGuid().ToString();

    public ChatClientScenarioTests()
    {
        _listener = new()
        {
            ShouldListenTo = source => source.Name == _source,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = _activities.Add,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _client.Dispose();
    }

    [Fact]
    public async Task One_message_is_answered() =>
        Assert.Contains("whale", (await _client.GetResponseAsync(Largest)).Text, StringComparison.Ordinal);

    [Fact]
    public async Task Earlier_messages_are_taken_into_account()
    {
        ChatResponse response = await _client.GetResponseAsync(
        [
            new(ChatRole.User, "Name a city."), new(ChatRole.Assistant, "Lima"),
            new(ChatRole.User, "Name another one."), new(ChatRole.Assistant, "Hanoi"),
            new(ChatRole.User, "On which continents are they?"),
        ]);

        Assert.Contains("America", response.Text, StringComparison.Ordinal);
        Assert.Contains("Asia", response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Messages_may_be_empty()
    {
        ChatResponse response = await _client.GetResponseAsync(
        [
            new(ChatRole.System, []), new(ChatRole.User, []), new(ChatRole.Assistant, []),
            new(ChatRole.User, "What is 1 and 2? Answer with a number."),
        ]);

        Assert.Contains("3", response.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_is_streamed()
    {
        StringBuilder text = new();
        await foreach (ChatResponseUpdate update in _client.GetStreamingResponseAsync("Recite the line about the step."))
            text.Append(update.Text);

        Assert.Contains("one small step", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("one giant leap", text.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Usage_is_there(bool streams)
    {
        ChatOptions options = new() { AdditionalProperties = new() { ["stream_options"] = new Dictionary<string, object>() } };

        ChatResponse response = streams
            ? await _client.GetStreamingResponseAsync("Say how you work.", options).ToChatResponseAsync()
            : await _client.GetResponseAsync("Say how you work.", options);

        Assert.True(response.Usage!.InputTokenCount > 1);
        Assert.True(response.Usage.OutputTokenCount > 1);
        Assert.Equal(response.Usage.InputTokenCount + response.Usage.OutputTokenCount, response.Usage.TotalTokenCount);
    }

    [Fact]
    public async Task A_stream_is_added_to_a_history_as_one_text()
    {
        List<ChatMessage> history = [new(ChatRole.User, "Say how you work.")];

        await history.AddMessagesAsync(_client.GetStreamingResponseAsync(history));

        Assert.Equal([ChatRole.User, ChatRole.Assistant], history.Select(message => message.Role));
        Assert.Equal(history[1].Text, Assert.IsType<TextContent>(Assert.Single(history[1].Contents)).Text);
        Assert.NotEmpty(history[1].Text);
    }

    [Fact]
    public async Task A_function_without_parameters_is_called() =>
        await AssertCallsAsync(Secret, "42", AIFunctionFactory.Create(() => 42, "get_secret", "Tells the secret number."));

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_function_with_parameters_is_called(bool streams)
    {
        using FunctionInvokingChatClient client = new(_client);
        ChatOptions options = new() { Tools = [AIFunctionFactory.Create((int a, int b) => a * b, "secret_sum", "Adds secretly.")] };
        const string question = "What is the secret sum of 42 and 84?";

        ChatResponse response = streams
            ? await client.GetStreamingResponseAsync(question, options).ToChatResponseAsync()
            : await client.GetResponseAsync(question, options);

        Assert.Contains("3528", response.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("What is the secret number of foo?", "42")]
    [InlineData("What is the usual secret number?", "7")]
    public async Task A_parameter_may_be_left_out(string question, string expected) => await AssertCallsAsync(question, expected,
        AIFunctionFactory.Create((string id = "usual") => id == "foo" ? 42 : 7, "secret_of", "Tells the secret number of an id."));

    [Fact]
    public async Task A_parameter_is_an_object() => await AssertCallsAsync("What is the secret number of John, who is 19?", "61",
        AIFunctionFactory.Create(
            (Person person) => person.Name == "John" ? 42 + person.Age : 0, "secret_of_person", "Tells the secret number of a person."));

    [Fact]
    public async Task A_parameter_is_a_list()
    {
        (string? shopper, List<string> cart) = (null, []);
        AIFunction add = AIFunctionFactory.Create((string[] items, string shopper) => Add(items, shopper), "add_items",
            "Adds items to a cart.");

        await AssertCallsAsync("Add bacon, lettuce and tomatoes to the cart of Peter.", "bacon, lettuce and tomatoes", add);

        Assert.Equal("Peter", shopper);
        Assert.Equal(["bacon", "lettuce", "tomatoes"], cart);

        void Add(string[] items, string name)
        {
            cart.AddRange(items);
            shopper = name;
        }
    }

    [Fact]
    public async Task Several_calls_are_made_at_once()
    {
        List<string> asked = [];
        using FunctionInvokingChatClient client = new(_client);
        AIFunction age = AIFunctionFactory.Create(AgeOf, "get_age", "Tells the age of a person.");

        ChatResponse response = await client.GetResponseAsync("How much older is Elsa than Anna?", new() { Tools = [age] });

        Assert.Contains("three", response.Text, StringComparison.Ordinal);
        Assert.Equal(["Elsa", "Anna"], asked);
        Assert.Equal(2, response.Messages[0].Contents.OfType<FunctionCallContent>().Count());

        int AgeOf(string name)
        {
            asked.Add(name);
            return name == "Elsa" ? 21 : 18;
        }
    }

    [Fact]
    public async Task Texts_vary_with_the_seed_without_a_cache()
    {
        ChatOptions Options(long seed) => new() { Temperature = 5, Seed = seed, MaxOutputTokens = 20 };

        Assert.NotEqual(
            (await _client.GetResponseAsync("Pick a number.", Options(1))).Text,
            (await _client.GetResponseAsync("Pick a number.", Options(2))).Text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cache_answers_the_same_prompt(bool streams)
    {
        using IChatClient client = _client.AsBuilder().UseDistributedCache(Cache()).Build();
        ChatOptions random = new() { Temperature = 5, MaxOutputTokens = 20 };
        string first = await AskAsync("Pick a number.");

        for (int i = 0; i < 3; i++)
            Assert.Equal(first, await AskAsync("Pick a number."));
        Assert.NotEqual(first, await AskAsync("Pick a number!"));

        async Task<string> AskAsync(string question) => streams
            ? (await client.GetStreamingResponseAsync(question, random).ToChatResponseAsync()).Text
            : (await client.GetResponseAsync(question, random)).Text;
    }

    [Fact]
    public async Task A_cache_before_function_invocation_saves_the_calls()
    {
        (int measured, int asked) = (0, 0);
        using IChatClient client = _client.AsBuilder()
            .ConfigureOptions(options => options.Tools = [Temperature(() => $"{100 + ++measured} degrees")])
            .UseDistributedCache(Cache()).UseFunctionInvocation().Use(Counting(() => asked++)).Build();

        string first = (await client.GetResponseAsync("What is the temperature?")).Text;
        string second = (await client.GetResponseAsync("What is the temperature?")).Text;

        Assert.Contains("101", first, StringComparison.Ordinal);
        Assert.Equal(first, second);
        Assert.Equal((1, 2), (measured, asked));
    }

    [Theory]
    [InlineData(true, 2)]
    [InlineData(false, 3)]
    public async Task A_cache_after_function_invocation_saves_what_the_results_allow(bool isSame, int expected)
    {
        (int measured, int asked) = (0, 0);
        using IChatClient client = _client.AsBuilder()
            .ConfigureOptions(options => options.Tools = [Temperature(() => $"{(isSame ? 58 : 81) + (isSame ? 0 : measured++)} degrees")])
            .UseFunctionInvocation().UseDistributedCache(Cache()).Use(Counting(() => asked++)).Build();

        string first = (await client.GetResponseAsync("What is the temperature?")).Text;
        string second = (await client.GetResponseAsync("What is the temperature?")).Text;

        Assert.Contains(isSame ? "58" : "81", first, StringComparison.Ordinal);
        Assert.Contains(isSame ? "58" : "82", second, StringComparison.Ordinal);
        Assert.Equal(expected, asked);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Requests_and_answers_are_logged(bool streams)
    {
        FakeLogCollector log = new();
        using ILoggerFactory factory = Logging(log);
        using IChatClient client = _client.AsBuilder().UseLogging(factory).Build();

        if (streams)
            await client.GetStreamingResponseAsync(Largest).ToChatResponseAsync();
        else
            await client.GetResponseAsync(Largest);

        Assert.Contains(log.GetSnapshot(), entry => entry.Message.Contains(Largest, StringComparison.Ordinal));
        string expected = streams ? "received update" : "whale";
        Assert.Contains(log.GetSnapshot(), entry => entry.Message.Contains(expected, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Calls_and_results_are_logged(bool streams)
    {
        FakeLogCollector log = new();
        using ILoggerFactory factory = Logging(log);
        using IChatClient client = _client.AsBuilder().UseFunctionInvocation().UseLogging(factory).Build();
        ChatOptions options = new() { Tools = [AIFunctionFactory.Create(() => 42, "get_secret", "Tells the secret number.")] };

        if (streams)
            await client.GetStreamingResponseAsync(Secret, options).ToChatResponseAsync();
        else
            await client.GetResponseAsync(Secret, options);

        Assert.Contains(log.GetSnapshot(), entry => entry.Message.Contains(Secret, StringComparison.Ordinal));
        Assert.Contains(log.GetSnapshot(), entry => entry.Message.Contains("\"name\": \"get_secret\"", StringComparison.Ordinal));
        Assert.Contains(log.GetSnapshot(), entry => entry.Message.Contains("\"result\": 42", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Traces_tell_the_usage()
    {
        using IChatClient client = _client.AsBuilder().UseOpenTelemetry(sourceName: _source).Build();

        ChatResponse response = await client.GetResponseAsync(Largest);

        Activity activity = Assert.Single(_activities);
        Assert.StartsWith("chat", activity.DisplayName, StringComparison.Ordinal);
        Assert.Equal("retnet", activity.GetTagItem("gen_ai.provider.name"));
        Assert.Equal((int)response.Usage!.InputTokenCount!, activity.GetTagItem("gen_ai.usage.input_tokens"));
        Assert.Equal((int)response.Usage.OutputTokenCount!, activity.GetTagItem("gen_ai.usage.output_tokens"));
        Assert.True(activity.Duration > TimeSpan.Zero);
    }

    /// <summary>Asserts what an answer says after a function was called, and that its usage is that of all its requests.</summary>
    private async Task AssertCallsAsync(string question, string expected, AIFunction function)
    {
        using IChatClient client = _client.AsBuilder().UseFunctionInvocation().UseOpenTelemetry(sourceName: _source).Build();

        ChatResponse response = await client.GetResponseAsync(question, new() { Tools = [function] });

        Assert.Contains(expected, response.Text, StringComparison.Ordinal);
        Activity[] chats = [.. _activities.Where(activity => activity.DisplayName.StartsWith("chat", StringComparison.Ordinal))];
        Assert.Equal(2, chats.Length);
        Assert.Equal(response.Usage!.InputTokenCount, chats.Sum(chat => (int)chat.GetTagItem("gen_ai.usage.input_tokens")!));
        Assert.Equal(response.Usage.OutputTokenCount, chats.Sum(chat => (int)chat.GetTagItem("gen_ai.usage.output_tokens")!));
    }

    private static MemoryDistributedCache Cache() => new(Options.Create(new MemoryDistributedCacheOptions()));

    private static AIFunction Temperature(Func<string> measure) =>
        AIFunctionFactory.Create(measure, "get_temperature", "Gets the present temperature.");

    private static Func<IEnumerable<ChatMessage>, ChatOptions?, Func<IEnumerable<ChatMessage>, ChatOptions?, CancellationToken, Task>,
        CancellationToken, Task> Counting(Action count) => (messages, options, next, cancellationToken) =>
    {
        count();
        return next(messages, options, cancellationToken);
    };

    private static ILoggerFactory Logging(FakeLogCollector log) => LoggerFactory.Create(
        builder => builder.AddProvider(new FakeLoggerProvider(log)).SetMinimumLevel(LogLevel.Trace));

    private sealed record Person(string Name, int Age = 42);
}
