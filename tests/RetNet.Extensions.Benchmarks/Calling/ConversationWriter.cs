using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates;

namespace RetNet.Extensions.Benchmarks.Calling;

/// <summary>Writes conversations with calls: functions, most of them put together for this conversation alone, requests, one call or
/// several, arguments copied from the request, results and answers that use them, and turns that need no call.</summary>
internal sealed class ConversationWriter(int seed)
{
    private const string NoFunction = "I have no function for that.";
    private const string Failure = "Error: Function failed.";
    private const double ShareOfKnown = 0.2;

    private static readonly string[] Systems =
        ["You are a helpful assistant.", "You help at home.", "You answer briefly.", "You work in a shop."];

    private static readonly (string Said, string Answer)[] Talk =
    [
        ("Hello!", "Hello! How can I help you?"), ("Hi", "Hello! How can I help you?"), ("Good morning.", "Good morning! What can I do?"),
        ("Thank you.", "You are welcome."), ("Thanks!", "You are welcome."), ("Who are you?", "I am a small model that calls functions."),
        ("What can you do?", "I call the functions that you offer me."), ("Goodbye.", "Goodbye!"),
        ("How are you?", "I am well, thank you."), ("That is all.", "Good. Have a nice day!"),
    ];

    private readonly Values _values = new(new Random(seed));

    // Those that measure what a model makes of functions that it does not know.
    private readonly HashSet<string> _heldOut = [.. FunctionKind.Read("functions-held-out.txt").Select(function => function.Key)];

    /// <summary>Conversations that a model is trained on.</summary>
    /// <param name="count">Their number.</param>
    /// <param name="functions">Functions that come again and again.</param>
    public IEnumerable<Conversation> Write(int count, FunctionKind[] functions) =>
        Enumerable.Range(0, count).Select(_ => _values.Chance(0.05) ? Facts.Draw(_values) : Calls(functions));

    /// <summary>A request beside other functions than the one that it needs.</summary>
    public (Request Request, JsonElement[] Tools) Ask(FunctionKind function, FunctionKind[] others, int count)
    {
        NameStyle style = NameStyle.Draw(_values);
        Request request = function.Draw(_values, style);
        return (request, Offered([(function, style)], request.Text, others, count));
    }

    /// <summary>A function that was put together anew.</summary>
    public FunctionKind Compose(string? verb = null, string? noun = null)
    {
        while (true)
        {
            FunctionKind function = ComposedFunctions.Draw(_values, verb, noun);
            if (!_heldOut.Contains(function.Key))
                return function;
        }
    }

    private Conversation Calls(FunctionKind[] functions)
    {
        NameStyle style = NameStyle.Draw(_values);
        (FunctionKind, NameStyle)[] needed = [(Any(functions), style), (Any(functions), style.OfAnotherPlugin(_values))];
        if (_values.Chance(0.5) || needed[0].Item1.Key == needed[1].Item1.Key)
            needed = needed[..1];
        int turns = _values.OneOf([1, 1, 1, 1, 1, 2]);
        Request[][] requests = [.. Enumerable.Range(0, turns).Select(_ => Turn(needed))];
        JsonElement[] tools =
            Offered(needed, string.Concat(requests.SelectMany(turn => turn).Select(request => request.Text)), functions,
                _values.Random.Next(5));
        List<ChatTemplateMessage> messages = [];
        if (_values.Chance(0.15))
            messages.Add(new("system", _values.OneOf(Systems)));
        if (_values.Chance(0.04))
            Say(messages, (Compose().Draw(_values, style).Text, NoFunction));
        if (_values.Chance(0.04))
            Say(messages, _values.OneOf(Talk));
        if (messages.Count > 1 && _values.Chance(0.5))
            return new Conversation(tools, messages);
        foreach (Request[] turn in requests)
            Call(messages, turn, hasResults: turn != requests[^1] || _values.Chance(0.3));
        return new Conversation(tools, messages);
    }

    private Request[] Turn((FunctionKind Function, NameStyle Style)[] needed)
    {
        (FunctionKind Function, NameStyle Style)[] called = _values.Chance(0.7) ? [_values.OneOf(needed)] : [needed[0], needed[^1]];
        _values.Random.Shuffle(called);
        return [.. called.Select(function => function.Function.Draw(_values, function.Style))];
    }

    // A function that comes again and again has another verb now and then, which has to be read.
    private FunctionKind Any(FunctionKind[] functions)
    {
        if (!_values.Chance(ShareOfKnown))
            return Compose();
        FunctionKind known = _values.OneOf(functions);
        return _values.Chance(0.4) ? known.Renamed(_values.MadeUp()) : known;
    }

    /// <summary>Functions among others, some of which resemble the first.</summary>
    private JsonElement[] Offered(
        (FunctionKind Function, NameStyle Style)[] needed, string request, FunctionKind[] functions, int others)
    {
        Dictionary<string, JsonElement> tools = [];
        foreach ((FunctionKind function, NameStyle style) in needed)
            tools.TryAdd(function.Key, function.Tool(style));

        // The other word has to tell them apart.
        string[] words = needed[0].Function.Key.Split(' ');
        bool hasBoth = words[0] != words[1] && words.All(word => request.Contains(word, StringComparison.OrdinalIgnoreCase));
        for (int i = 0; i < others; i++)
        {
            FunctionKind other = hasBoth && _values.Chance(0.3)
                ? _values.Chance(0.5) ? Compose(verb: words[0]) : Compose(noun: words[1])
                : Any(functions);
            tools.TryAdd(other.Key, other.Tool(needed[0].Style.OfAnotherPlugin(_values)));
        }

        JsonElement[] offered = [.. tools.Values];
        _values.Random.Shuffle(offered);
        return offered;
    }

    /// <summary>One or two requests, their calls and, perhaps, results and the answer.</summary>
    private void Call(List<ChatTemplateMessage> messages, Request[] requests, bool hasResults)
    {
        messages.Add(new("user", requests.Length == 1 ? requests[0].Text : Join(requests[0], requests[1])));
        messages.Add(Conversation.Calling(requests.Select(request => request.Call)));
        if (!hasResults)
            return;
        bool fails = requests.Length == 1 && _values.Chance(0.03);
        bool areJson = _values.Chance(0.5);
        foreach (Request request in requests)
        {
            string result = fails ? Failure : request.Result;
            messages.Add(new("tool", areJson ? JsonSerializer.Serialize(result) : result));
        }

        messages.Add(new("assistant", fails ? "That did not work." : string.Join(' ', requests.Select(request => request.Answer))));
    }

    private string Join(Request first, Request second)
    {
        // A value at the beginning keeps its capital.
        string text = second.Text;
        if (_values.Chance(0.6) || second.Call.Arguments.Any(argument => text.StartsWith($"{argument.Value}", StringComparison.Ordinal)))
            return $"{first.Text}{_values.OneOf([" ", " ", " Also: ", " And: ", " Then: "])}{text}";
        string between = _values.OneOf([" and ", ", and ", ", then ", " and then "]);
        return $"{first.Text.TrimEnd('.', '?')}{between}{char.ToLowerInvariant(text[0])}{text[1..]}";
    }

    private static void Say(List<ChatTemplateMessage> messages, (string Said, string Answer) talk)
    {
        messages.Add(new("user", talk.Said));
        messages.Add(new("assistant", talk.Answer));
    }
}
