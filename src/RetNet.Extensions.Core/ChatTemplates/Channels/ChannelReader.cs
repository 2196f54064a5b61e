using System.Text;
using RetNet.Extensions.Core.ChatTemplates.Calls;

namespace RetNet.Extensions.Core.ChatTemplates.Channels;

/// <summary>Reads an answer of several messages, each <c>header &lt;|message|&gt; body &lt;|end|&gt;</c>: the header names a channel and,
/// of a call, the function.</summary>
/// <remarks>Messages of the channel <c>analysis</c> are reasoning, calls are passed on as <see cref="ChannelFormat.Call"/> writes them, and
/// all others are text. Not thread-safe.</remarks>
/// <param name="passesCalls">Whether functions are offered; otherwise a call is text.</param>
internal sealed class ChannelReader(bool passesCalls)
{
    private const int LongestHeader = 1000;

    private static readonly string[] HeaderBegins = [ChannelFormat.Channel, ChannelFormat.Start, "to="];

    private static readonly string[] BodyEnds =
        [ChannelFormat.End, ChannelFormat.EndOfCall, ChannelFormat.EndOfAnswer, ChannelFormat.Start, ChannelFormat.Channel];

    // What is not passed on yet: a header, or the possible beginning of a mark.
    private readonly StringBuilder _held = new();
    private readonly StringBuilder _reasoning = new();
    private readonly StringBuilder _answer = new();
    private bool _isBody;
    private bool _isReasoning;

    // Whether the role of a message was begun, so that any header may follow.
    private bool _hasRole;
    private bool _hasThought;
    private bool _hasAnswer;
    private bool _isNewMessage;

    /// <summary>Whether there is any reasoning.</summary>
    public bool HasReasoning { get; private set; }

    /// <summary>How many of the last characters are held back.</summary>
    public int HeldCharacters => _held.Length;

    /// <summary>Takes the next piece of the text.</summary>
    public (string Reasoning, string Answer) Add(string piece)
    {
        _held.Append(piece);
        while (_isBody ? ReadBody() : ReadHeader())
        {
        }

        return Take();
    }

    /// <summary>Ends the text.</summary>
    public (string Reasoning, string Answer) Finish()
    {
        string rest = _held.ToString();
        _held.Clear();

        // The beginning of a header says nothing.
        if (_isBody || (!_hasRole && !HeaderBegins.Any(mark => rest.TrimStart().StartsWith(mark, StringComparison.Ordinal))))
            Write(rest);
        return Take();
    }

    private (string Reasoning, string Answer) Take()
    {
        (string Reasoning, string Answer) taken = (_reasoning.ToString(), _answer.ToString());
        _reasoning.Clear();
        _answer.Clear();
        return taken;
    }

    // Whether something was read, so that more may be.
    private bool ReadHeader()
    {
        string held = _held.ToString();
        int space = held.Length - held.AsSpan().TrimStart().Length;
        if (!_hasRole && held.AsSpan(space).StartsWith(ChannelFormat.Start))
        {
            _held.Remove(0, space + ChannelFormat.Start.Length);
            return _hasRole = true;
        }

        int end = held.IndexOf(ChannelFormat.Message, StringComparison.Ordinal);
        ReadOnlySpan<char> header = held.AsSpan(0, end < 0 ? held.Length : end);
        if (header.Length > LongestHeader + (end < 0 ? ChannelFormat.Message.Length : 0)
            || (!_hasRole && !MayBeHeader(header.TrimStart(), isWhole: end >= 0)))
        {
            // What has no header is text, whatever it begins with.
            Begin(isReasoning: false);
            Write(held[..1]);
            _held.Remove(0, 1);
            return true;
        }

        if (end < 0)
            return false;
        _held.Remove(0, end + ChannelFormat.Message.Length);
        bool isCall = passesCalls && Function(header).Length > 0;
        Begin(isReasoning: !isCall && ChannelOf(header).SequenceEqual(ChannelFormat.Analysis));
        if (isCall)
        {
            _answer.Append(ChannelFormat.Call.Before).Append(Function(header)).Append(ChannelFormat.Call.Middle);
            _isNewMessage = false;
        }

        return true;
    }

    private static bool MayBeHeader(ReadOnlySpan<char> text, bool isWhole)
    {
        bool mayBe = isWhole && text.IsEmpty;
        foreach (string mark in HeaderBegins)
            mayBe |= text.StartsWith(mark) || (!isWhole && mark.AsSpan().StartsWith(text));
        return mayBe;
    }

    private void Begin(bool isReasoning)
    {
        (_isBody, _isReasoning, _hasRole, _isNewMessage) = (true, isReasoning, false, true);
        HasReasoning |= isReasoning;
    }

    private bool ReadBody()
    {
        string held = _held.ToString();
        int end = held.Length;
        string? mark = null;
        foreach (string candidate in BodyEnds)
        {
            int found = held.AsSpan(0, end).IndexOf(candidate);
            if (found >= 0)
                (end, mark) = (found, candidate);
        }

        if (mark is null)
            end -= BodyEnds.Max(candidate => TextMarks.BeginningAtEnd(held, candidate));
        Write(held[..end]);
        _held.Remove(0, end);
        if (mark is null)
            return false;
        _isBody = false;
        if (mark is not (ChannelFormat.Start or ChannelFormat.Channel))
            _held.Remove(0, mark.Length);
        return true;
    }

    // Messages of one kind are told apart by a line end.
    private void Write(string text)
    {
        if (text.Length == 0)
            return;
        StringBuilder target = _isReasoning ? _reasoning : _answer;
        if (_isNewMessage && (_isReasoning ? _hasThought : _hasAnswer))
            target.Append('\n');
        target.Append(text);
        _isNewMessage = false;
        _hasThought |= _isReasoning;
        _hasAnswer |= !_isReasoning;
    }

    // What follows the mark of a channel.
    private static ReadOnlySpan<char> ChannelOf(ReadOnlySpan<char> header)
    {
        int channel = header.LastIndexOf(ChannelFormat.Channel);
        return channel < 0 ? "" : Word(header[(channel + ChannelFormat.Channel.Length)..].TrimStart());
    }

    // The function that a header names as the recipient; empty if it names none.
    private static ReadOnlySpan<char> Function(ReadOnlySpan<char> header)
    {
        int recipient = header.LastIndexOf(ChannelFormat.Recipient);
        bool begins = recipient == 0 || (recipient > 0 && (char.IsWhiteSpace(header[recipient - 1]) || header[recipient - 1] == '>'));
        return begins ? Word(header[(recipient + ChannelFormat.Recipient.Length)..]) : "";
    }

    private static ReadOnlySpan<char> Word(ReadOnlySpan<char> text)
    {
        int end = text.IndexOfAny(" \t\r\n<");
        return end < 0 ? text : text[..end];
    }
}
