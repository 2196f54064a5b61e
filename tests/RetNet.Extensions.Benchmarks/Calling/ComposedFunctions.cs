namespace RetNet.Extensions.Benchmarks.Calling;

/// <summary>Puts together functions that nobody has written, from verbs, nouns and ways to say an argument, so that a model has to read
/// what it is offered.</summary>
internal static class ComposedFunctions
{
    private static readonly string[] Verbs =
        ("add answer archive ask build buy call cancel change check clean close collect copy count create delete describe draw "
        + "drop edit export fill find fix get give import join keep load make mark measure merge move name open order pack pause "
        + "pick play post print publish read remove rename repair repeat replace report reserve reset restart save scan search "
        + "sell send set share show sign sort start stop store test update upload use wash watch write").Split(' ');

    private static readonly string[] Nouns =
        ("address album answer article bank battery bill board boat box bridge bus button cable cake card chapter claim class "
        + "code coffee comment contract course cup customer desk door dress drink event exam fence field film form game gate gift "
        + "group guest guide hotel house idea image job journey key label lake letter light line list lock machine map meal "
        + "member menu model museum note number offer oven page paint paper park parcel party patient photo plan plane plant "
        + "player poem post price prize program project question record report request road roof route rule sample school screen "
        + "sensor server shelf ship shop sign site song stage station stone store story task team tent test ticket tool tower toy "
        + "trip user video visit wall water wheel window").Split(' ');

    private static readonly (string Parameter, string Said)[] Slots =
    [
        ("city: string", "in {city}"), ("person: string", "for {person}"), ("date: string", "on {date}"), ("time: string", "at {time}"),
        ("from: string", "from {from}"), ("to: string", "to {to}"), ("count: integer", "{count} times"),
        ("code: string", "with the code {code}"), ("item: string", "with the {item}"), ("color: red|green|blue", "in {color}"),
        ("email: string", "to {email}"), ("amount: number", "for {amount} euros"), ("text: string", "saying \"{text}\""),
        ("size: small|medium|large", "of the {size} size"), ("name: string", "called {name}"), ("minutes: integer", "in {minutes} minutes"),
        ("on: boolean", "{on}"), ("room: string", "in the {room}"), ("days: integer", "for {days} days"),
    ];

    /// <summary>A function that may have the verb or the noun of another one.</summary>
    public static FunctionKind Draw(Values values, string? verb = null, string? noun = null)
    {
        verb ??= values.Chance(0.3) ? values.MadeUp() : values.OneOf(Verbs);
        noun ??= values.Chance(0.3) ? values.MadeUp() : values.OneOf(Nouns);
        List<(string Parameter, string Said)> slots = [];
        for (int count = values.Random.Next(4); slots.Count < count;)
        {
            (string Parameter, string Said) slot = values.Chance(0.4) ? MadeUpSlot(values) : values.OneOf(Slots);
            if (!slots.Any(other => other.Parameter.Split(':')[0] == slot.Parameter.Split(':')[0]))
                slots.Add(values.Chance(0.2) ? (slot.Parameter.Replace(":", "?:"), $"[ {slot.Said}]") : (slot.Parameter, $" {slot.Said}"));
        }

        (string, string)[] order = [.. slots];
        values.Random.Shuffle(order);
        string said = string.Concat(order.Select(slot => slot.Item2));
        string result = values.OneOf(["done", "{code}", "{number}", "{text}", "{item}"]);
        return new FunctionKind(
            $"{verb}_{noun}({string.Join(", ", slots.Select(slot => slot.Parameter))}): {Description(values, verb, noun)}",
            [
                $"{Values.Capital(verb)} the {noun}{said}.", $"Please {verb} a {noun}{said}.", $"Can you {verb} the {noun}{said}?",
                $"I want you to {verb} the {noun}{said}.", $"{Values.Capital(verb)} {noun}{said}", $"I need to {verb} a {noun}{said}.",
            ],
            result,
            result == "done" ? [$"The {noun} is done."] : [$"The {noun}: {{result}}.", "The result is {result}."]);
    }

    // The parameter's own name says which argument it is.
    private static (string Parameter, string Said) MadeUpSlot(Values values)
    {
        string name = values.Chance(0.5) ? values.MadeUp() : values.OneOf(Nouns);
        return values.Random.Next(3) switch
        {
            0 => ($"{name}: integer", $"with {name} {{{name}}}"),
            1 => ($"{name}: string", $"with the {name} {{{name}}}"),
            _ => ($"{name}: string", $"and {name} {{{name}}}"),
        };
    }

    private static string Description(Values values, string verb, string noun) => values.Random.Next(3) switch
    {
        0 => $"{Values.Capital(verb)}s a {noun}.",
        1 => $"{Values.Capital(verb)} the {noun}.",
        _ => $"Can {verb} a {noun}.",
    };
}
