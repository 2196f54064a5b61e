using System.Globalization;
using System.Numerics;
using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>The filters of a template: <c>value | name</c>.</summary>
internal static class Filters
{
    private delegate object? Filter(object? value, TemplateArguments arguments, Budget budget);

    private static readonly Dictionary<string, Filter> All = new(StringComparer.Ordinal)
    {
        ["length"] = (value, _, budget) => Values.Length(value, budget),
        ["count"] = (value, _, budget) => Values.Length(value, budget),
        ["trim"] = (value, arguments, budget) =>
            TextFunctions.Strip(Values.Print(value, budget), arguments.Get(0, "chars", null), left: true, right: true, budget),
        ["upper"] = (value, _, budget) => TextFunctions.Upper(Values.Print(value, budget), budget),
        ["lower"] = (value, _, budget) => TextFunctions.Lower(Values.Print(value, budget), budget),
        ["capitalize"] = (value, _, budget) => TextFunctions.Capitalize(Values.Print(value, budget), budget),
        ["title"] = (value, _, budget) => TextFunctions.TitleOfWords(Values.Print(value, budget), budget),
        ["string"] = (value, _, budget) => Values.Print(value, budget),
        ["safe"] = (value, _, budget) => Values.Print(value, budget) with { IsMarkup = true },
        ["e"] = (value, _, budget) => TextFunctions.Escape(Values.Print(value, budget), budget),
        ["escape"] = (value, _, budget) => TextFunctions.Escape(Values.Print(value, budget), budget),
        ["forceescape"] = (value, _, budget) =>
            TextFunctions.Escape(Values.Print(value, budget) with { IsMarkup = false }, budget),
        ["replace"] = (value, arguments, budget) => TextFunctions.Replace(
            Values.Print(value, budget), Values.Text(arguments.Require(0, "old"),
                "replace"), Values.Text(arguments.Require(1, "new"), "replace"),
            Values.Integer(arguments.Get(2, "count", -1L) ?? -1L, "replace"), budget),
        ["indent"] = Indent,
        ["tojson"] = (value, arguments, budget) => TemplateJson.Write(value, JsonStyle.Of(arguments), budget),
        ["from_json"] = FromJson,
        ["default"] = Default,
        ["d"] = Default,
        ["int"] = ToInteger,
        ["float"] = ToFloat,
        ["abs"] = (value, _, _) => Values.IsInteger(value)
            ? Values.Narrow(BigInteger.Abs(Values.Whole(value)))
            : Math.Abs(Values.Number(value)),
        ["list"] = ToList,
        ["items"] = (value, _, budget) => value is TemplateMap map
            ? Methods.Items(map, budget)
            : value is Undefined ? [] : throw new TemplateFailure("items needs a mapping"),
        ["first"] = (value, _, budget) => End(value, 0, "first", budget),
        ["last"] = (value, _, budget) => End(value, -1, "last", budget),
        ["reverse"] = Reverse,
        ["join"] = (value, arguments, budget) => TextFunctions.Join(
            ListFilters.Attributes(Values.Items(value, budget), arguments.Get(1, "attribute", null), budget),
            Values.Print(arguments.Get(0, "d", MarkedText.Empty), budget),
            item => Values.Print(item, budget), budget),
        ["sort"] = ListFilters.Sort,
        ["unique"] = ListFilters.Unique,
        ["dictsort"] = ListFilters.DictSort,
        ["groupby"] = ListFilters.GroupBy,
        ["batch"] = ListFilters.Batch,
        ["sum"] = ListFilters.Sum,
        ["min"] = (value, arguments, budget) => ListFilters.Extreme(value, arguments, -1, budget),
        ["max"] = (value, arguments, budget) => ListFilters.Extreme(value, arguments, 1, budget),
        ["map"] = ListFilters.Map,
        ["select"] = (value, arguments, budget) => ListFilters.Select(value, arguments, byAttribute: false, keep: true, budget),
        ["reject"] = (value, arguments, budget) => ListFilters.Select(value, arguments, byAttribute: false, keep: false, budget),
        ["selectattr"] = (value, arguments, budget) => ListFilters.Select(value, arguments, byAttribute: true, keep: true, budget),
        ["rejectattr"] = (value, arguments, budget) => ListFilters.Select(value, arguments, byAttribute: true, keep: false, budget),
        ["round"] = Round,
        ["wordcount"] = (value, _, budget) =>
            (long)TextFunctions.Split(Values.Print(value, budget), null, -1, budget).Count,
        ["center"] = (value, arguments, budget) =>
            TextLayout.Center(Values.Print(value, budget), Values.Integer(arguments.Get(0, "width", 80L), "center"),
                MarkedText.Trusted(" "), budget),
        ["truncate"] = (value, arguments, budget) => TextLayout.Truncate(Values.Print(value, budget), arguments, budget),
        ["urlencode"] = UrlEncode,
        ["format"] = (value, arguments, budget) => TextFormat.Percent(
            Values.Print(value, budget), arguments.Named.Count > 0
                ? NamedValues(arguments, budget)
                : new TemplateTuple(arguments.Positional),
            budget),
        ["attr"] = (value, arguments, budget) => Values.Text(arguments.Require(0, "name"), "attr") is var name
            && value is TemplateLoop loop
            ? loop.Get(name.Text)
            : Methods.Find(value, name.Text, budget) ?? (object?)new Undefined(name.Text),
    };

