namespace RetNet.Extensions.Core.Generation.Sampling;

/// <summary>Passes text on as far as it cannot be part of a stop string, and finds the first stop string.</summary>
/// <remarks>
/// The first stop string is the one whose last character comes first; of several that end there, the longest. The text then does not depend
/// on the borders of tokens.
/// </remarks>
internal sealed class StopStrings(IReadOnlyList<string> stops)
{
    private readonly string[] _stops = [.. stops];

    // [start, released): the text of this step; [released, end): held back.
    private char[] _buffer = new char[256];
    private int _start;
    private int _released;
    private int _end;

    /// <summary>True once a stop string was found; nothing is released after it.</summary>
    public bool Found { get; private set; }

    /// <summary>The text that was released since <see cref="BeginStep"/>.</summary>
    public ReadOnlySpan<char> Released => _buffer.AsSpan(_start, _released - _start);

    public void BeginStep() => _start = _released;

    public void Add(ReadOnlySpan<char> text)
    {
        if (Found)
            return;
        Append(text);
        ReadOnlySpan<char> pending = _buffer.AsSpan(_released, _end - _released);
        int certain = pending.Length;
        (int End, int At) found = (int.MaxValue, 0);
        foreach (string stop in _stops)
        {
            int at = pending.IndexOf(stop, StringComparison.Ordinal);
            if (at >= 0 && (at + stop.Length, at).CompareTo(found) < 0)
                found = (at + stop.Length, at);
            else if (at < 0)
                certain = Math.Min(certain, pending.Length - LongestPrefixAtEnd(pending, stop));
        }

        Found = found.End < int.MaxValue;
        _released += Found ? found.At : certain;
    }

    /// <summary>Adds the last text and releases what was held back, unless the text completes a stop string.</summary>
    public void Finish(ReadOnlySpan<char> text)
    {
        Add(text);
        if (!Found)
            _released = _end;
    }

    private void Append(ReadOnlySpan<char> text)
    {
        if (_end + text.Length > _buffer.Length)
        {
            int kept = _end - _start;
            char[] target = kept + text.Length > _buffer.Length ? new char[Math.Max(_buffer.Length * 2, kept + text.Length)] : _buffer;
            _buffer.AsSpan(_start, kept).CopyTo(target);
            (_buffer, _start, _released, _end) = (target, 0, _released - _start, kept);
        }

        text.CopyTo(_buffer.AsSpan(_end));
        _end += text.Length;
    }

    private static int LongestPrefixAtEnd(ReadOnlySpan<char> text, string stop)
    {
        for (int length = Math.Min(text.Length, stop.Length - 1); length > 0; length--)
        {
            if (text.EndsWith(stop.AsSpan(0, length), StringComparison.Ordinal))
                return length;
        }

        return 0;
    }
}
