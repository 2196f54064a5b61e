using System.Text.RegularExpressions;

namespace RetNet.Extensions.Core.Tokenizers.PreTokenization;

/// <summary>
/// A regular expression from a tokenizer file. The pattern is written for Oniguruma and is translated by <see cref="OnigurumaPattern"/>; it
/// is treated as hostile. The families' patterns need lookahead, which .NET's linear-time engine does not have, so the backtracking engine
/// runs under a time limit.
/// </summary>
/// <remarks>Compiling takes longer than a prompt's matches: a pattern is interpreted, with the same matches, until it has seen much
/// text.</remarks>
internal sealed class RegexPattern : TextPattern
{
    public static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(2);

    private const int CharactersWorthCompiling = 1 << 16;

    private readonly string _pattern;
    private volatile Regex _regex;
    private long _characters;

    /// <exception cref="ArgumentException">The pattern is not a regular expression, or uses what is not supported.</exception>
    public RegexPattern(string pattern)
    {
        _pattern = OnigurumaPattern.Translate(pattern);
        _regex = Create(RegexOptions.None);
    }

    public override void FindMatches(ReadOnlySpan<char> text, List<(int Start, int End)> matches)
    {
        if (Interlocked.Add(ref _characters, text.Length) > CharactersWorthCompiling && !_regex.Options.HasFlag(RegexOptions.Compiled))
            _regex = Create(RegexOptions.Compiled);
        if (text.IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            Match(text, null, matches);
            return;
        }

        char[] shadow = SurrogateShadow.Of(text, out int[]? origins);
        Match(shadow, origins, matches);
    }

    private Regex Create(RegexOptions options) => new(_pattern, RegexOptions.CultureInvariant | options, TimeLimit);

    private void Match(ReadOnlySpan<char> text, int[]? origins, List<(int Start, int End)> matches)
    {
        int previousEnd = -1;
        foreach (ValueMatch match in _regex.EnumerateMatches(text))
        {
            (int start, int end) = (match.Index, match.Index + match.Length);
            // Oniguruma's iterator takes no empty match right after another match.
            if (match.Length == 0 && start == previousEnd)
                continue;
            previousEnd = end;
            matches.Add(origins is null ? (start, end) : (origins[start], origins[end]));
        }
    }
}
