using System.Text.Json;

namespace RetNet.Extensions.Core.ChatTemplates.Calls;

/// <summary>Reads calls of one form from the start of a text that grows. White space may differ from the form's, and the end of the last
/// call may be missing where the text ends.</summary>
/// <param name="shape">The form.</param>
/// <param name="lead">What stands before the first call, up to its name or its JSON.</param>
/// <param name="functions">The functions that were offered.</param>
/// <param name="onlyOffered">Whether a call of another function is no call.</param>
internal sealed class CallAttempt(CallShape shape, string lead, OfferedFunctions functions, bool onlyOffered)
{
    private readonly CallForm _form = shape.Form;
    private readonly JsonScanner _json = new();

    // Arguments that are written one by one, as far as they are read: where they and the next of them begin, and of its value, how far
    // its end was searched and whether it may be JSON with brackets.
    private readonly List<KeyValuePair<string, string>> _arguments = [];
    private int _parameters = -1;
    private int _parameter;
    private int _searched;
    private bool _isNested;

    private int _at;
    private string? _id;

    /// <summary>The calls that were read.</summary>
    public List<FunctionCall> Calls { get; } = [];

    /// <summary>Where the calls that were read end.</summary>
    public int End { get; private set; }

    /// <summary>Whether the text ends within a call, or behind whole calls with what may become another or close them.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Whether more than what stands before a call was found of one.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Reads on.</summary>
    /// <param name="text">The text, as before or longer.</param>
    /// <param name="ended">Whether nothing follows.</param>
    /// <returns><see cref="Progress.Done"/>: the text goes on with something else, or ends; <see cref="Progress.Failed"/>: it begins with
    /// no call.</returns>
    public Progress Read(ReadOnlySpan<char> text, bool ended)
    {
        while (true)
        {
            Progress progress = Calls.Count == 0 ? ReadCall(text, ended, lead) : ReadNext(text, ended);
            if (progress == Progress.Done && _at > End)
            {
                End = _at;
                continue;
            }

            if (progress == Progress.More && !ended)
                return Progress.More;
            IsCut = progress == Progress.More;
            return End > 0 ? Progress.Done : Progress.Failed;
        }
    }

    // Another call, or what closes the calls. Done without a step forward: neither.
    private Progress ReadNext(ReadOnlySpan<char> text, bool ended)
    {
        Progress next = _form.Between is null ? Progress.Failed : ReadCall(text, ended, shape.Next);
        if (next == Progress.Failed && shape.IsObject)
        {
            _at = End;
            while (_at < text.Length && (char.IsWhiteSpace(text[_at]) || text[_at] is ';' or ','))
                _at++;
            next = ReadCall(text, ended, shape.Bare);
        }

        if (next == Progress.Done)
            return Progress.Done;
        _at = End;
        Progress closing = shape.Close.Length == 0 ? Progress.Failed : Literal(text, shape.Close);
        if (closing != Progress.Done)
            _at = End;
        return (next, closing) switch
        {
            (_, Progress.Done) => Progress.Done,
            (Progress.More, _) or (_, Progress.More) => Progress.More,
            _ => Progress.Failed,
        };
    }

    private Progress ReadCall(ReadOnlySpan<char> text, bool ended, string before)
    {
        _id = null;
        int start = _at;
        Progress progress = Literal(text, before);
        if (progress == Progress.Done)
        {
            HasBegun |= !text[_at..].IsWhiteSpace();
            progress = shape.IsObject ? ReadObject(text, ended) : ReadNamed(text, ended);
        }

        if (progress != Progress.Done)
            _at = start;
        return progress;
    }

    private Progress ReadObject(ReadOnlySpan<char> text, bool ended)
    {
        SkipWhiteSpace(text);
        int start = _at;
        Progress progress = _json.Read(text, start);
        if (progress == Progress.More && ended && text[start..] is ['[', ..])
            return ReadOpenList(text, start);
        if (progress != Progress.Done)
            return progress == Progress.More && CannotBeCall(text[start..]) ? Progress.Failed : progress;
        if (CallJson.ReadCalls(text[start.._json.End], functions, onlyOffered) is not { } calls)
            return Progress.Failed;
        _at = _json.End;
        if (!TryFinish(text, ended, shape.Tail))
            return _at == text.Length ? Progress.More : Progress.Failed;
        Calls.AddRange(calls);
        return Progress.Done;
    }

