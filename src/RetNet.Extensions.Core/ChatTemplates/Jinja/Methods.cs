using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>The methods of strings and mappings. Nothing that changes a value exists, as in Jinja's immutable sandbox.</summary>
internal static class Methods
{
    /// <summary>The method <paramref name="name"/> bound to <paramref name="target"/>, or null if there is none.</summary>
    public static TemplateFunction? Find(object? target, string name, Budget budget) => target switch
    {
        MarkedText text => OfText(text, name, budget),
        TemplateMap { IsNamespace: false } map => OfMap(map, name, budget),
        _ => null,
    };

    private static TemplateFunction? OfText(MarkedText text, string name, Budget budget) => name switch
    {
        "strip" => arguments => TextFunctions.Strip(text, arguments.Get(0, "chars", null), left: true, right: true, budget),
        "lstrip" => arguments => TextFunctions.Strip(text, arguments.Get(0, "chars", null), left: true, right: false, budget),
        "rstrip" => arguments => TextFunctions.Strip(text, arguments.Get(0, "chars", null), left: false, right: true, budget),
        "split" => arguments => TextFunctions.Split(text, arguments.Get(0, "sep", null),
            Values.Integer(arguments.Get(1, "maxsplit", -1L), "split"), budget),
        "rsplit" => arguments => TextFunctions.SplitFromEnd(text, arguments.Get(0, "sep", null),
            Values.Integer(arguments.Get(1, "maxsplit", -1L), "rsplit"), budget),
        "splitlines" => _ => SplitLines(text, budget),
        "startswith" =>
            arguments => Any(arguments.Require(0, "prefix"), name, text.Text.StartsWith, budget),
        "endswith" =>
            arguments => Any(arguments.Require(0, "suffix"), name, text.Text.EndsWith, budget),
        "replace" => arguments => TextFunctions.Replace(
            text, Values.Text(arguments.Require(0, "old"), name), Values.Text(arguments.Require(1, "new"), name),
            Values.Integer(arguments.Get(2, "count", -1L), name), budget),
        "upper" => _ => TextFunctions.Upper(text, budget),
        "lower" => _ => TextFunctions.Lower(text, budget),
        "capitalize" => _ => TextFunctions.Capitalize(text, budget),
        "title" => _ => TextFunctions.Title(text, budget),
        "join" => arguments => TextFunctions.Join(
            Values.Items(arguments.Require(0, "iterable"), budget), text, item => Values.Text(item, name), budget),
        "find" => arguments => Find(text, Values.Text(arguments.Require(0, "sub"), name), budget),
        "count" => arguments => Count(text, Values.Text(arguments.Require(0, "sub"), name), budget),
        "isdigit" => _ => IsDigits(text, budget),
        _ => null,
    };

    private static TemplateFunction? OfMap(TemplateMap map, string name, Budget budget) => name switch
    {
        "items" => _ => Items(map, budget),
        "keys" => _ => Values.Items(map, budget).ToList(),
        "values" => _ => MapValues(map, budget),
        "get" => arguments => map.TryGet(Values.Text(arguments.Require(0, "key"), name).Text, budget, out object? value)
            ? value
            : arguments.Get(1, "default", null),
        _ => null,
    };

    /// <summary>The pairs of a mapping.</summary>
    public static List<object?> Items(TemplateMap map, Budget budget)
    {
        budget.Objects(map.Count);
        return [.. map.Entries.Select(entry => (object?)new List<object?> { entry.Key, entry.Value })];
    }

    private static List<object?> MapValues(TemplateMap map, Budget budget)
    {
        budget.Elements(map.Count);
        return [.. map.Entries.Select(entry => entry.Value)];
    }

    private static bool IsDigits(MarkedText text, Budget budget)
    {
        budget.Read(text.Length);
        return text.Length > 0 && text.Text.All(char.IsDigit);
    }

    private static bool Any(object? candidates, string what, Func<string, StringComparison, bool> matches, Budget budget)
    {
        return candidates is List<object?> list ? list.Any(Matches) : Matches(candidates);

        bool Matches(object? candidate)
        {
            MarkedText part = Values.Text(candidate, what);
            budget.Look(part.Length);
            return matches(part.Text, StringComparison.Ordinal);
        }
    }

    private static object Find(MarkedText text, MarkedText part, Budget budget)
    {
        budget.Read(text.Length);
        budget.Search(text.Length, part.Length);
        int found = text.Text.IndexOf(part.Text, StringComparison.Ordinal);
        return found < 0 ? -1L : (long)CodePoints.Count(text.Text.AsSpan(0, found));
    }

    private static object Count(MarkedText text, MarkedText part, Budget budget) => part.Length == 0
        ? Values.Length(text, budget) + 1L
        : TextFunctions.Split(text, part, -1, budget).Count - 1L;

    private static List<object?> SplitLines(MarkedText text, Budget budget)
    {
        List<object?> lines = TextFunctions.Split(text, MarkedText.Trusted("\n"), -1, budget);
        if (((MarkedText)lines[^1]!).Length == 0)
            lines.RemoveAt(lines.Count - 1);
        for (int i = 0; i < lines.Count; i++)
        {
            MarkedText line = (MarkedText)lines[i]!;
            budget.Objects(1);
            lines[i] = line.Text.EndsWith('\r') ? line.Slice(0, line.Length - 1) : line;
        }

        return lines;
    }
}
