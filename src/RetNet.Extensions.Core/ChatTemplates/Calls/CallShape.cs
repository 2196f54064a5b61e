namespace RetNet.Extensions.Core.ChatTemplates.Calls;

/// <summary>A form as a reader sees it: a call whose name and arguments are members of one JSON object is read as JSON, in any order and
/// spelling, and a list of such objects is one value.</summary>
internal sealed class CallShape
{
    /// <param name="form">The form.</param>
    public CallShape(CallForm form)
    {
        Form = form;
        int start = form.Parameters is null ? CallJson.StartOfObject(form.Open + form.Before, form.Middle, form.After) : -1;
        IsObject = start >= 0;
        First = BeforeJson(form.Open);
        Next = BeforeJson(form.Between ?? "");
        Bare = BeforeJson("");
        Close = form.Close.Trim();
        if (!IsObject)
            return;
        string call = (form.Open + form.Before)[start..] + "name" + form.Middle + "{}" + form.After;
        Tail = call[CallJson.LengthOfValue(call)..];
        Close = Close.TrimStart(']').TrimStart();
    }

    public CallForm Form { get; }

    /// <summary>Whether a call is one JSON object.</summary>
    public bool IsObject { get; }

    /// <summary>What stands before the first call, up to its name or its JSON.</summary>
    public string First { get; }

    /// <summary>What stands before a further call.</summary>
    public string Next { get; }

    /// <summary>What stands before a call after any separator.</summary>
    public string Bare { get; }

    /// <summary>What stands after a call's JSON.</summary>
    public string Tail { get; } = "";

    /// <summary>What stands after the last call.</summary>
    public string Close { get; }

    /// <summary>What tells a call from text; empty if nothing but the name or the JSON does.</summary>
    public string Marker => First.Trim();

    /// <summary>What a marker has before its first white space.</summary>
    public static string FirstWord(string marker)
    {
        int space = marker.AsSpan().IndexOfAny(" \t\r\n");
        return space < 0 ? marker : marker[..space];
    }

    private string BeforeJson(string before)
    {
        string text = before + Form.Before;
        return IsObject ? text[..CallJson.StartOfObject(text, Form.Middle, Form.After)].TrimEnd().TrimEnd('[').TrimEnd() : text;
    }
}
