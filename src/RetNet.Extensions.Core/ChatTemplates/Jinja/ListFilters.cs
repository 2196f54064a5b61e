using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>The filters that choose, order and group the elements of a list.</summary>
internal static class ListFilters
{
    public static List<object?> Sort(object? value, TemplateArguments arguments, Budget budget)
    {
        arguments.Only("sort", "reverse", "case_sensitive", "attribute");
        IReadOnlyList<object?> items = Values.Items(value, budget);
        bool ignoreCase = !Values.IsTrue(arguments.Get(1, "case_sensitive", false));
        object?[] keys = [.. SortKeys(items, arguments.Get(2, "attribute", null), ignoreCase, budget)];
        return Sorting.Sort(items, keys, Values.IsTrue(arguments.Get(0, "reverse", false)), budget);
    }

    /// <summary>The pairs of a mapping by key or value.</summary>
    public static List<object?> DictSort(object? value, TemplateArguments arguments, Budget budget)
    {
        arguments.Only("dictsort", "case_sensitive", "by", "reverse");
        List<object?> pairs = Methods.Items(value as TemplateMap ?? throw new TemplateFailure("dictsort needs a mapping"), budget);
        int place = Values.Text(arguments.Get(1, "by", MarkedText.Trusted("key")), "dictsort").Text switch
        {
            "key" => 0,
            "value" => 1,
            string other => throw new TemplateFailure($"dictsort is by \"{other}\"; expected \"key\" or \"value\""),
        };
        bool ignoreCase = !Values.IsTrue(arguments.Get(0, "case_sensitive", false));
        budget.Elements(pairs.Count);
        object?[] keys = [.. pairs.Select(pair => Folded(((TemplateTuple)pair!)[place], ignoreCase, budget))];
        return Sorting.Sort(pairs, keys, Values.IsTrue(arguments.Get(2, "reverse", false)), budget);
    }

    public static List<object?> Unique(object? value, TemplateArguments arguments, Budget budget)
    {
        arguments.Only("unique", "case_sensitive", "attribute");
        IReadOnlyList<object?> items = Values.Items(value, budget);
        bool ignoreCase = !Values.IsTrue(arguments.Get(0, "case_sensitive", false));
        IReadOnlyList<object?> keys = Attributes(items, arguments.Get(1, "attribute", null), budget);
        List<object?> result = [], seen = [];
        budget.Elements(2L * items.Count);
        for (int i = 0; i < items.Count; i++)
        {
            object? key = Folded(keys[i], ignoreCase, budget);
            if (seen.Any(other => Values.AreEqual(other, key, budget)))
                continue;
            seen.Add(key);
            result.Add(items[i]);
        }

        return result;
    }

    /// <summary>Tuples (grouper, list) of the elements with equal attributes, in the attributes' order.</summary>
    public static List<object?> GroupBy(object? value, TemplateArguments arguments, Budget budget)
    {
        arguments.Only("groupby", "attribute", "default", "case_sensitive");
        object? attribute = arguments.Require(0, "attribute");
        IReadOnlyList<object?> items = Values.Items(value, budget);
        bool ignoreCase = !Values.IsTrue(arguments.Get(2, "case_sensitive", false));
        object?[] keys = [.. Attributes(items, attribute, budget)
            .Select(key => Folded(key is Undefined ? arguments.Get(1, "default", key) : key, ignoreCase, budget))];
        List<object?> pairs = [.. items.Select((item, i) => (object?)new TemplateTuple { keys[i], item })];
        List<object?> groups = [];
        foreach (TemplateTuple pair in Sorting.Sort(pairs, keys, descending: false, budget).OfType<TemplateTuple>())
        {
            budget.Objects(2);
            if (groups is [.., TemplateTuple last] && Values.AreEqual(last[0], pair[0], budget))
                ((List<object?>)last[1]!).Add(pair[1]);
            else
                groups.Add(new TemplateGroup { pair[0], new List<object?> { pair[1] } });
        }

        return groups;
    }

    public static List<object?> Map(object? value, TemplateArguments arguments, Budget budget)
    {
        IReadOnlyList<object?> items = Values.IsTrue(value) ? Values.Items(value, budget) : [];
        if (arguments.Named.TryGetValue("attribute", out object? attribute))
        {
            object? missing = arguments.Get(int.MaxValue, "default", null);
            return [.. Attributes(items, attribute, budget, missing)];
        }

        string name = Values.Text(arguments.Require(0, "filter"), "map").Text;
        TemplateArguments rest = arguments.WithoutFirst(budget);
        return [.. items.Select(item => Filters.Apply(name, item, rest, budget))];
    }

    /// <summary>The elements that pass a test, or of which an attribute does.</summary>
    public static List<object?> Select(object? value, TemplateArguments arguments, bool byAttribute, bool keep, Budget budget)
    {
        IReadOnlyList<object?> items = Values.IsTrue(value) ? Values.Items(value, budget) : [];
        IReadOnlyList<object?> keys = byAttribute ? Attributes(items, arguments.Require(0, "attribute"), budget) : items;
        if (byAttribute)
            arguments = arguments.WithoutFirst(budget);
        string? test = arguments.Count == 0 ? null : Values.Text(arguments.Require(0, "test"), "select").Text;
        TemplateArguments rest = arguments.WithoutFirst(budget);
        List<object?> result = [];
        for (int i = 0; i < items.Count; i++)
        {
            budget.Step();
            if ((test is null ? Values.IsTrue(keys[i]) : Tests.Apply(test, keys[i], rest, budget)) == keep)
                result.Add(items[i]);
        }

        return result;
    }

