using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.ChatTemplates;

namespace RetNet.Extensions.Benchmarks.Calling;

/// <summary>Texts whose facts are wanted as JSON.</summary>
internal static class Facts
{
    private static readonly (string Text, string[] Fields)[] Known =
    [
        ("{name} is {age} years old and lives in {city}.", ["name: string", "age: integer", "city: string"]),
        ("{name} from {city} is {age}.", ["name: string", "age: integer", "city: string"]),
        ("We need {count} of the {item} at {price} euros.", ["item: string", "count: integer", "price: number"]),
        ("The {title} is on {date} at {time}.", ["title: string", "date: string", "time: string"]),
        ("I go from {from} to {to} on {date}.", ["from: string", "to: string", "date: string"]),
    ];

    private static readonly string[] Kinds = ["city", "person", "item", "word", "date", "code", "phrase"];

    /// <summary>A text and its facts.</summary>
    public static Conversation Draw(Values values)
    {
        (string text, string[] fields) = values.Chance(0.5) ? values.OneOf(Known) : Compose(values);
        JsonObject json = [];
        foreach (string field in fields)
        {
            string[] parts = field.Split(": ");
            (string said, json[parts[0]]) = values.Draw(parts.Length > 2 ? parts[2] : parts[0], parts[1]);
            text = text.Replace($"{{{parts[0]}}}", said, StringComparison.Ordinal);
        }

        return new Conversation([],
            [new ChatTemplateMessage("user", $"Write as JSON: {text}"), new ChatTemplateMessage("assistant",
                JsonSerializer.Serialize(json))]);
    }

    // Name, type and kind of each field.
    private static (string Text, string[] Fields) Compose(Values values)
    {
        string[] names = [.. Enumerable.Range(0, values.Random.Next(2, 5))
            .Select(_ => values.Chance(0.6) ? values.OneOf(ComposedFunctions.Nouns) : values.MadeUp()).Distinct()];
        string between = values.OneOf([", ", " and ", ". "]);
        string text = string.Join(between, names.Select(name => $"the {name} is {{{name}}}"));
        return ($"{Values.Capital(text)}.",
            [.. names.Select(name => values.Chance(0.3) ? $"{name}: integer" : $"{name}: string: {values.OneOf(Kinds)}")]);
    }
}
