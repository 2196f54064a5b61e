namespace RetNet.Extensions.Core.Tokenizers.Text;

/// <summary>What the rewriting and cutting of one text may take, by all steps and patterns of a file together.</summary>
/// <param name="length">Characters of the text.</param>
/// <param name="growth">How many times as long it may become, beside an allowance for short texts.</param>
/// <param name="milliseconds">The time for regular expressions that it has however short it is.</param>
internal sealed class TextLimits(long length, int growth = TextLimits.GrowthOfText, long milliseconds = TextLimits.Milliseconds)
{
    /// <summary>No step of a genuine file makes a token of the vocabulary longer; a few characters may become longer.</summary>
    public const int GrowthOfVocabulary = 4;

    // NFKD's longest decomposition is 18 characters.
    private const int GrowthOfText = 32;

    /// <summary>The time that every text has for regular expressions, however short it is.</summary>
    public const int Milliseconds = 2_000;

    private const int CharactersPerMillisecond = 100;

    private const int GrowthAllowance = 65_536;

    /// <summary>More time on the clock, and the processor time after which there is none.</summary>
    private static readonly TimeSpan Extension = TimeSpan.FromSeconds(1);

    private long _end = Environment.TickCount64 + milliseconds + length / CharactersPerMillisecond;
    private TimeSpan? _processorTime;
    private long _left = GrowthAllowance + growth * length;

    /// <summary>Requires that a text of some characters may be made, before it is made.</summary>
    /// <exception cref="TextGrowthException">It may not.</exception>
    public void Require(long characters)
    {
        if (characters > _left)
            throw new TextGrowthException();
    }

    /// <summary>Counts characters that were made, and stay.</summary>
    /// <exception cref="TextGrowthException">They are too many.</exception>
    public void Add(long characters)
    {
        Require(characters);
        _left -= characters;
    }

    /// <summary>Requires that time is left.</summary>
    /// <param name="pattern">The regular expression that is run.</param>
    /// <exception cref="TextTimeException">None is left.</exception>
    public void RequireTime(string pattern)
    {
        if (Environment.TickCount64 > _end && !TryExtend())
            throw new TextTimeException(pattern, null);
    }

    /// <summary>Gives more time once, and again for as long as the process hardly runs: one that was stopped, or waits for busy
    /// processors, has lost time on the clock and none of its own.</summary>
    /// <returns>Whether there is more time.</returns>
    public bool TryExtend()
    {
        TimeSpan now = Environment.CpuUsage.TotalTime;
        _processorTime ??= now;
        _end = Environment.TickCount64 + (long)Extension.TotalMilliseconds;
        return now - _processorTime < Extension;
    }
}

/// <summary>The steps of a tokenizer make a text excessively long.</summary>
internal sealed class TextGrowthException : Exception;

/// <summary>A regular expression takes too long.</summary>
internal sealed class TextTimeException(string pattern, Exception? inner) : Exception(null, inner)
{
    public string Pattern => pattern;
}
