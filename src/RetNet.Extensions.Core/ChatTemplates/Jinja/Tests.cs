using System.Numerics;
using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>The tests of a template: <c>value is name</c>.</summary>
internal static class Tests
{
    private static readonly Dictionary<string, Func<object?, TemplateArguments, Budget, bool>> All = new(StringComparer.Ordinal)
    {
        ["defined"] = (value, _, _) => value is not Undefined,
        ["undefined"] = (value, _, _) => value is Undefined,
        ["none"] = (value, _, _) => value is null,
        ["string"] = (value, _, _) => value is MarkedText,
        ["lower"] = (value, _, budget) => TextFunctions.IsCased(Values.Print(value, budget), char.IsLower, char.IsUpper, budget),
        ["upper"] = (value, _, budget) => TextFunctions.IsCased(Values.Print(value, budget), char.IsUpper, char.IsLower, budget),
        ["filter"] = (value, _, _) => value is MarkedText name && Filters.Exists(name.Text),
        ["test"] = (value, _, _) => value is MarkedText name && Exists(name.Text),
        ["number"] = (value, _, _) => Values.IsNumber(value),
        ["integer"] = (value, _, _) => value is long or BigInteger,
        ["float"] = (value, _, _) => value is double,
        ["boolean"] = (value, _, _) => value is bool,
        ["true"] = (value, _, _) => value is true,
        ["false"] = (value, _, _) => value is false,
        ["mapping"] = (value, _, _) => value is TemplateMap { IsNamespace: false },
        ["sequence"] = (value, _, _) => value is MarkedText or List<object?> or TemplateMap { IsNamespace: false } or Undefined,
        ["iterable"] = (value, _, _) => value is MarkedText or List<object?> or TemplateMap { IsNamespace: false } or Undefined,
        ["callable"] = (value, _, _) => value is TemplateFunction or Undefined or TemplateLoop { Recurse: not null },
        ["odd"] = (value, _, _) => !Values.Whole(value).IsEven,
        ["even"] = (value, _, _) => Values.Whole(value).IsEven,
        ["divisibleby"] = (value, arguments, _) => Values.Integer(arguments.Require(0, "num"), "divisibleby") is not 0 and var divisor
            ? (Values.Whole(value) % divisor).IsZero
            : throw new TemplateFailure("division by zero"),
        ["in"] = (value, arguments, budget) => Values.Contains(arguments.Require(0, "seq"), value, budget),
        ["sameas"] = (value, arguments, _) => IsSame(value, arguments.Require(0, "other")),
        ["eq"] = AreEqual,
        ["equalto"] = AreEqual,
        ["=="] = AreEqual,
        ["ne"] = (value, arguments, budget) => !AreEqual(value, arguments, budget),
        ["!="] = (value, arguments, budget) => !AreEqual(value, arguments, budget),
        ["lt"] = (value, arguments, budget) => Order(value, arguments, budget) < 0,
        ["<"] = (value, arguments, budget) => Order(value, arguments, budget) < 0,
        ["lessthan"] = (value, arguments, budget) => Order(value, arguments, budget) < 0,
        ["le"] = (value, arguments, budget) => Order(value, arguments, budget) <= 0,
        ["<="] = (value, arguments, budget) => Order(value, arguments, budget) <= 0,
        ["gt"] = (value, arguments, budget) => Order(value, arguments, budget) > 0,
        [">"] = (value, arguments, budget) => Order(value, arguments, budget) > 0,
        ["greaterthan"] = (value, arguments, budget) => Order(value, arguments, budget) > 0,
        ["ge"] = (value, arguments, budget) => Order(value, arguments, budget) >= 0,
        [">="] = (value, arguments, budget) => Order(value, arguments, budget) >= 0,
    };

    public static bool Exists(string name) => All.ContainsKey(name);

    public static bool Apply(string name, object? value, TemplateArguments arguments, Budget budget)
    {
        budget.Look(name.Length);
        return All.TryGetValue(name, out Func<object?, TemplateArguments, Budget, bool>? test)
            ? test(value, arguments, budget)
            : throw new TemplateFailure($"the test \"{name}\" is not supported");
    }

    private static bool AreEqual(object? value, TemplateArguments arguments, Budget budget) =>
        Values.AreEqual(value, arguments.Require(0, "other"), budget);

    private static int Order(object? value, TemplateArguments arguments, Budget budget) =>
        Values.Compare(value, arguments.Require(0, "other"), budget);

    private static bool IsSame(object? left, object? right) => (left, right) switch
    {
        (bool a, bool b) => a == b,
        (null, null) => true,
        _ => ReferenceEquals(left, right),
    };
}