    // A list that the end of the text cuts has the calls that are whole.
    private Progress ReadOpenList(ReadOnlySpan<char> text, int start)
    {
        List<FunctionCall> whole = [];
        int at = start;
        while (true)
        {
            do
                at++;
            while (at < text.Length && (char.IsWhiteSpace(text[at]) || text[at] == ','));
            JsonScanner item = new();
            Progress progress = item.Read(text, at);
            if (progress != Progress.Done)
                break;
            if (CallJson.ReadCalls(text[at..item.End], functions, onlyOffered) is not { } calls)
                return Progress.Failed;
            whole.AddRange(calls);
            at = item.End - 1;
        }

        if (whole.Count == 0)
            return Progress.Failed;
        Calls.AddRange(whole);
        _at = text.Length;
        return Progress.Done;
    }

    private Progress ReadNamed(ReadOnlySpan<char> text, bool ended)
    {
        int start = _at;
        char stop = _form.Middle.AsSpan().TrimStart() is [var first, ..] ? first : '{';
        while (_at < text.Length && text[_at] != stop && !char.IsWhiteSpace(text[_at]) && text[_at] is not ('{' or '<'))
            _at++;
        ReadOnlySpan<char> name = text[start.._at];
        bool isName = name.Length > 0 && (!onlyOffered || functions.Contains(name));
        if (_at == text.Length && (!ended || !isName))
            return CanBeName(name) ? Progress.More : Progress.Failed;
        if (!isName)
            return Progress.Failed;
        int afterName = _at;
        Progress progress = Literal(text, _form.Middle);
        if (progress == Progress.Done)
            progress = _form.Parameters is null ? ReadJson(text, name, ended) : ReadParameters(text, name, ended, _form.Parameters);
        if (progress != Progress.Failed)
            return progress;

        // Without arguments.
        _at = afterName;
        progress = Literal(text, (_form.NoArguments ?? "") + _form.After);
        if (progress == Progress.Done && _form.After.Length > 0)
            Calls.Add(new FunctionCall(_id ?? CallJson.NewId(), name.ToString(), CallJson.NoArguments));
        return _form.After.Length > 0 ? progress : Progress.Failed;
    }

    private Progress ReadJson(ReadOnlySpan<char> text, ReadOnlySpan<char> name, bool ended)
    {
        SkipWhiteSpace(text);
        int start = _at;
        Progress progress = _json.Read(text, start);
        if (progress != Progress.Done)
            return progress;
        if (CallJson.ReadArguments(text[start.._json.End]) is not { } arguments)
            return Progress.Failed;
        _at = _json.End;
        return Finish(text, ended, name, arguments);
    }

    // What was read is not read again when the text is longer.
    private Progress ReadParameters(ReadOnlySpan<char> text, ReadOnlySpan<char> name, bool ended, ParameterForm form)
    {
        if (_parameters != _at)
        {
            _arguments.Clear();
            (_parameters, _parameter, _searched) = (_at, _at, 0);
        }

        while (true)
        {
            _at = _parameter;
            Progress progress = Literal(text, form.Before);
            if (progress == Progress.More)
                return Progress.More;
            if (progress == Progress.Failed)
            {
                _at = _parameter;
                return CallJson.Parse(CallJson.Object(_arguments).GetRawText()) is { } arguments
                    ? Finish(text, ended, name, arguments)
                    : Progress.Failed;
            }

            progress = ReadParameter(text, name, ended, form);
            if (progress != Progress.Done)
                return progress;
            (_parameter, _searched) = (_at, 0);
        }
    }

    private Progress ReadParameter(ReadOnlySpan<char> text, ReadOnlySpan<char> name, bool ended, ParameterForm form)
    {
        int length = text[_at..].IndexOf(form.Middle.AsSpan().Trim()[0]);
        if (length < 0)
            return Progress.More;
        Range parameter = _at..(_at + length);
        int afterName = _at += length;
        Progress progress = Literal(text, form.Middle.TrimEnd());
        bool isText = progress == Progress.Done && form.Middle != form.MiddleOfJson;
        if (progress == Progress.Failed)
        {
            _at = afterName;
            progress = Literal(text, form.MiddleOfJson.TrimEnd());
        }

        if (progress != Progress.Done)
            return progress;
        if (_searched == 0)
        {
            _isNested = !isText && text[_at..].TrimStart() is ['{' or '[', ..]
                && CallParameter.MayBeNested(functions.Schema(name, text[parameter].ToString()));
        }

        progress = FindEnd(text, ended, form.After.AsSpan().Trim(), out length);
        if (progress != Progress.Done)
            return progress;
        ReadOnlySpan<char> value = text.Slice(_at, length);
        if (form.Middle.EndsWith('\n') && value is ['\n', ..])
            value = value[1..];
        if (form.After.StartsWith('\n') && value is [.., '\n'])
            value = value[..^1];
        _at += length + form.After.Trim().Length;
        string parameterName = text[parameter].ToString();
        _arguments.Add(new(parameterName, CallParameter.Json(value, functions.Schema(name, parameterName), isText)));
        return Progress.Done;
    }

