using System.Text.RegularExpressions;

namespace RetNet.Extensions.Core.Checkpoints.Adapters;

/// <summary>Modules as PEFT names them: a list of names or of their ends, or a regular expression for the whole name.</summary>
internal sealed class ModulePattern
{
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(1);

    private readonly string _file;
    private readonly IReadOnlyList<string> _names;
    private readonly Regex? _expression;

    private ModulePattern(string file, IReadOnlyList<string> names, string? text, Regex? expression) =>
        (_file, _names, Text, _expression) = (file, names, text, expression);

    /// <summary>The regular expression; null for a list.</summary>
    public string? Text { get; }

    /// <summary>Reads an option; null where it is absent or null.</summary>
    /// <exception cref="CheckpointException">It is neither a list of names nor a regular expression.</exception>
    public static ModulePattern? Read(ConfigurationReader options, string option, string file)
    {
        if (!options.Contains(option))
            return null;
        if (!options.IsText(option))
            return new ModulePattern(file, options.Texts(option), null, null);
        string text = options.OptionalText(option)!;
        return new ModulePattern(file, [], text, Compile($@"(?:{text})\z", option, file));
    }

    public bool Matches(string module) => _expression is null
        ? _names.Any(name => module == name || (module.Length > name.Length
            && module[module.Length - name.Length - 1] == '.' && module.EndsWith(name, StringComparison.Ordinal)))
        : Match(_expression, module, _file) is not null;

    /// <summary>A regular expression that begins to match where the name begins, in bounded time.</summary>
    /// <exception cref="CheckpointException">It is none.</exception>
    public static Regex Compile(string pattern, string option, string file)
    {
        try
        {
            return new Regex($@"\A{pattern}", RegexOptions.CultureInvariant, MostTime);
        }
        catch (ArgumentException exception)
        {
            throw CheckpointException.ForOption(file, option, $"{CheckpointException.Quote(pattern)} ({exception.Message})",
                "a regular expression");
        }
    }

    /// <exception cref="CheckpointException">It takes too long.</exception>
    public static Match? Match(Regex pattern, string module, string file)
    {
        try
        {
            Match match = pattern.Match(module);
            return match.Success ? match : null;
        }
        catch (RegexMatchTimeoutException exception)
        {
            throw new CheckpointException(file, $"a pattern that takes longer than {MostTime.TotalSeconds} s for one name",
                "patterns of names of modules", exception);
        }
    }
}
