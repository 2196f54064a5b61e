using System.Diagnostics.CodeAnalysis;
using System.Text;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.ChatTemplates;

/// <summary>Separates the reasoning with which an answer begins from the answer itself, as the text is generated.</summary>
/// <remarks>Reasoning stands between <c>&lt;think&gt;</c> and <c>&lt;/think&gt;</c>; white space at these borders is dropped. A text that
/// does not begin with it has none. Not thread-safe.</remarks>
/// <param name="isOpened">Whether the prompt ends with <c>&lt;think&gt;</c>, so that the text begins inside.</param>
[Experimental("RETNET001")]
public sealed class ReasoningReader(bool isOpened)
{
    /// <summary>What begins reasoning.</summary>
    public const string Open = "<think>";

    /// <summary>What ends it.</summary>
    public const string Close = "</think>";

    // Text that is not passed on yet: a possible marker, or white space that may stand before one.
    private readonly StringBuilder _held = new();
    private Part _part = isOpened ? Part.Reasoning : Part.Start;
    private bool _dropsSpace = isOpened;

    private enum Part
    {
        Start,
        Reasoning,
        Answer,
    }

    /// <summary>Whether there is any reasoning.</summary>
    public bool HasBegun { get; private set; } = isOpened;

    /// <summary>Whether the chat template has begun the reasoning itself.</summary>
    /// <param name="prompt">The prompt that the template wrote.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    public static bool IsOpenedBy(ReadOnlySpan<int> prompt, Tokenizer tokenizer) => EndsWith(prompt, Open, tokenizer);

    /// <summary>Whether the chat template has ended the reasoning itself, so that there is none.</summary>
    internal static bool IsClosedBy(ReadOnlySpan<int> prompt, Tokenizer tokenizer) => EndsWith(prompt, Close, tokenizer);

    /// <summary>The number of tokens up to the end of the reasoning with which an answer begins.</summary>
    /// <param name="answer">The tokens of the answer.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    public static int CountTokens(int[] answer, Tokenizer tokenizer)
    {
        // The least number of first tokens whose text has the marker.
        (int none, int enough) = (0, answer.Length);
        while (none < enough)
        {
            int middle = (none + enough) / 2;
            if (tokenizer.Decode(answer.AsSpan(0, middle)).Contains(Close, StringComparison.Ordinal))
                enough = middle;
            else
                none = middle + 1;
        }

        return enough;
    }

    /// <summary>Takes the next piece of the text.</summary>
    /// <param name="piece">The characters.</param>
    /// <returns>What is certainly reasoning, and what is certainly the answer; both may be empty.</returns>
    public (string Reasoning, string Answer) Add(string piece)
    {
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
        string rest = _held.ToString();
        _held.Clear();
        return _part == Part.Reasoning ? (rest.TrimEnd(), "") : ("", _dropsSpace ? "" : rest);
    }

    private static bool EndsWith(ReadOnlySpan<int> prompt, string marker, Tokenizer tokenizer) =>
        tokenizer.Decode(prompt[^Math.Min(prompt.Length, 2 * Close.Length)..]).AsSpan().TrimEnd()
            .EndsWith(marker, StringComparison.Ordinal);

    private void Begin()
    {
        string text = _held.ToString().TrimStart();
        if (text.StartsWith(Open, StringComparison.Ordinal))
        {
            _held.Clear().Append(text, Open.Length, text.Length - Open.Length);
            (_part, _dropsSpace, HasBegun) = (Part.Reasoning, true, true);
        }
        else if (!Open.StartsWith(text, StringComparison.Ordinal))
        {
            _part = Part.Answer;
        }
    }

    private string ReadReasoning()
    {
        DropSpace();
        string held = _held.ToString();
        int close = held.IndexOf(Close, StringComparison.Ordinal);
        if (close >= 0)
        {
            _held.Remove(0, close + Close.Length);
            (_part, _dropsSpace) = (Part.Answer, true);
            return held[..close].TrimEnd();
        }

        int certain = held.AsSpan(0, held.Length - BeginningAtEnd(held, Close)).TrimEnd().Length;
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

    // The number of characters at the end of a text that may be the beginning of a marker.
    private static int BeginningAtEnd(string text, string marker)
    {
        for (int length = Math.Min(text.Length, marker.Length - 1); length > 0; length--)
        {
            if (text.AsSpan().EndsWith(marker.AsSpan(0, length), StringComparison.Ordinal))
                return length;
        }

        return 0;
    }
}
