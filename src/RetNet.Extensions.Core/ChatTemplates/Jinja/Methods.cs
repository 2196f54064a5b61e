using System.Buffers;
using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>The methods of strings and mappings. Nothing that changes a value exists, as in Jinja's immutable sandbox.</summary>
internal static class Methods
{
    private static readonly SearchValues<char> LineEnds =
        SearchValues.Create("\n\r\v\f\u001c\u001d\u001e\u0085\u2028\u2029");

    /// <summary>The method <paramref name="name"/> bound to <paramref name="target"/>, or null if there is none.</summary>
    public static TemplateFunction? Find(object? target, string name, Budget budget) => target switch
    {
        MarkedText text => OfText(text, name, budget),
        TemplateMap { IsNamespace: false } map => OfMap(map, name, budget),
        List<object?> list => OfList(list, name, budget),
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
        "splitlines" => arguments => SplitLines(text, Values.IsTrue(arguments.Get(0, "keepends", false)), budget),
        "startswith" => arguments => Part(text, arguments, budget, out _) is { } part
            && Any(arguments.Require(0, "prefix"), name, part.Text.StartsWith, budget),
        "endswith" => arguments => Part(text, arguments, budget, out _) is { } part
            && Any(arguments.Require(0, "suffix"), name, part.Text.EndsWith, budget),
        "replace" => arguments => TextFunctions.Replace(
            text, Values.Text(arguments.Require(0, "old"), name), Values.Text(arguments.Require(1, "new"), name),
            Values.Integer(arguments.Get(2, "count", -1L), name), budget),
        "upper" => _ => TextFunctions.Upper(text, budget),
        "lower" => _ => TextFunctions.Lower(text, budget),
        "casefold" => _ => TextFunctions.CaseFold(text, budget),
        "swapcase" => _ => TextFunctions.SwapCase(text, budget),
        "capitalize" => _ => TextFunctions.Capitalize(text, budget),
        "title" => _ => TextFunctions.Title(text, budget),
        "join" => arguments => TextFunctions.Join(
            Values.Items(arguments.Require(0, "iterable"), budget), text, item => Values.Text(item, name), budget),
        "find" => arguments => Place(text, arguments, name, fromEnd: false, budget),
        "count" => arguments => Part(text, arguments, budget, out _) is { } part
            ? Count(part, Values.Text(arguments.Require(0, "sub"), name), budget)
            : 0L,
        "format" => arguments => TextFormat.Braces(text, arguments, budget),
        "center" => arguments => TextLayout.Center(text, Width(arguments, name), Filling(arguments, name, budget), budget),
        "ljust" => arguments => TextLayout.AtStart(text, Width(arguments, name), Filling(arguments, name, budget), budget),
        "rjust" => arguments => TextLayout.AtEnd(text, Width(arguments, name), Filling(arguments, name, budget), budget),
        "zfill" => arguments => TextLayout.WithZeros(text, Width(arguments, name), budget),
        "expandtabs" => arguments =>
            TextLayout.WithoutTabs(text, Values.Integer(arguments.Get(0, "tabsize", 8L), name), budget),
        "removeprefix" => arguments => Values.Text(arguments.Require(0, "prefix"), name) is var prefix && Begins(text, prefix, budget)
            ? text.Slice(prefix.Length, text.Length - prefix.Length)
            : text,
        "removesuffix" => arguments => Values.Text(arguments.Require(0, "suffix"), name) is var suffix && Ends(text, suffix, budget)
            ? text.Slice(0, text.Length - suffix.Length)
            : text,
        "partition" => arguments => Partition(text, Values.Text(arguments.Require(0, "sep"), name), fromEnd: false, budget),
        "rpartition" => arguments => Partition(text, Values.Text(arguments.Require(0, "sep"), name), fromEnd: true, budget),
        "rfind" => arguments => Place(text, arguments, name, fromEnd: true, budget),
        "index" or "rindex" => arguments => Place(text, arguments, name, fromEnd: name == "rindex", budget) is >= 0 and var place
            ? place
            : throw new TemplateFailure($"{name}: the part is not in the string"),
        "isdigit" or "isdecimal" or "isnumeric" => _ => All(text, char.IsDigit, budget),
        "isalpha" => _ => All(text, char.IsLetter, budget),
        "isalnum" => _ => All(text, char.IsLetterOrDigit, budget),
        "isascii" => _ => text.Length == 0 || All(text, char.IsAscii, budget),
        "isspace" => _ => All(text, char.IsWhiteSpace, budget),
        "islower" => _ => TextFunctions.IsCased(text, char.IsLower, char.IsUpper, budget),
        "isupper" => _ => TextFunctions.IsCased(text, char.IsUpper, char.IsLower, budget),
        _ => null,
    };

    private static TemplateFunction? OfList(List<object?> list, string name, Budget budget) => name switch
    {
        "index" => arguments => list.FindIndex(item => Values.AreEqual(item, arguments.Require(0, "value"), budget)) is >= 0 and var place
            ? (long)place
            : throw new TemplateFailure("index: the value is not in the list"),
        "count" => arguments => (long)list.Count(item => Values.AreEqual(item, arguments.Require(0, "value"), budget)),
        _ => null,
    };

