namespace RetNet.Extensions.Benchmarks.Calling;

/// <summary>Puts together functions that nobody has written, from words that may be made up, so that a model has to read what it is
/// offered: no name, parameter or description comes often enough to be remembered.</summary>
internal static class ComposedFunctions
{
    private static readonly string[] Verbs = [.. FunctionKind.Lines("verbs.txt").SelectMany(line => line.Split(' '))];

    private static readonly string[] Results =
        ["done", "ok", "sent", "{code}", "{number}", "{number} {word}", "{time}", "{item}", "{text}", "{weather}", "{city}"];

    public static string[] Nouns { get; } = [.. FunctionKind.Lines("nouns.txt").SelectMany(line => line.Split(' '))];

    /// <summary>A function that may have the verb or the noun of another one.</summary>
    public static FunctionKind Draw(Values values, string? verb = null, string? noun = null)
    {
        verb ??= values.Chance(0.15) ? values.MadeUp() : values.OneOf(Verbs);
        noun ??= values.Chance(0.15) ? values.MadeUp() : values.OneOf(Nouns);
        List<Slot> slots = Slot.Draw(values, noun);
        string name = values.Random.Next(10) switch
        {
            0 => $"{noun}_{verb}",
            1 => $"{verb}_{values.OneOf(["new", "my", "one", "all", values.MadeUp()])}_{noun}",
            2 => values.OneOf([noun, verb]),
            _ => $"{verb}_{noun}",
        };
        string parameters = string.Join(", ", slots.SelectMany(slot => slot.Parameters));
        return new FunctionKind(
            $"{name}({parameters}): {Description(values, verb, noun, slots)}",
            [.. Enumerable.Range(0, 3).Select(_ => ComposedRequest.Write(values, verb, noun, slots))],
            values.OneOf(Results),
            [$"The {noun} is {{result}}."])
        {
            ValueKinds = slots.SelectMany(slot => slot.Names.Select(parameter => KeyValuePair.Create(parameter, slot.Kind))).ToDictionary(),
        };
    }

    private static string Description(Values values, string verb, string noun, List<Slot> slots)
    {
        string more = slots.Count > 0 && values.Chance(0.4)
            ? $" {values.OneOf(["for", "of", "in", "with", "by"])} {values.OneOf(["a", "the"])} {slots[0].Names[0].Replace('_', ' ')}"
            : "";
        string verbs = verb[^1] is 's' or 'x' or 'z' or 'h' ? $"{verb}es" : $"{verb}s";
        return values.OneOf(
        [
            $"{Values.Capital(verbs)} a {noun}{more}.", $"{Values.Capital(verbs)} the {noun}{more}.",
            $"{Values.Capital(verb)} {noun}{more}", $"Use this to {verb} a {noun}{more}.", $"Can {verb} {noun}s{more}.",
            $"{Values.Capital(noun)}: {verb} it{more}.",
        ]);
    }
}
