using System.Diagnostics.CodeAnalysis;
using System.Text;
using RetNet.Extensions.Core.ChatTemplates.Calls;
using RetNet.Extensions.Core.ChatTemplates.Channels;

namespace RetNet.Extensions.Core.ChatTemplates;

/// <summary>Separates the reasoning with which an answer begins from the answer itself, as the text is generated.</summary>
/// <remarks>Reasoning stands between <c>&lt;think&gt;</c> and <c>&lt;/think&gt;</c>, or as <see cref="AnswerFormat"/> knows; white space at
/// these borders is dropped. A text that does not begin with it has none. Not thread-safe.</remarks>
[Experimental("RETNET001")]
public sealed class ReasoningReader
{
    /// <summary>What begins reasoning.</summary>
    public const string Open = "<think>";

    /// <summary>What ends it.</summary>
    public const string Close = "</think>";

    // Text that is not passed on yet: a possible marker, or white space that may stand before one.
    private readonly StringBuilder _held = new();
    private readonly string _open;
    private readonly string _close;
    private readonly ChannelReader? _channels;
    private Part _part;
    private bool _dropsSpace;
    private bool _hasBegun;

    /// <summary>Creates a reader of reasoning between <c>&lt;think&gt;</c> and <c>&lt;/think&gt;</c>.</summary>
    /// <param name="isOpened">Whether the prompt ends with <c>&lt;think&gt;</c>, so that the text begins inside.</param>
    public ReasoningReader(bool isOpened)
        : this(Open, Close, isOpened)
    {
    }

    internal ReasoningReader(string open, string close, bool isOpened)
    {
        (_open, _close, _dropsSpace, _hasBegun) = (open, close, isOpened, isOpened);
        _part = isOpened ? Part.Reasoning : Part.Start;
    }

    internal ReasoningReader(ChannelReader channels)
        : this(isOpened: false) => _channels = channels;

    private enum Part
    {
        Start,
        Reasoning,
        Answer,
    }

    /// <summary>Whether there is any reasoning.</summary>
    public bool HasBegun => _channels?.HasReasoning ?? _hasBegun;

    /// <summary>How many of the last characters are held back, because it is not certain yet what they are.</summary>
    public int HeldCharacters => _channels?.HeldCharacters ?? _held.Length;

    /// <summary>Takes the next piece of the text.</summary>
    /// <param name="piece">The characters.</param>
    /// <returns>What is certainly reasoning, and what is certainly the answer; both may be empty.</returns>
    public (string Reasoning, string Answer) Add(string piece)
    {
        ArgumentNullException.ThrowIfNull(piece);
        if (_channels is not null)
            return _channels.Add(piece);
        _held.Append(piece);
        if (_part == Part.Start)
            Begin();
        string reasoning = _part == Part.Reasoning ? ReadReasoning() : "";
        return (reasoning, _part == Part.Answer ? ReadAnswer() : "");
    }

    /// <summary>Ends the text.</summary>
    /// <returns>The rest.</returns>
    public (string Reasoning, string Answer) Finish()
    {
        if (_channels is not null)
            return _channels.Finish();
        string rest = _held.ToString();
        _held.Clear();
        return _part == Part.Reasoning ? (rest.TrimEnd(), "") : ("", _dropsSpace ? "" : rest);
    }

    private void Begin()
    {
        string text = _held.ToString().TrimStart();
        if (text.StartsWith(_open, StringComparison.Ordinal))
        {
            _held.Clear().Append(text, _open.Length, text.Length - _open.Length);
            (_part, _dropsSpace, _hasBegun) = (Part.Reasoning, true, true);
        }
        else if (!_open.StartsWith(text, StringComparison.Ordinal))
        {
            _part = Part.Answer;
        }
    }

    private string ReadReasoning()
    {
        DropSpace();
        string held = _held.ToString();
        int close = held.IndexOf(_close, StringComparison.Ordinal);
        if (close >= 0)
        {
            _held.Remove(0, close + _close.Length);
            (_part, _dropsSpace) = (Part.Answer, true);
            return held[..close].TrimEnd();
        }

        int certain = held.AsSpan(0, held.Length - TextMarks.BeginningAtEnd(held, _close)).TrimEnd().Length;
        _held.Remove(0, certain);
        return held[..certain];
    }

    private string ReadAnswer()
    {
        DropSpace();
        string text = _held.ToString();
        _held.Clear();
        return text;
    }

    private void DropSpace()
    {
        int space = 0;
        while (_dropsSpace && space < _held.Length)
        {
            _dropsSpace = char.IsWhiteSpace(_held[space]);
            space += _dropsSpace ? 1 : 0;
        }

        _held.Remove(0, space);
    }
}
