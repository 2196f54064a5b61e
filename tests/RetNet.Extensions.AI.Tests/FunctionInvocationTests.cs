using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI.Tests;

/// <summary>Microsoft.Extensions.AI calls the functions that a trained model asks for.</summary>
public sealed class FunctionInvocationTests : IDisposable
{
    private readonly List<string> _called = [];
    private readonly IChatClient _client = new RetNetChatClient(Models.ByHeart).AsBuilder().UseFunctionInvocation().Build();

    public void Dispose() => _client.Dispose();

    [Theory]
    [InlineData("What is the weather in Paris?", "It is sunny in Paris.", "weather Paris")]
    [InlineData("What is the time in Tokyo?", "It is 09:30 in Tokyo.", "time Asia/Tokyo")]
    [InlineData("What are the weather and the time in Tokyo?", "It is cloudy in Tokyo, and it is 09:30.", "weather Tokyo",
        "time Asia/Tokyo")]
    [InlineData("Hello!", "Hello! How can I help you?")]
    public async Task Functions_are_called_and_their_results_are_used(string question, string answer, params string[] calls)
    {
        ChatResponse response = await _client.GetResponseAsync(question, Offering(Weather, Time));

        Assert.Equal(answer, response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
        Assert.Equal(calls, _called);
    }

    [Fact]
    public async Task A_stream_has_calls_results_and_the_answer()
    {
        List<ChatResponseUpdate> updates =
            await _client.GetStreamingResponseAsync("What are the weather and the time in Tokyo?", Offering(Weather, Time)).ToListAsync();

        Assert.Equal("It is cloudy in Tokyo, and it is 09:30.", string.Concat(updates.Select(update => update.Text)));
        Assert.Equal(2, updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>().Count());
        Assert.Equal(2, updates.SelectMany(update => update.Contents).OfType<FunctionResultContent>().Count());
        Assert.Equal(["weather Tokyo", "time Asia/Tokyo"], _called);
    }

    [Fact]
    public async Task A_call_may_need_the_result_of_another()
    {
        AIFunction add = AIFunctionFactory.Create((int a, int b) => a + b, "add", "Adds two whole numbers.");

        ChatResponse response = await _client.GetResponseAsync("What is 17 plus 25, and plus 100?", Offering(add));

        Assert.Equal("Together that is 142.", response.Text);
    }

    [Fact]
    public async Task A_conversation_goes_on_after_calls()
    {
        List<ChatMessage> history = [];
        List<string> answers = [];
        foreach (string question in (string[])["What is the weather in Paris?", "And in Rome?", "Thank you."])
        {
            history.Add(new(ChatRole.User, question));
            ChatResponse response = await _client.GetResponseAsync(history, Offering(Weather));
            history.AddMessages(response);
            answers.Add(response.Text);
        }

        Assert.Equal(["It is sunny in Paris.", "It is rainy in Rome.", "You are welcome."], answers);
        Assert.Equal(["weather Paris", "weather Rome"], _called);
    }

    [Fact]
    public async Task A_function_that_fails_is_reported_to_the_model()
    {
        ChatResponse response = await _client.GetResponseAsync("What is the weather in Oslo?", Offering(Weather));

        Assert.Equal("I could not find the weather in Oslo.", response.Text);
    }

    [Fact]
    public async Task Functions_have_no_parameters_optional_ones_and_objects()
    {
        List<string> calls = [];
        AIFunction rooms = AIFunctionFactory.Create(() => "kitchen, hall", "list_rooms", "Lists the rooms of the house.");
        AIFunction light = AIFunctionFactory.Create(
            (string room, bool on) => Say($"{room} {on}", "done"), "set_light", "Switches the light of a room.");
        AIFunction hotel = AIFunctionFactory.Create(
            (string city, int stars = 3) => Say($"{city} {stars}", stars == 3 ? "Hotel Roma" : "Hotel Aurora"), "find_hotel",
            "Finds a hotel in a city.");
        AIFunction note = AIFunctionFactory.Create((string text) => Say(text, "kept"), "take_note", "Keeps a note.");
        AIFunction trip = AIFunctionFactory.Create(
            (Trip trip) => Say($"{trip.To} {trip.People} {trip.Stops[1]}", "booked"), "book_trip", "Books a trip.");

        Assert.Equal("There are a kitchen and a hall.", await AnswerAsync("Which rooms are there?", rooms, light));
        Assert.Equal("The light in the kitchen is off.", await AnswerAsync("Switch off the light in the kitchen.", rooms, light));
        Assert.Equal("I found Hotel Roma.", await AnswerAsync("Find a hotel in Rome.", hotel));
        Assert.Equal("I found Hotel Aurora, which has four stars.", await AnswerAsync("Find a hotel with four stars in Rome.", hotel));
        Assert.Equal("I made a note.", await AnswerAsync("Note that Ann said \"yes\" and left.", note));
        Assert.Equal("Your trip to Rome is booked.", await AnswerAsync("Book a trip to Rome for two.", trip));

        Assert.Equal(["kitchen False", "Rome 3", "Rome 4", "Ann said \"yes\" and left.", "Rome 2 Pisa"], calls);

        string Say(string call, string result)
        {
            calls.Add(call);
            return result;
        }
    }

    private AIFunction Weather => AIFunctionFactory.Create(WeatherIn, "get_weather", "Tells the weather of a city.");

    private AIFunction Time => AIFunctionFactory.Create(TimeIn, "get_time", "Tells the time in a time zone.");

    private static ChatOptions Offering(params AITool[] tools) => new() { Tools = tools };

    private async Task<string> AnswerAsync(string question, params AITool[] tools) =>
        (await _client.GetResponseAsync(question, Offering(tools))).Text;

    private string WeatherIn(string city)
    {
        _called.Add($"weather {city}");
        return city switch
        {
            "Oslo" => throw new InvalidOperationException("The station is closed."),
            "Paris" => "sunny",
            "Rome" => "rainy",
            _ => "cloudy",
        };
    }

    private string TimeIn(string zone)
    {
        _called.Add($"time {zone}");
        return "09:30";
    }

    private sealed record Trip(string To, int People, string[] Stops);
}