    /// <summary>Finds the end of a value: its own where it is JSON, whose strings may hold the text that stands after it, otherwise that
    /// text.</summary>
    private Progress FindEnd(ReadOnlySpan<char> text, bool ended, ReadOnlySpan<char> after, out int length)
    {
        length = 0;
        if (_isNested)
        {
            int start = text.Length - text[_at..].TrimStart().Length;
            Progress progress = _json.Read(text, start);
            ReadOnlySpan<char> rest = progress == Progress.Done ? text[_json.End..].TrimStart() : "";
            if (progress == Progress.Done && rest.StartsWith(after))
            {
                length = text.Length - rest.Length - _at;
                return Progress.Done;
            }

            if (!ended && after.StartsWith(rest))
                return Progress.More;
            _isNested = false;
        }

        int from = Math.Max(0, _searched - after.Length + 1);
        int found = text[(_at + from)..].IndexOf(after, StringComparison.Ordinal);
        _searched = text.Length - _at;
        length = from + found;
        return found < 0 ? Progress.More : Progress.Done;
    }

    private Progress Finish(ReadOnlySpan<char> text, bool ended, ReadOnlySpan<char> name, JsonElement arguments)
    {
        if (!TryFinish(text, ended, _form.After))
            return _at == text.Length ? Progress.More : Progress.Failed;
        Calls.Add(new FunctionCall(_id ?? CallJson.NewId(), name.ToString(), arguments));
        return Progress.Done;
    }

    // The end of the last call may be missing.
    private bool TryFinish(ReadOnlySpan<char> text, bool ended, string rest)
    {
        int start = _at;
        Progress progress = Literal(text, rest);
        if (progress == Progress.Done)
            return true;
        _at = progress == Progress.More ? text.Length : start;
        return progress == Progress.More && ended;
    }

    /// <summary>Reads a text of the form. White space may be more, less or other than the form's anywhere; an id stands where the form
    /// has its place.</summary>
    private Progress Literal(ReadOnlySpan<char> text, string literal)
    {
        foreach (char expected in literal)
        {
            if (char.IsWhiteSpace(expected))
                continue;
            if (expected == CallForm.IdPlace)
            {
                int start = _at;
                while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is '_' or '-'))
                    _at++;
                if (_at == text.Length)
                    return Progress.More;
                _id = text[start.._at].ToString();
                continue;
            }

            SkipWhiteSpace(text);
            if (_at == text.Length)
                return Progress.More;
            if (text[_at++] != expected)
                return Progress.Failed;
        }

        return Progress.Done;
    }

    private void SkipWhiteSpace(ReadOnlySpan<char> text)
    {
        while (_at < text.Length && char.IsWhiteSpace(text[_at]))
            _at++;
    }

    // Text that begins like JSON shows early that it is none, or the JSON of something else.
    private bool CannotBeCall(ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> rest = text.TrimStart("[ \t\r\n");
        if (rest.IsEmpty)
            return false;
        if (rest[0] != '{')
            return true;
        rest = rest[1..].TrimStart();
        if (rest.IsEmpty)
            return false;
        if (rest[0] != '"')
            return true;
        int end = rest[1..].IndexOf('"');
        ReadOnlySpan<char> key = end < 0 ? rest[1..] : rest.Slice(1, end);
        bool isKey = false;
        foreach (string known in (ReadOnlySpan<string>)["name", "arguments", "parameters", "id", "type", "function"])
            isKey |= end < 0 ? known.AsSpan().StartsWith(key) : key.SequenceEqual(known);
        if (!isKey || end < 0 || !onlyOffered || !key.SequenceEqual("name"))
            return !isKey;
        rest = rest[(end + 2)..].TrimStart();
        return rest is [':', .. var value] && value.TrimStart() is ['"', .. var name] && !CanBeName(name[..Length(name)], name);
    }

    private static int Length(ReadOnlySpan<char> name) => name.IndexOf('"') is >= 0 and var end ? end : name.Length;

    // Whether a name, or its beginning if that is all, is a function's.
    private bool CanBeName(ReadOnlySpan<char> name, ReadOnlySpan<char> text) =>
        name.Length < text.Length ? functions.Contains(name) : CanBeName(name);

    private bool CanBeName(ReadOnlySpan<char> beginning) => !onlyOffered || functions.HasNameWith(beginning);
}
