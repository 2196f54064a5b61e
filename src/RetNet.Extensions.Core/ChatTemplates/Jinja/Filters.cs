using System.Globalization;
using System.Text.Json;
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
        ["title"] = (value, _, budget) => TextFunctions.Title(Values.Print(value, budget), budget),
        ["string"] = (value, _, budget) => Values.Print(value, budget),
        ["safe"] = (value, _, budget) => Values.Print(value, budget),
        ["replace"] = (value, arguments, budget) => TextFunctions.Replace(
            Values.Print(value, budget), Values.Text(arguments.Require(0, "old"),
                "replace"), Values.Text(arguments.Require(1, "new"), "replace"),
            Values.Integer(arguments.Get(2, "count", -1L) ?? -1L, "replace"), budget),
        ["indent"] = Indent,
        ["tojson"] = ToJson,
        ["from_json"] = FromJson,
        ["default"] = Default,
        ["d"] = Default,
        ["int"] = ToInteger,
        ["float"] = ToFloat,
        ["abs"] = (value, _, _) => value is long integer ? (object)Math.Abs(integer) : Math.Abs(Values.Number(value)),
        ["list"] = ToList,
        ["items"] = (value, _, budget) => value is TemplateMap map
            ? Methods.Items(map, budget)
            : value is Undefined ? [] : throw new TemplateFailure("items needs a mapping"),
        ["first"] = (value, _, budget) => End(value, 0, "first", budget),
        ["last"] = (value, _, budget) => End(value, -1, "last", budget),
        ["reverse"] = Reverse,
        ["join"] = (value, arguments, budget) => TextFunctions.Join(
            Attributes(value, arguments.Get(1, "attribute", null), budget), Values.Print(arguments.Get(0, "d", MarkedText.Empty), budget),
            item => Values.Print(item, budget), budget),
        ["sort"] = Sort,
        ["unique"] = Unique,
        ["dictsort"] = (value, _, budget) => value is TemplateMap map
            ? Sorting.Sort(Methods.Items(map, budget), [.. map.Entries.Select(entry => TextFunctions.Lower(entry.Key, budget))],
                descending: false, budget)
            : throw new TemplateFailure("dictsort needs a mapping"),
        ["map"] = Map,
        ["select"] = (value, arguments, budget) => Select(value, null, arguments, keep: true, budget),
        ["reject"] = (value, arguments, budget) => Select(value, null, arguments, keep: false, budget),
        ["selectattr"] = (value, arguments, budget) =>
            Select(value, arguments.Require(0, "attribute"), Skip(arguments, budget), keep: true, budget),
        ["rejectattr"] = (value, arguments, budget) =>
            Select(value, arguments.Require(0, "attribute"), Skip(arguments, budget), keep: false, budget),
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

    private static MarkedText ToJson(object? value, TemplateArguments arguments, Budget budget)
    {
        arguments.Only("tojson", "indent", "ensure_ascii");
        if (Values.IsTrue(arguments.Get(1, "ensure_ascii", false)))
            throw new TemplateFailure("tojson with ensure_ascii is not supported");
        object? indent = arguments.Get(0, "indent", null);
        return TemplateJson.Write(value, indent is null ? null : Math.Clamp(Values.Clamp(indent, "tojson"), 0, 64), budget);
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

    private static MarkedText Indent(object? value, TemplateArguments arguments, Budget budget)
    {
        object? width = arguments.Get(0, "width", 4L);
        MarkedText blanks = width as MarkedText ?? TextFunctions.Repeat(MarkedText.Trusted(" "), Values.Integer(width, "indent"), budget);
        return TextFunctions.Indent(
            Values.Text(
                value, "indent"), blanks, Values.IsTrue(arguments.Get(1, "first",
                    false)), Values.IsTrue(arguments.Get(2, "blank", false)), budget);
    }

    private static object ToInteger(object? value, TemplateArguments arguments, Budget budget) => value switch
    {
        long or bool => Values.Integer(value, "int"),
        double number => (long)Math.Truncate(number),
        MarkedText text when long.TryParse(Digits(text, budget), NumberStyles.Integer, CultureInfo.InvariantCulture, out long parsed) =>
            parsed,
        _ => Values.Integer(arguments.Get(0, "default", 0L), "int"),
    };

    private static object ToFloat(object? value, TemplateArguments arguments, Budget budget) => value switch
    {
        long or bool or double => Values.Number(value),
        MarkedText text when double.TryParse(Digits(text, budget), NumberStyles.Float, CultureInfo.InvariantCulture, out double parsed) =>
            parsed,
        _ => Values.Number(arguments.Get(0, "default", 0.0)),
    };

    private static string Digits(MarkedText text, Budget budget)
    {
        budget.Characters(text.Length);
        return text.Text;
    }

    private static object Reverse(object? value, TemplateArguments arguments, Budget budget) =>
        Slices.Slice(value is MarkedText ? value : Values.Items(value, budget), null, null, -1L, budget)!;

    private static List<object?> Sort(object? value, TemplateArguments arguments, Budget budget)
    {
        arguments.Only("sort", "reverse", "case_sensitive", "attribute");
        IReadOnlyList<object?> items = Values.Items(value, budget);
        IReadOnlyList<object?> keys = Attributes(value, arguments.Get(2, "attribute", null), budget);
        if (!Values.IsTrue(arguments.Get(1, "case_sensitive", false)))
            keys = [.. keys.Select(key => key is MarkedText text ? TextFunctions.Lower(text, budget) : key)];
        return Sorting.Sort(items, keys, Values.IsTrue(arguments.Get(0, "reverse", false)), budget);
    }

    private static List<object?> Unique(object? value, TemplateArguments arguments, Budget budget)
    {
        List<object?> result = new();
        IReadOnlyList<object?> items = Values.Items(value, budget);
        budget.Elements(items.Count);
        foreach (object? item in items)
        {
            if (!result.Any(seen => Values.AreEqual(seen, item, budget)))
                result.Add(item);
        }

        return result;
    }

    private static List<object?> Map(object? value, TemplateArguments arguments, Budget budget)
    {
        if (arguments.Named.TryGetValue("attribute", out object? attribute))
        {
            object? missing = arguments.Get(int.MaxValue, "default", null);
            return [.. Attributes(value, attribute, budget).Select(item => item is Undefined && missing is not null ? missing : item)];
        }

        string name = Values.Text(arguments.Require(0, "filter"), "map").Text;
        TemplateArguments rest = Skip(arguments, budget);
        return [.. Values.Items(value, budget).Select(item => Apply(name, item, rest, budget))];
    }

    private static List<object?> Select(object? value, object? attribute, TemplateArguments arguments, bool keep, Budget budget)
    {
        IReadOnlyList<object?> items = Values.Items(value, budget);
        IReadOnlyList<object?> keys = Attributes(value, attribute, budget);
        string? test = arguments.Count == 0 ? null : Values.Text(arguments.Require(0, "test"), "select").Text;
        TemplateArguments rest = Skip(arguments, budget);
        List<object?> result = new();
        for (int i = 0; i < items.Count; i++)
        {
            budget.Step();
            if ((test is null ? Values.IsTrue(keys[i]) : Tests.Apply(test, keys[i], rest, budget)) == keep)
                result.Add(items[i]);
        }

        return result;
    }

    /// <summary>An attribute of each element (<c>a.b</c> reaches further in), or the elements themselves.</summary>
    private static IReadOnlyList<object?> Attributes(object? value, object? attribute, Budget budget)
    {
        IReadOnlyList<object?> items = Values.Items(value, budget);
        if (attribute is null)
            return items;
        MarkedText names = Values.Text(attribute, "attribute");
        budget.Objects(names.Length + 1L);
        string[] path = names.Text.Split('.');
        budget.Elements(items.Count);
        return [.. items.Select(item => path.Aggregate(item, (current, name) =>
        {
            budget.Step();
            return current is TemplateMap map && map.TryGet(name, budget, out object? member) ? member : new Undefined(name);
        }))];
    }

    private static TemplateArguments Skip(TemplateArguments arguments, Budget budget)
    {
        budget.Elements(arguments.Positional.Count);
        return new([.. arguments.Positional.Skip(1)], arguments.Named);
    }
}
