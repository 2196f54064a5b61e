namespace RetNet.Extensions.Core.Tokenizers.Text;

/// <summary>
/// A text that knows which of its characters came from outside (a message's content, a tool's description) and which were
/// written by the chat template. Special tokens are recognised only in the latter.
/// </summary>
/// <param name="Text">The characters.</param>
/// <param name="Origins">Where each character comes from; null when the template wrote all.</param>
internal sealed record MarkedText(string Text, TextOrigin[]? Origins)
{
    public static readonly MarkedText Empty = new("", null);

    /// <summary>Whether a template has declared it to be HTML: Jinja then escapes what <c>+</c> joins to it.</summary>
    public bool IsMarkup { get; init; }

    public int Length => Text.Length;

    /// <summary>The number of characters before the first that came with a message other than the system message.</summary>
    public int ConversationStart
    {
        get
        {
            int first = Origins.AsSpan().IndexOf(TextOrigin.Conversation);
            return first < 0 ? Length : first;
        }
    }

    /// <summary>The outermost origin of its characters.</summary>
    public TextOrigin Origin => Origins is null or [] ? TextOrigin.Template : Origins.Max();

    public static MarkedText Trusted(string text) => text.Length == 0 ? Empty : new(text, null);

    public static MarkedText FromOutside(string text) => From(TextOrigin.Setting, text);

    public static MarkedText From(TextOrigin origin, string text)
    {
        if (text.Length == 0 || origin == TextOrigin.Template)
            return Trusted(text);
        TextOrigin[] origins = new TextOrigin[text.Length];
        Array.Fill(origins, origin);
        return new(text, origins);
    }

    /// <summary>A text derived from this one whose characters cannot be traced: all from outside if any was.</summary>
    public MarkedText Derive(string text) => From(Origin, text);

    public MarkedText Slice(int start, int length)
    {
        if (start == 0 && length == Text.Length)
            return this;
        return length == 0 ? Empty : new(Text.Substring(start, length), Origins?.AsSpan(start, length).ToArray());
    }

    public bool IsFromOutside(int start, int length) =>
        Origins is not null && Origins.AsSpan(start, length).ContainsAnyExcept(TextOrigin.Template);

    public static MarkedText operator +(MarkedText left, MarkedText right)
    {
        if (left.Length == 0)
            return right;
        if (right.Length == 0)
            return left;
        string text = left.Text + right.Text;
        if (left.Origins is null && right.Origins is null)
            return new(text, null);
        TextOrigin[] origins = new TextOrigin[text.Length];
        left.Origins?.CopyTo(origins, 0);
        right.Origins?.CopyTo(origins, left.Length);
        return new(text, origins);
    }
}
