namespace RetNet.Extensions.Core.Tokenizers.Text;

/// <summary>
/// A text that knows which of its characters came from outside (a message's content, a tool's description) and which were
/// written by the chat template. Special tokens are recognised only in the latter.
/// </summary>
/// <param name="Text">The characters.</param>
/// <param name="Data">For each character, whether it came from outside; null when none did.</param>
internal sealed record MarkedText(string Text, bool[]? Data)
{
    public static readonly MarkedText Empty = new("", null);

    public int Length => Text.Length;

    public static MarkedText Trusted(string text) => text.Length == 0 ? Empty : new(text, null);

    public static MarkedText FromOutside(string text)
    {
        if (text.Length == 0)
            return Empty;
        bool[] data = new bool[text.Length];
        Array.Fill(data, true);
        return new(text, data);
    }

    /// <summary>A text derived from this one whose characters cannot be traced: all from outside if any was.</summary>
    public MarkedText Derive(string text) => Data is null || !Data.Contains(true) ? Trusted(text) : FromOutside(text);

    public MarkedText Slice(int start, int length)
    {
        if (start == 0 && length == Text.Length)
            return this;
        return length == 0 ? Empty : new(Text.Substring(start, length), Data?.AsSpan(start, length).ToArray());
    }

    public bool IsFromOutside(int start, int length) => Data is not null && Data.AsSpan(start, length).Contains(true);

    public static MarkedText operator +(MarkedText left, MarkedText right)
    {
        if (left.Length == 0)
            return right;
        if (right.Length == 0)
            return left;
        string text = left.Text + right.Text;
        if (left.Data is null && right.Data is null)
            return new(text, null);
        bool[] data = new bool[text.Length];
        left.Data?.CopyTo(data, 0);
        right.Data?.CopyTo(data, left.Length);
        return new(text, data);
    }
}