    /// <summary>The smallest or the largest element.</summary>
    public static object? Extreme(object? value, TemplateArguments arguments, int sign, Budget budget)
    {
        arguments.Only("min and max", "case_sensitive", "attribute");
        IReadOnlyList<object?> items = Values.Items(value, budget);
        bool ignoreCase = !Values.IsTrue(arguments.Get(0, "case_sensitive", false));
        object?[] keys =
            [.. Attributes(items, arguments.Get(1, "attribute", null), budget).Select(key => Folded(key, ignoreCase, budget))];
        int best = 0;
        for (int i = 1; i < items.Count; i++)
        {
            budget.Step();
            if (sign * Values.Compare(keys[i], keys[best], budget) > 0)
                best = i;
        }

        return items.Count == 0 ? new Undefined("an element of an empty list") : items[best];
    }

    public static object? Sum(object? value, TemplateArguments arguments, Budget budget)
    {
        arguments.Only("sum", "attribute", "start");
        object? sum = arguments.Get(1, "start", 0L);
        foreach (object? item in Attributes(Values.Items(value, budget), arguments.Get(0, "attribute", null), budget))
        {
            budget.Step();
            sum = Arithmetic.Apply("+", sum, item, budget);
        }

        return sum;
    }

    /// <summary>Lists of a fixed length; the last is filled up where a filling is given.</summary>
    public static List<object?> Batch(object? value, TemplateArguments arguments, Budget budget)
    {
        arguments.Only("batch", "linecount", "fill_with");
        int length = Values.Clamp(arguments.Require(0, "linecount"), "batch");
        if (length < 1)
            throw new TemplateFailure("batch needs a positive length");
        object? filling = arguments.Get(1, "fill_with", null);
        List<object?> batches = [];
        foreach (object?[] chunk in Values.Items(value, budget).Chunk(length))
        {
            budget.Objects(1);
            budget.Elements(filling is null ? chunk.Length : length);
            batches.Add(filling is null ? chunk.ToList() : [.. chunk, .. Enumerable.Repeat(filling, length - chunk.Length)]);
        }

        return batches;
    }

    /// <summary>An attribute of each element (<c>a.b</c> reaches further in, a number is an index), or the elements themselves.</summary>
    /// <param name="items">The elements.</param>
    /// <param name="attribute">The attribute; null for the elements themselves.</param>
    /// <param name="budget">What the rendering may still cost.</param>
    /// <param name="missing">What stands for an attribute that does not exist; null for an undefined value.</param>
    public static IReadOnlyList<object?> Attributes(
        IReadOnlyList<object?> items, object? attribute, Budget budget, object? missing = null)
    {
        if (attribute is null)
            return items;
        object[] path = Path(attribute, budget);
        budget.Elements(items.Count);
        return [.. items.Select(item => Reach(item, path, budget, missing))];
    }

    // Tuples, even of one attribute: elements whose attributes are equal need no order. Several have commas between them.
    private static IEnumerable<TemplateTuple> SortKeys(IReadOnlyList<object?> items, object? attribute, bool ignoreCase, Budget budget)
    {
        object[][] paths = attribute switch
        {
            null => [[]],
            MarkedText names => [.. names.Text.Split(',').Select(name => Path(MarkedText.Trusted(name), budget))],
            _ => [Path(attribute, budget)],
        };
        budget.Objects((long)items.Count * (paths.Length + 1));
        return items.Select(item => new TemplateTuple(paths.Select(path => Folded(Reach(item, path, budget), ignoreCase, budget))));
    }

    private static object[] Path(object attribute, Budget budget)
    {
        if (attribute is long index)
            return [index];
        MarkedText names = Values.Text(attribute, "attribute");
        budget.Objects(names.Length + 1L);
        return [.. names.Text.Split('.').Select(name => long.TryParse(name, out long number) ? (object)number : name)];
    }

    private static object? Reach(object? item, object[] path, Budget budget, object? missing = null) =>
        path.Aggregate(item, (current, name) =>
    {
        object? member = Step(current, name, budget);
        return member is Undefined && missing is not null ? missing : member;
    });

    private static object? Step(object? owner, object name, Budget budget)
    {
        budget.Step();
        return (owner, name) switch
        {
            (TemplateMap map, string key) when map.TryGet(key, budget, out object? member) => member,
            (TemplateMap map, long number) when map.TryGet(number, budget, out object? member) => member,
            (TemplateGroup group, string key) when group.TryGet(key, out object? part) => part,
            (List<object?> list, long index) when Slices.TryIndex(list, index, out object? element) => element,
            (Undefined undefined, _) => throw new TemplateFailure($"\"{undefined.Name}\" is undefined and has no \"{name}\""),
            _ => new Undefined($"{name}"),
        };
    }

    private static object? Folded(object? key, bool ignoreCase, Budget budget) =>
        ignoreCase && key is MarkedText text ? TextFunctions.Lower(text, budget) : key;
}
