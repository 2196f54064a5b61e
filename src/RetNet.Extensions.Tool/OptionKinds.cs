using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace RetNet.Extensions.Tool;

/// <summary>Kinds of options whose errors name the option, what was found and what was expected.</summary>
internal static class OptionKinds
{
    /// <summary>An integer from <paramref name="least"/> to <paramref name="most"/>; null when it is not given.</summary>
    public static Option<int?> Integer(string name, string helpName, string description, int least, int most = int.MaxValue)
    {
        string expected = most == int.MaxValue ? $"an integer of at least {least}" : $"an integer from {least} to {most}";
        return Parsed<int?>(name, helpName, description, expected, text =>
            int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least
                && value <= most
                ? value
                : null);
    }

    /// <summary>A finite number that is in a range; null when it is not given.</summary>
    public static Option<T?> Number<T>(
        string name, string helpName, string description, string expected = "a number", Func<T, bool>? isInRange = null)
        where T : struct, IBinaryFloatingPointIeee754<T> =>
        Parsed<T?>(name, helpName, description, expected, text =>
            T.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out T value) && T.IsFinite(value)
                && isInRange?.Invoke(value) != false
                ? value
                : null);

    /// <summary>One of some words; null when it is not given.</summary>
    public static Option<string?> Choice(string name, string description, params string[] values)
    {
        Option<string?> option = Parsed<string?>(name, string.Join('|', values), description,
            $"{string.Join(", ", values[..^1])} or {values[^1]}", text =>
            Array.Find(values, value => value.Equals(text, StringComparison.OrdinalIgnoreCase)));
        option.CompletionSources.Add(values);
        return option;
    }

    /// <summary>An option with a reader of its own, which returns null for a value that it cannot read.</summary>
    public static Option<T?> Parsed<T>(string name, string helpName, string description, string expected, Func<string, T?> parse) =>
        new(name)
        {
            HelpName = helpName,
            Description = description,

            // Also for lists: a second value would go unnoticed.
            Arity = ArgumentArity.ExactlyOne,
            CustomParser = result => Parse(result, name, expected, parse),
        };

    private static T? Parse<T>(ArgumentResult result, string name, string expected, Func<string, T?> parse)
    {
        string text = result.Tokens[0].Value;
        T? value = parse(text);
        if (value is null)
            result.AddError($"{name} is '{text}'; expected {expected}.");
        return value;
    }
}