    private static TemplateFunction? OfMap(TemplateMap map, string name, Budget budget) => name switch
    {
        "items" => _ => Items(map, budget),
        "keys" => _ => Values.Items(map, budget).ToList(),
        "values" => _ => MapValues(map, budget),
        "copy" => _ => Copy(map, budget),
        "get" => arguments => map.TryGet(arguments.Require(0, "key"), budget, out object? value)
            ? value
            : arguments.Get(1, "default", null),
        _ => null,
    };

    /// <summary>The pairs of a mapping.</summary>
    public static List<object?> Items(TemplateMap map, Budget budget)
    {
        budget.Objects(map.Count);
        return [.. map.Entries.Select(entry => (object?)new TemplateTuple { entry.Key, entry.Value })];
    }

    private static List<object?> MapValues(TemplateMap map, Budget budget)
    {
        budget.Elements(map.Count);
        return [.. map.Entries.Select(entry => entry.Value)];
    }

    private static TemplateMap Copy(TemplateMap map, Budget budget)
    {
        TemplateMap copy = new();
        foreach ((object? key, object? value) in map.Entries)
            copy.Set(key, value, budget);
        return copy;
    }

    private static bool All(MarkedText text, Predicate<char> isOne, Budget budget)
    {
        budget.Read(text.Length);
        return text.Length > 0 && text.Text.All(character => isOne(character));
    }

    private static bool Begins(MarkedText text, MarkedText part, Budget budget)
    {
        budget.Look(part.Length);
        return text.Text.StartsWith(part.Text, StringComparison.Ordinal);
    }

    private static bool Ends(MarkedText text, MarkedText part, Budget budget)
    {
        budget.Look(part.Length);
        return text.Text.EndsWith(part.Text, StringComparison.Ordinal);
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

    private static long Width(TemplateArguments arguments, string name) => Values.Integer(arguments.Require(0, "width"), name);

    private static MarkedText Filling(TemplateArguments arguments, string name, Budget budget) =>
        arguments.Get(1, "fillchar", MarkedText.Trusted(" ")) is MarkedText filling && Values.Length(filling, budget) == 1
            ? filling
            : throw new TemplateFailure($"{name} fills with one character");

    /// <summary>What the arguments after the first, a start and an end by code points, leave of a text; null where they leave not even an
    /// empty one.</summary>
    private static MarkedText? Part(MarkedText text, TemplateArguments arguments, Budget budget, out long start)
    {
        start = 0;
        object? end = arguments.Get(2, "end", null);
        if (arguments.Get(1, "start", null) is { } given)
            start = Values.Integer(given, "start");
        if (start == 0 && end is null)
            return text;
        long length = Values.Length(text, budget);
        start = start < 0 ? Math.Max(0, start + length) : start;
        long stop = end is null ? length : Math.Min(Values.Integer(end, "end"), length);
        stop = stop < 0 ? Math.Max(0, stop + length) : stop;
        budget.Characters(text.Length);
        return start > stop ? null : CodePoints.Slice(text, (int)start, (int)stop);
    }

    /// <summary>The index of a part by code points; -1 where there is none.</summary>
    private static long Place(MarkedText text, TemplateArguments arguments, string name, bool fromEnd, Budget budget)
    {
        MarkedText wanted = Values.Text(arguments.Require(0, "sub"), name);
        if (Part(text, arguments, budget, out long start) is not { } part)
            return -1;
        budget.Read(part.Length);
        int found = Search(part, wanted, fromEnd, budget);
        return found < 0 ? -1 : start + CodePoints.Count(part.Text.AsSpan(0, found));
    }

    private static TemplateTuple Partition(MarkedText text, MarkedText separator, bool fromEnd, Budget budget)
    {
        if (separator.Length == 0)
            throw new TemplateFailure("the separator of partition is empty");
        int found = Search(text, separator, fromEnd, budget);
        budget.Objects(3);
        budget.Characters(text.Length);
        if (found < 0)
            return fromEnd ? [MarkedText.Empty, MarkedText.Empty, text] : [text, MarkedText.Empty, MarkedText.Empty];
        int end = found + separator.Length;
        return [text.Slice(0, found), separator, text.Slice(end, text.Length - end)];
    }

    private static int Search(MarkedText text, MarkedText part, bool fromEnd, Budget budget)
    {
        budget.Search(text.Length, part.Length);
        return fromEnd
            ? text.Text.LastIndexOf(part.Text, StringComparison.Ordinal)
            : text.Text.IndexOf(part.Text, StringComparison.Ordinal);
    }

    private static object Count(MarkedText text, MarkedText part, Budget budget) => part.Length == 0
        ? Values.Length(text, budget) + 1L
        : TextFunctions.Split(text, part, -1, budget).Count - 1L;

    public static List<object?> SplitLines(MarkedText text, bool keepEnds, Budget budget)
    {
        List<object?> lines = [];
        budget.Characters(text.Length);
        for (int start = 0; start < text.Length;)
        {
            int length = text.Text.AsSpan(start).IndexOfAny(LineEnds);
            int end = length < 0 ? text.Length : start + length;
            int next = Math.Min(end + (text.Text.AsSpan(end).StartsWith("\r\n") ? 2 : 1), text.Length);
            budget.Objects(1);
            lines.Add(text.Slice(start, (keepEnds ? next : end) - start));
            start = next;
        }

        return lines;
    }
}
