using System.Globalization;
using System.Text.Json.Nodes;

namespace RetNet.Extensions.Benchmarks.Calling;

/// <summary>Draws what people say in requests: cities, names, dates, numbers … Half of the names and words are made up, so that a model
/// learns to copy them.</summary>
internal sealed class Values(Random random)
{
    private static readonly string[] Onsets = Words(
        "b b c d d f g h j k k l l m m n n p p r r s s t t v w y z br ch cl cr dr fl fr gl gr kn ph pl pr qu sc sh sl sp st sw th tr wh x");
    private static readonly string[] Vowels = Words("a a a e e e i i i o o o u u y ai au ea ee ie oo ou io");
    private static readonly string[] Codas = Words("n n r r s l l k m t d p b g ck ld ll nd ng nt rd rk rn rt sh sk ss st th tz x y");

    private static readonly Dictionary<string, string[]> Known = new()
    {
        ["city"] = Words("Paris Rome Oslo Berlin London Madrid Lisbon Vienna Prague Dublin Athens Tokyo Cairo Lima Boston Chicago Toronto "
            + "Sydney Delhi Seoul Helsinki Warsaw Zurich Geneva Milan Naples Porto Hamburg Munich Krakow"),
        ["person"] = Words("Ann Bob Carla David Emma Frank Grace Henry Ida Jack Karen Leo Maria Nina Oscar Paul Rosa Sam Tina Victor"),
        ["date"] = Words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday tomorrow"),
        ["month"] = Words("January February March April May June July August September October November December"),
        ["language"] = Words("French German Spanish Italian Polish Greek Swedish Danish Dutch Finnish Turkish Japanese"),
        ["currency"] = Words("euros dollars pounds francs yen crowns"),
        ["room"] = Words("kitchen hall bedroom bathroom office garage cellar attic garden"),
        ["thing"] = Words("lamp chair table clock phone book bag shirt jacket bike radio camera mirror pillow carpet kettle cup knife"),
        ["kind"] = Words("red blue green black white small large old new cheap wooden round soft"),
        ["word"] = Words("see you soon the train is late please bring bread I am at home thank for help we meet later good night all well "
            + "call me back nice day it rains again open door first new plan dinner now"),
        ["title"] = Words("lunch dinner yoga chess football meeting concert interview party lesson"),
        ["topic"] = Words("football music science politics space cars health art money schools"),
        ["dish"] = Words("soup pizza pancakes curry salad rice noodles stew"),
        ["weather"] = Words("sunny rainy cloudy windy snowy foggy stormy warm cold"),
        ["status"] = Words("ready busy healthy slow fine"),
        ["extension"] = Words("txt pdf csv png"),
        ["plant"] = Words("rose fern palm cactus lily tulip orchid ivy fig oak"),
        ["folder"] = Words("photos music letters work taxes games recipes old new backup"),
    };

    // What the values of a parameter are, where its name does not say so itself.
    private static readonly Dictionary<string, string> Kinds = new()
    {
        ["from"] = "city",
        ["to"] = "city",
        ["order"] = "code",
        ["name"] = "person",
        ["artist"] = "person",
        ["pet"] = "person",
        ["from_currency"] = "currency",
        ["to_currency"] = "currency",
        ["reason"] = "text",
        ["song"] = "phrase",
        ["movie"] = "phrase",
        ["company"] = "person",
        ["amount"] = "decimal",
        ["max_price"] = "decimal",
        ["a"] = "decimal",
        ["b"] = "decimal",
        ["wage"] = "decimal",
        ["price"] = "decimal",
    };

    public Random Random => random;

    public T OneOf<T>(IReadOnlyList<T> choices) => choices[random.Next(choices.Count)];

    public bool Chance(double probability) => random.NextDouble() < probability;

    /// <summary>A word that no language has.</summary>
    public string MadeUp()
    {
        string word = Chance(0.15) ? OneOf(Vowels) : "";
        for (int syllable = OneOf([1, 2, 2, 2, 3]); syllable > 0 || word.Length < 3; syllable--)
            word += OneOf(Onsets) + OneOf(Vowels) + (Chance(syllable > 1 ? 0.3 : 0.6) ? OneOf(Codas) : "");
        return word;
    }

    /// <summary>A value for a parameter of a function.</summary>
    /// <param name="name">The parameter's name; digits at its end tell apart several of a kind.</param>
    /// <param name="type">Its type as in a signature.</param>
    /// <returns>How it is said, and what is handed over.</returns>
    public (string Said, JsonNode Value) Draw(string name, string type)
    {
        if (type.Contains('|', StringComparison.Ordinal))
        {
            string choice = OneOf(type.Split('|'));
            return (choice, choice);
        }

        if (type == "boolean")
            return Chance(0.5) ? ("on", true) : ("off", false);
        if (type == "integer")
        {
            int whole = Whole();
            return ($"{whole}", whole);
        }

        string text = Text(name.TrimEnd('2'));
        return (text, type == "number" ? JsonNode.Parse(text)! : text);
    }

    /// <summary>A text of a kind.</summary>
    public string Text(string name)
    {
        string kind = Kinds.GetValueOrDefault(name, name);
        return kind switch
        {
            "number" => $"{Whole()}",
            "decimal" => Chance(0.7) ? $"{Whole()}" : (Whole() + (random.Next(1, 10) / 10.0)).ToString(CultureInfo.InvariantCulture),
            "time" => Chance(0.3) ? OneOf(["noon", "midnight"]) : $"{random.Next(24)}:{random.Next(12) * 5:00}",
            "date" => Chance(0.4) ? OneOf(Known["date"]) : $"{OneOf(Known["month"])} {random.Next(1, 31)}",
            "code" => $"{(char)('A' + random.Next(26))}{(char)('A' + random.Next(26))}{random.Next(10, 1000)}",
            "phone" => $"{random.Next(100, 1000)} {random.Next(1000, 10000)}",
            "email" => $"{Name("person").ToLowerInvariant()}@{MadeUp()}.{OneOf(["com", "org", "net"])}",
            "file" => $"{Word()}.{OneOf(Known["extension"])}",
            "street" => $"{Capital(MadeUp())} {OneOf(["Street", "Street", "Road", "Square"])} {random.Next(1, 100)}",
            "item" => (Chance(0.3) ? $"{OneOf(Known["kind"])} " : "") + (Chance(0.3) ? OneOf(Known["thing"]) : Noun()),
            "text" => string.Join(' ', Enumerable.Range(0, random.Next(2, 6)).Select(_ => Word())),
            "phrase" => string.Join(' ', Enumerable.Range(0, random.Next(1, 4)).Select(_ => Capital(Word()))),
            "person" => Name(kind) + (Chance(0.15) ? $" {Capital(MadeUp())}" : ""),
            "city" => (Chance(0.05) ? "New " : "") + Name(kind),
            "word" => Noun(),
            _ when Known.TryGetValue(kind, out string[]? words) => Chance(0.6) ? OneOf(words) : MadeUp(),
            _ => MadeUp(),
        };
    }

    public static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];

    private string Name(string kind) => Chance(0.4) ? OneOf(Known[kind]) : Capital(MadeUp());

    private string Noun() => Chance(0.4) ? OneOf(ComposedFunctions.Nouns) : MadeUp();

    private string Word() => Chance(0.5) ? OneOf(Known["word"]) : MadeUp();

    private int Whole() => random.Next(random.Next(2) == 0 ? 20 : 1000) + 1;

    private static string[] Words(string words) => words.Split(' ');
}
