using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.ChatTemplates;

namespace RetNet.Extensions.Benchmarks.Calling;

/// <summary>Writes conversations with calls: functions, requests in several wordings, arguments copied from the request, one call or
/// several, results and answers that use them, and turns that need no call.</summary>
internal sealed class ConversationWriter(int seed)
{
    private const string NoFunction = "I have no function for that.";
    private const string Failure = "Error: Function failed.";

    private static readonly string[] Systems =
        ["You are a helpful assistant.", "You help at home.", "You answer briefly.", "You work in a shop."];

    private static readonly (string Said, string Answer)[] Talk =
    [
        ("Hello!", "Hello! How can I help you?"), ("Hi", "Hello! How can I help you?"), ("Good morning.", "Good morning! What can I do?"),
        ("Thank you.", "You are welcome."), ("Thanks!", "You are welcome."), ("Who are you?", "I am a small model that calls functions."),
        ("What can you do?", "I call the functions that you offer me."), ("Goodbye.", "Goodbye!"),
        ("How are you?", "I am well, thank you."), ("That is all.", "Good. Have a nice day!"),
    ];

    // Texts whose facts are wanted as JSON.
    private static readonly (string Text, string[] Fields)[] Facts =
    [
        ("{name} is {age} years old and lives in {city}.", ["name: string", "age: integer", "city: string"]),
        ("{name} from {city} is {age}.", ["name: string", "age: integer", "city: string"]),
        ("We need {count} of the {item} at {price} euros.", ["item: string", "count: integer", "price: number"]),
        ("The {title} is on {date} at {time}.", ["title: string", "date: string", "time: string"]),
        ("I go from {from} to {to} on {date}.", ["from: string", "to: string", "date: string"]),
    ];

    private readonly Values _values = new(new Random(seed));

    public IEnumerable<Conversation> Write(int count, FunctionKind[] functions) =>
        Enumerable.Range(0, count).Select(_ => _values.Chance(0.05) ? Extraction() : Calls(functions));

    /// <summary>A request beside other functions than the one that it needs.</summary>
    public (Request Request, JsonElement[] Tools) Ask(FunctionKind function, FunctionKind[] others, int count)
    {
        NameStyle style = NameStyle.Draw(_values);
        Request request = function.Draw(_values, style);
        return (request, Offered([(function, style)], others, count));
    }

    private Conversation Calls(FunctionKind[] functions)
    {
        FunctionKind function = Any(functions);
        FunctionKind second = _values.Chance(0.6) ? Any(functions) : function;
        NameStyle style = NameStyle.Draw(_values);
        NameStyle secondStyle = second == function ? style : style.OfAnotherPlugin(_values);
        List<ChatTemplateMessage> messages = [];
        if (_values.Chance(0.15))
            messages.Add(new("system", _values.OneOf(Systems)));
        double kind = _values.Random.NextDouble();
        bool hasSecond = kind is >= 0.12 and < 0.35 or > 0.85;
        JsonElement[] tools = Offered(
            hasSecond ? [(function, style), (second, secondStyle)] : [(function, style)], functions, _values.Random.Next(4));
        if (kind < 0.12)
        {
            if (_values.Chance(0.5))
                Say(messages, _values.OneOf(Talk));
            else
                Say(messages, (ComposedFunctions.Draw(_values).Draw(_values, style).Text, NoFunction));
            return new Conversation(tools, messages);
        }

        if (kind < 0.35)
            Turn(messages, function.Draw(_values, style), second.Draw(_values, secondStyle));
        else
            Turn(messages, function.Draw(_values, style));
        if (kind > 0.85)
            Turn(messages, second.Draw(_values, secondStyle));
        if (kind > 0.95)
            Say(messages, _values.OneOf(Talk));
        return new Conversation(tools, messages);
    }

    private FunctionKind Any(FunctionKind[] functions) =>
        _values.Chance(0.5) ? _values.OneOf(functions) : ComposedFunctions.Draw(_values);

    /// <summary>Functions among others, some of which resemble the first.</summary>
    private JsonElement[] Offered((FunctionKind Function, NameStyle Style)[] needed, FunctionKind[] functions, int others)
    {
        Dictionary<string, JsonElement> tools = [];
        foreach ((FunctionKind function, NameStyle style) in needed)
            tools.TryAdd(function.Key, function.Tool(style));
        string[] words = needed[0].Function.Key.Split(' ');
        for (int i = 0; i < others; i++)
        {
            FunctionKind other = _values.Random.Next(10) switch
            {
                0 => ComposedFunctions.Draw(_values, verb: words[0]),
                1 => ComposedFunctions.Draw(_values, noun: words[^1]),
                _ => Any(functions),
            };
            tools.TryAdd(other.Key, other.Tool(needed[0].Style.OfAnotherPlugin(_values)));
        }

        JsonElement[] offered = [.. tools.Values];
        _values.Random.Shuffle(offered);
        return offered;
    }

    /// <summary>One or two requests, their calls and results, and the answer.</summary>
    private void Turn(List<ChatTemplateMessage> messages, params Request[] requests)
    {
        bool fails = requests.Length == 1 && _values.Chance(0.03);
        bool areJson = _values.Chance(0.5);
        string between = _values.OneOf([" ", " ", " Also: ", " And: "]);
        messages.Add(new("user", string.Join(between, requests.Select(request => request.Text))));
        messages.Add(Conversation.Calling(requests.Select(request => request.Call)));
        foreach (Request request in requests)
        {
            string result = fails ? Failure : request.Result;
            messages.Add(new("tool", areJson ? JsonSerializer.Serialize(result) : result));
        }

        messages.Add(new("assistant", fails ? "That did not work." : string.Join(' ', requests.Select(request => request.Answer))));
    }

    private Conversation Extraction()
    {
        (string text, string[] fields) = _values.OneOf(Facts);
        JsonObject json = [];
        foreach (string field in fields)
        {
            string[] parts = field.Split(": ");
            (string said, json[parts[0]]) = _values.Draw(parts[0], parts[1]);
            text = text.Replace($"{{{parts[0]}}}", said, StringComparison.Ordinal);
        }

        List<ChatTemplateMessage> messages = [];
        Say(messages, ($"Write as JSON: {text}", JsonSerializer.Serialize(json)));
        return new Conversation([], messages);
    }

    private static void Say(List<ChatTemplateMessage> messages, (string Said, string Answer) talk)
    {
        messages.Add(new("user", talk.Said));
        messages.Add(new("assistant", talk.Answer));
    }
}
