using System.Text.RegularExpressions;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.PreTokenization;

/// <summary>
/// A regular expression from a tokenizer file. The pattern is written for Oniguruma and is translated by <see cref="OnigurumaPattern"/>; it
/// is treated as hostile. The families' patterns need lookahead, which .NET's linear-time engine does not have, so the backtracking engine
/// runs under a time limit: <see cref="TextLimits"/> for a text, and one for each match.
/// </summary>
/// <remarks>Compiling takes longer than a prompt's matches: a pattern is interpreted, with the same matches, until it has seen much
/// text.</remarks>
internal sealed class RegexPattern : TextPattern
{
    private static readonly TimeSpan MatchLimit = TimeSpan.FromSeconds(1);

    private const int CharactersWorthCompiling = 1 << 16;

    private readonly string _source;
    private readonly string _pattern;
    private readonly SurrogateShadow _shadow;
    private volatile Regex _regex;
    private long _characters;

    /// <exception cref="ArgumentException">The pattern is not a regular expression, or uses what is not supported.</exception>
    public RegexPattern(string pattern)
    {
        _source = pattern;
        _shadow = new SurrogateShadow(pattern);
        _pattern = OnigurumaPattern.Translate(pattern, _shadow);
        _regex = Create(RegexOptions.None);
    }

    public override void FindMatches(ReadOnlySpan<char> text, List<(int Start, int End)> matches, TextLimits limits)
    {
        if (Interlocked.Add(ref _characters, text.Length) > CharactersWorthCompiling && !_regex.Options.HasFlag(RegexOptions.Compiled))
            _regex = Create(RegexOptions.Compiled);
        if (text.IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
        {
            Match(text, null, matches, limits);
            return;
        }

        char[] shadow = _shadow.Of(text, out int[]? origins);
        Match(shadow, origins, matches, limits);
    }

    private Regex Create(RegexOptions options) => new(_pattern, RegexOptions.CultureInvariant | options, MatchLimit);

    private void Match(ReadOnlySpan<char> text, int[]? origins, List<(int Start, int End)> matches, TextLimits limits)
    {
        int before = matches.Count;
        while (true)
        {
            try
            {
                FindAll(text, origins, matches, limits);
                return;
            }
            catch (RegexMatchTimeoutException e)
            {
                if (!limits.TryExtend())
                    throw new TextTimeException(_source, e);
                matches.RemoveRange(before, matches.Count - before);
            }
        }
    }

    private void FindAll(ReadOnlySpan<char> text, int[]? origins, List<(int Start, int End)> matches, TextLimits limits)
    {
        int previousEnd = -1;
        foreach (ValueMatch match in _regex.EnumerateMatches(text))
        {
            limits.RequireTime(_source);
            (int start, int end) = (match.Index, match.Index + match.Length);
            // Oniguruma's iterator takes no empty match right after another match.
            if (match.Length == 0 && start == previousEnd)
                continue;
            previousEnd = end;
            matches.Add(origins is null ? (start, end) : (origins[start], origins[end]));
        }
    }
}
