using System.Runtime.InteropServices;
using System.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Calls;

/// <summary>Finds function calls in a text as it is generated, and passes on everything else.</summary>
/// <remarks>
/// Calls in the form of the model's template are found anywhere in the text; a text that is nothing but calls of offered functions in
/// another form that models use is read as calls, too. Text that only looks like a call, for example because its JSON is broken, stays
/// text, and so does a mark of a call that ends a text after a call. White space after a call is dropped, and a further call that the end
/// of the text cuts. Not thread-safe.
/// </remarks>
public sealed class FunctionCallReader
{
    private readonly CallShape _shape;
    private readonly OfferedFunctions _functions;
    private readonly string _marker;
    private readonly bool _hasMarker;
    private readonly string _joint;

    // What begins a call whose opening the model left out: the form's mark of a name. Empty where it has none.
    private readonly string _nameMarker;
    private readonly List<FunctionCall> _calls = [];

    // Text that may become part of a call and was not passed on yet.
    private readonly List<char> _held = [];
    private readonly List<CallAttempt> _wholeText;

    // Joined in one place: a text may hold many marks that begin no call.
    private readonly StringBuilder _text = new();
    private CallAttempt? _attempt;
    private bool _hasBegun;
    private bool _isAfterCall;
    private bool _isAfterText;
    private bool _isAtStart = true;

    internal FunctionCallReader(CallShape shape, OfferedFunctions functions)
    {
        _shape = shape;
        _functions = functions;
        _hasMarker = shape.Marker.Length > 0;
        _marker = CallShape.FirstWord(_hasMarker ? shape.Marker : shape.Form.AfterText.Trim());
        _joint = string.IsNullOrWhiteSpace(shape.Form.AfterText) ? shape.Form.AfterText : "";
        string before = shape.Form.Before;
        int name = shape.IsObject ? -1 : before.LastIndexOf('<');
        _nameMarker = name > 0 && _marker.Length > 0 && !before[name..].Contains('>') ? before[name..] : "";
        _wholeText = [.. KnownForms.All.Select(known => new CallAttempt(known, known.First, functions, onlyOffered: true))];
    }

    /// <summary>The calls that were found so far.</summary>
    public IReadOnlyList<FunctionCall> Calls => _calls;

    /// <summary>How many of the last characters are held back, because they may be part of a call.</summary>
    public int HeldCharacters => _held.Count;

    /// <summary>Takes the next piece of the text.</summary>
    /// <param name="piece">The characters.</param>
    /// <returns>The text that is certainly not part of a call; may be empty.</returns>
    public string Add(ReadOnlySpan<char> piece)
    {
        _held.AddRange(piece);
        return Read(ended: false);
    }

    /// <summary>Ends the text.</summary>
    /// <returns>The rest that is not a call.</returns>
    public string Finish() => Read(ended: true);

    private string Read(bool ended)
    {
        if (!_hasBegun && !Begin(ended))
            return "";
        if (_wholeText.Count > 0 && !IsNotWholeText(ended))
            return "";
        _text.Clear();
        while (_held.Count > 0)
        {
            if (_attempt is null)
            {
                _text.Append(TextBeforeCall(ended));
                if (_attempt is null)
                    break;
            }

            Progress progress = _attempt.Read(CollectionsMarshal.AsSpan(_held), ended);
            if (progress == Progress.More)
                break;
            if (progress == Progress.Done)
            {
                _calls.AddRange(_attempt.Calls);
                _held.RemoveRange(0, _attempt.IsCut ? _held.Count : _attempt.End);
                (_isAfterCall, _isAfterText) = (true, false);
            }
            else if (_attempt.IsCut && _calls.Count > 0 && (_attempt.HasBegun || !_isAfterText))
            {
                _held.Clear();
            }
            else if (_hasMarker || !_isAtStart)
            {
                _text.Append(Take(1));
            }

            _attempt = null;
        }

        return _text.ToString();
    }