    public static bool Exists(string name) => All.ContainsKey(name);

    public static object? Apply(string name, object? value, TemplateArguments arguments, Budget budget)
    {
        budget.Step();
        budget.Look(name.Length);
        return All.TryGetValue(name, out Filter? filter)
            ? filter(value, arguments, budget)
            : throw new TemplateFailure($"the filter \"{name}\" is not supported");
    }

    private static List<object?> ToList(object? value, TemplateArguments arguments, Budget budget)
    {
        IReadOnlyList<object?> items = Values.Items(value, budget);
        budget.Elements(items.Count);
        return [.. items];
    }

    private static object? End(object? value, int index, string name, Budget budget)
    {
        if (value is MarkedText text)
            return CodePoints.TryIndex(text, index, budget, out MarkedText? character) ? character : new Undefined(name);
        return Slices.TryIndex(Values.Items(value, budget), index, out object? item) ? item : new Undefined(name);
    }

    private static object? Default(object? value, TemplateArguments arguments, Budget budget)
    {
        bool missing = value is Undefined || (Values.IsTrue(arguments.Get(1, "boolean", false)) && !Values.IsTrue(value));
        return missing ? arguments.Get(0, "default_value", MarkedText.Empty) : value;
    }

    // Not Jinja's, but in templates for servers that give arguments of calls as text.
    private static object? FromJson(object? value, TemplateArguments arguments, Budget budget)
    {
        MarkedText text = Values.Text(value, "from_json");
        budget.Objects(text.Length);
        try
        {
            return TemplateJson.Read(JsonElement.Parse(text.Text), text.Origin);
        }
        // The last of an unpaired surrogate in the text.
        catch (Exception e) when (e is JsonException or ArgumentException)
        {
            throw new TemplateFailure("from_json needs the text of a JSON value");
        }
    }

    private static MarkedText UrlEncode(object? value, TemplateArguments arguments, Budget budget)
    {
        if (value is not (TemplateMap or List<object?>))
            return Quote(value, isPath: true);
        IReadOnlyList<object?> pairs = value is TemplateMap map ? Methods.Items(map, budget) : (List<object?>)value;
        return TextFunctions.Join(pairs, MarkedText.Trusted("&"), pair => pair is List<object?> { Count: 2 } entry
            ? Quote(entry[0], isPath: false) + MarkedText.Trusted("=") + Quote(entry[1], isPath: false)
            : throw new TemplateFailure("urlencode needs a string, a mapping or a list of pairs"), budget);

        MarkedText Quote(object? part, bool isPath)
        {
            const int longestCharacter = 9;
            MarkedText text = Values.Print(part, budget);
            budget.Characters((long)longestCharacter * text.Length);
            string quoted = Uri.EscapeDataString(text.Text);
            return text.Derive(isPath
                ? quoted.Replace("%2F", "/", StringComparison.Ordinal)
                : quoted.Replace("%20", "+", StringComparison.Ordinal));
        }
    }

