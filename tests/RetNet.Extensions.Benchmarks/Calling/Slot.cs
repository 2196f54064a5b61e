namespace RetNet.Extensions.Benchmarks.Calling;

/// <summary>A parameter of a composed function, or a pair that is said in one breath, and ways to say the values.</summary>
/// <param name="Kind">What the values are.</param>
/// <param name="Type">As in a signature.</param>
/// <param name="Names">The parameter's name, or two of them.</param>
/// <param name="Ways">What is said, with the names in braces.</param>
/// <param name="IsOptional">Whether it may be left out.</param>
internal sealed record Slot(string Kind, string Type, string[] Names, string[] Ways, bool IsOptional)
{
    private static readonly string[][] Known =
        [.. FunctionKind.Lines("slots.txt").Select(line => line.Split(" | "))];

    // Ways to say any value: the name of the parameter stands beside it.
    private static readonly string[] ByName =
    [
        "with the NAME {0}", "with NAME {0}", "NAME {0}", "and NAME {0}", "and the NAME {0}", "where the NAME is {0}", "(NAME {0})",
        "with a NAME of {0}", "as NAME {0}", "for the NAME {0}",
    ];

    // Values that nobody takes for another text beside them.
    private static readonly string[] Plain = ["date", "time", "code", "phone", "email", "file", "boolean", "choice"];

    public bool IsPair => Names.Length > 1;

    /// <summary>Whether it is what the verb is done to: it is said in the noun's place or beside it.</summary>
    public bool IsObject => Ways.Length == 0;

    /// <summary>Whether its values can be told from those of others only by how they are said.</summary>
    public bool IsFree => Type == "string" && !Plain.Contains(Kind);

    /// <summary>The parameters as signatures have them.</summary>
    public IEnumerable<string> Parameters => Names.Select(name => $"{name}{(IsOptional ? "?" : "")}: {Type}");

    /// <summary>The slots of a function.</summary>
    public static List<Slot> Draw(Values values, string noun)
    {
        List<Slot> slots = [];
        if (values.Chance(0.25))
            slots.Add(Object(values, noun));
        for (int count = values.OneOf([0, 1, 1, 1, 2, 2, 2, 3]); slots.Sum(slot => slot.Names.Length) < count;)
        {
            Slot slot = values.Chance(0.25) ? Unknown(values) : Of(values, values.OneOf(Known));
            if (slot.Names.Any(name => slots.Any(other => other.Names.Contains(name))))
                continue;
            if (slot.IsFree && !slot.IsPair && slots.Any(other => other.IsFree))
                slot = slot with { Ways = ByName };
            slots.Add(slot with { Ways = [.. slot.Ways.Select(slot.Fill)], IsOptional = values.Chance(0.2) });
        }

        return slots;
    }

    private static Slot Of(Values values, string[] columns)
    {
        string[] names = values.OneOf(columns[2].Split(' ')).Split('+');
        string type = columns[1];
        if (type.Contains('|', StringComparison.Ordinal))
        {
            string[] choices = type.Split('|');
            values.Random.Shuffle(choices);
            type = string.Join('|', choices[..values.Random.Next(2, 5)]);
        }

        return new Slot(columns[0], type, names, names.Length == 1 && values.Chance(0.3) ? ByName : columns[3].Split("; "), false);
    }

    // The parameter's own name says which argument it is.
    private static Slot Unknown(Values values)
    {
        string name = values.Chance(0.5) ? values.MadeUp() : values.OneOf(ComposedFunctions.Nouns);
        if (values.Chance(0.15))
            name += "_" + values.OneOf(ComposedFunctions.Nouns);
        return values.Random.Next(5) switch
        {
            0 => new Slot("count", "integer", [name], ByName, false),
            1 => new Slot("decimal", "number", [name], ByName, false),
            2 => new Slot("choice", string.Join('|', Enumerable.Range(0, values.Random.Next(2, 4)).Select(_ => values.MadeUp())), [name],
                ByName, false),
            _ => new Slot(values.OneOf(["item", "word", "city", "code", "phrase"]), "string", [name], ByName, false),
        };
    }

    private static Slot Object(Values values, string noun) => new(
        values.OneOf(["item", "word", "phrase", "code", "person", "city"]), "string",
        [values.Chance(0.6) ? noun : values.OneOf(["name", "title", "id", "item", "object", "target"])], [], false);

    private string Fill(string way) => way.Replace("NAME", Names[0].Replace('_', ' '), StringComparison.Ordinal)
        .Replace("{0}", $"{{{Names[0]}}}", StringComparison.Ordinal).Replace("{1}", $"{{{Names[^1]}}}", StringComparison.Ordinal);
}
