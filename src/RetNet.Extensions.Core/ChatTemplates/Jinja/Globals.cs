using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>The functions that every template can call.</summary>
internal static class Globals
{
    private const int LongestRange = 100_000;

    /// <summary>The functions by name, for one rendering.</summary>
    public static IEnumerable<(string Name, TemplateFunction Function)> All(Budget budget) =>
    [
        ("range", arguments => Range(arguments, budget)),
        ("namespace", arguments => MakeMap(arguments, isNamespace: true, budget)),
        ("dict", arguments => MakeMap(arguments, isNamespace: false, budget)),
        ("joiner", arguments => Joiner(arguments)),
        ("cycler", arguments => Cycler(arguments, budget)),
        ("raise_exception", arguments => throw new TemplateFailure(
            $"the template rejects the conversation: {Values.Print(arguments.Get(0, "message", null), budget).Text}")),
        ("strftime_now", arguments => MarkedText.Trusted(Dates.Format(
            TimeProvider.System.GetLocalNow(), Values.Text(arguments.Require(0, "format"), "strftime_now").Text, budget))),
    ];

    private static List<object?> Range(TemplateArguments arguments, Budget budget)
    {
        arguments.Only("range", "start", "stop", "step");
        long first = Values.Integer(arguments.Require(0, "start"), "range");
        (long start, long stop) = arguments.Count == 1 ? (0, first) : (first, Values.Integer(arguments.Get(1, "stop", 0L), "range"));
        long step = Values.Integer(arguments.Get(2, "step", 1L), "range");
        if (step == 0)
            throw new TemplateFailure("the step of range is 0");
        List<object?> items = new();
        for (Int128 i = (Int128)start; step > 0 ? i < stop : i > stop; i += step)
        {
            if (items.Count == LongestRange)
                throw new TemplateFailure($"range yields more than {LongestRange} numbers");
            budget.Objects(1);
            items.Add((long)i);
        }

        return items;
    }

    private static TemplateMap MakeMap(TemplateArguments arguments, bool isNamespace, Budget budget)
    {
        TemplateMap map = new() { IsNamespace = isNamespace };
        foreach (object? item in arguments.Positional)
        {
            TemplateMap given = item as TemplateMap ?? throw new TemplateFailure("namespace needs a mapping");
            foreach ((object? key, object? value) in given.Entries)
                map.Set(key, value, budget);
        }

        foreach ((string name, object? value) in arguments.Named)
            map.Set(MarkedText.Trusted(name), value, budget);
        return map;
    }

    /// <summary>Writes nothing when first called, a separator afterwards.</summary>
    private static TemplateFunction Joiner(TemplateArguments arguments)
    {
        object? separator = arguments.Get(0, "sep", MarkedText.Trusted(", "));
        bool used = false;
        return _ =>
        {
            (bool first, used) = (!used, true);
            return first ? MarkedText.Empty : separator;
        };
    }

    /// <summary>Values that follow one another in a circle: <c>next()</c>, <c>current</c>, <c>reset()</c>.</summary>
    private static TemplateMap Cycler(TemplateArguments arguments, Budget budget)
    {
        IReadOnlyList<object?> items = arguments.Positional;
        if (items.Count == 0)
            throw new TemplateFailure("cycler needs values");
        budget.Objects(3);
        TemplateMap map = new() { IsNamespace = true };
        int place = 0;
        map.Set("current", items[0]);
        map.Set("next", (TemplateFunction)(_ =>
        {
            object? value = items[place];
            Turn((place + 1) % items.Count);
            return value;
        }));
        map.Set("reset", (TemplateFunction)(_ =>
        {
            Turn(0);
            return null;
        }));
        return map;

        void Turn(int to)
        {
            place = to;
            map.Set("current", items[to]);
        }
    }
}