    private static MarkedText Indent(object? value, TemplateArguments arguments, Budget budget)
    {
        object? width = arguments.Get(0, "width", 4L);
        MarkedText blanks = width as MarkedText ?? TextFunctions.Repeat(MarkedText.Trusted(" "), Values.Integer(width, "indent"), budget);
        return TextFunctions.Indent(
            Values.Text(
                value, "indent"), blanks, Values.IsTrue(arguments.Get(1, "first",
                    false)), Values.IsTrue(arguments.Get(2, "blank", false)), budget);
    }

    private static object? ToInteger(object? value, TemplateArguments arguments, Budget budget)
    {
        switch (value)
        {
            case long or bool or BigInteger:
                return Values.Narrow(Values.Whole(value));
            case double number when double.IsFinite(number):
                return Values.Narrow(new BigInteger(Math.Truncate(number)));
            case MarkedText text:
                string digits = Digits(text, budget);
                budget.Read((long)digits.Length * digits.Length / 64);
                long numberBase = Values.Integer(arguments.Get(1, "base", 10L), "int");
                if (numberBase != 10 && Numerals.Read(digits, numberBase) is { } other)
                    return Values.Narrow(other);
                if (numberBase == 10
                    && BigInteger.TryParse(digits, NumberStyles.Integer, CultureInfo.InvariantCulture, out BigInteger parsed))
                {
                    return Values.Narrow(parsed);
                }

                if (double.TryParse(digits, NumberStyles.Float, CultureInfo.InvariantCulture, out double fraction)
                    && double.IsFinite(fraction))
                {
                    return Values.Narrow(new BigInteger(Math.Truncate(fraction)));
                }

                break;
        }

        return arguments.Get(0, "default", 0L);
    }

    private static object? ToFloat(object? value, TemplateArguments arguments, Budget budget) => value switch
    {
        long or BigInteger or bool or double => Values.Number(value),
        MarkedText text when double.TryParse(Digits(text, budget), NumberStyles.Float, CultureInfo.InvariantCulture, out double parsed) =>
            parsed,
        _ => arguments.Get(0, "default", 0.0),
    };

    private static string Digits(MarkedText text, Budget budget)
    {
        budget.Characters(text.Length);
        return text.Text;
    }

    private static object Reverse(object? value, TemplateArguments arguments, Budget budget) =>
        Slices.Slice(value is MarkedText ? value : Values.Items(value, budget), null, null, -1L, budget)!;

    private static object Round(object? value, TemplateArguments arguments, Budget budget)
    {
        arguments.Only("round", "precision", "method");
        if (Values.IsInteger(value) && Values.Text(arguments.Get(1, "method", MarkedText.Trusted("common")), "round").Text == "common")
            return RoundInteger(Values.Whole(value), (int)Math.Clamp(Values.Integer(arguments.Get(0, "precision", 0L), "round"), -400, 0));
        int digits = (int)Math.Clamp(Values.Integer(arguments.Get(0, "precision", 0L), "round"), -20, 20);
        double number = Values.Number(value), unit = Math.Pow(10, digits);
        return Values.Text(arguments.Get(1, "method", MarkedText.Trusted("common")), "round").Text switch
        {
            "common" when digits is >= 0 and <= 15 => Math.Round(number, digits, MidpointRounding.ToEven),
            "common" => Math.Round(number * unit, MidpointRounding.ToEven) / unit,
            "ceil" => Math.Ceiling(number * unit) / unit,
            "floor" => Math.Floor(number * unit) / unit,
            string method => throw new TemplateFailure($"round has no method \"{method}\"; expected common, ceil or floor"),
        };
    }

    // Python rounds halves of an integer to even multiples of the power.
    private static object RoundInteger(BigInteger number, int digits)
    {
        BigInteger unit = BigInteger.Pow(10, -digits), below = number - (((number % unit) + unit) % unit);
        BigInteger twice = 2 * (number - below);
        bool up = twice > unit || (twice == unit && !(below / unit).IsEven);
        return Values.Narrow(up ? below + unit : below);
    }

    private static TemplateMap NamedValues(TemplateArguments arguments, Budget budget)
    {
        TemplateMap map = new();
        foreach ((string name, object? value) in arguments.Named)
            map.Set(MarkedText.Trusted(name), value, budget);
        return map;
    }
}