    // White space before anything else is held: it is dropped when all the rest is a call.
    private bool Begin(bool ended)
    {
        int space = _held.FindIndex(character => !char.IsWhiteSpace(character));
        if (space < 0 && !ended)
            return false;
        _hasBegun = true;
        if (space < 0 || _hasMarker)
            return true;

        // A call without a mark of its own begins where the text does.
        _attempt = new CallAttempt(_shape, _shape.First, _functions, onlyOffered: true);
        return true;
    }

    /// <summary>Whether the text is known to be something else than calls only. If it is at its end and is calls, takes them.</summary>
    private bool IsNotWholeText(bool ended)
    {
        ReadOnlySpan<char> text = CollectionsMarshal.AsSpan(_held);
        for (int i = 0; i < _wholeText.Count; i++)
        {
            CallAttempt attempt = _wholeText[i];
            Progress progress = attempt.Read(text, ended);
            bool isWhole = progress == Progress.Done && (attempt.IsCut || text[attempt.End..].IsWhiteSpace());
            if (isWhole && ended)
            {
                _calls.AddRange(attempt.Calls);
                _held.Clear();
                return false;
            }

            if (progress != Progress.More && !isWhole)
                _wholeText.RemoveAt(i--);
        }

        return _wholeText.Count == 0 || ended;
    }

    /// <summary>Takes the text up to a call, or up to a possible beginning of one.</summary>
    private string TextBeforeCall(bool ended)
    {
        if (_isAtStart && !TryDropStart(ended))
            return "";
        ReadOnlySpan<char> held = CollectionsMarshal.AsSpan(_held);
        if (_isAfterCall)
        {
            int space = held.Length - held.TrimStart().Length;
            _isAfterCall = space == held.Length;
            _held.RemoveRange(0, space);
            held = CollectionsMarshal.AsSpan(_held);
        }

        if (_marker.Length == 0)
            return Take(held.Length);
        int marker = held.IndexOf(_marker);
        if (_nameMarker.Length > 0 && held[..(marker < 0 ? held.Length : marker)].IndexOf(_nameMarker) is >= 0 and var name)
        {
            _attempt = new CallAttempt(_shape, _nameMarker, _functions, onlyOffered: true);
            return Take(name);
        }

        if (marker < 0)
            return Take(ended ? held.Length : held.Length - BeginningAtEnd(held));
        if (held[..marker].EndsWith(_joint))
            marker -= _joint.Length;
        string text = Take(marker);
        string lead = (_hasMarker ? "" : _shape.Form.AfterText) + _shape.First;
        _attempt = new CallAttempt(_shape, lead, _functions, onlyOffered: !_hasMarker);
        return text;
    }

    /// <summary>Drops what a template writes before an answer that begins with text. False while that may still come.</summary>
    private bool TryDropStart(bool ended)
    {
        string start = _shape.Form.BeforeText;
        ReadOnlySpan<char> held = CollectionsMarshal.AsSpan(_held);
        if (held.Length < start.Length && !ended && start.AsSpan().StartsWith(held))
            return false;
        _isAtStart = false;
        if (held.StartsWith(start))
            _held.RemoveRange(0, start.Length);
        return true;
    }

    private string Take(int count)
    {
        string text = new(CollectionsMarshal.AsSpan(_held)[..count]);
        _held.RemoveRange(0, count);
        _isAfterText |= count > 0;
        return text;
    }

    /// <summary>The number of characters at the end of a text that may begin a call.</summary>
    private int BeginningAtEnd(ReadOnlySpan<char> text)
    {
        string whole = _joint + _marker;
        for (int length = Math.Min(text.Length, whole.Length - 1); length > 0; length--)
        {
            if (text.EndsWith(whole.AsSpan(0, length)) || (length < _marker.Length && text.EndsWith(_marker.AsSpan(0, length))))
                return Math.Max(length, TextMarks.BeginningAtEnd(text, _nameMarker));
        }

        return TextMarks.BeginningAtEnd(text, _nameMarker);
    }
}
