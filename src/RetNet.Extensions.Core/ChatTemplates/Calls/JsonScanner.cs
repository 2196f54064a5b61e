namespace RetNet.Extensions.Core.ChatTemplates.Calls;

/// <summary>Finds the end of a JSON object or array in a text that grows. What was searched is not searched again.</summary>
internal sealed class JsonScanner
{
    private int _start = -1;
    private int _depth;
    private bool _isInString;
    private bool _isEscaped;

    /// <summary>Where the value ends, once it does.</summary>
    public int End { get; private set; }

    /// <summary>Searches on.</summary>
    /// <param name="text">The text, as before or longer.</param>
    /// <param name="start">Where the value begins.</param>
    public Progress Read(ReadOnlySpan<char> text, int start)
    {
        if (start >= text.Length)
            return Progress.More;
        if (text[start] is not ('{' or '['))
            return Progress.Failed;
        if (_start != start)
            (_start, End, _depth, _isInString, _isEscaped) = (start, start, 0, false, false);
        else if (_depth == 0)
            return Progress.Done;
        while (End < text.Length)
        {
            char character = text[End++];
            if (_isInString)
            {
                _isInString = _isEscaped || character != '"';
                _isEscaped = !_isEscaped && character == '\\';
                continue;
            }

            _isInString = character == '"';
            _depth += character switch
            {
                '{' or '[' => 1,
                '}' or ']' => -1,
                _ => 0,
            };
            if (_depth == 0)
                return Progress.Done;
        }

        return Progress.More;
    }
}

/// <summary>How far a part of a growing text is read.</summary>
internal enum Progress
{
    /// <summary>It may still become what is looked for.</summary>
    More,

    /// <summary>It is something else.</summary>
    Failed,

    /// <summary>It is read.</summary>
    Done,
}
