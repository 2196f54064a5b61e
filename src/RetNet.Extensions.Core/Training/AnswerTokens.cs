namespace RetNet.Extensions.Core.Training;

/// <summary>Where the answers stand in a conversation that a chat template wrote.</summary>
public sealed class AnswerTokens
{
    /// <summary>Says where answers stand.</summary>
    /// <param name="prompt">The tokens that an answer follows, at least one: the template's generation prompt.</param>
    /// <param name="end">The token that ends an answer and belongs to it: the first that the template writes behind one. If it never
    /// comes, all that follows is learned.</param>
    /// <exception cref="ArgumentException"><paramref name="prompt"/> is empty.</exception>
    public AnswerTokens(IReadOnlyList<int> prompt, int end)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        if (prompt.Count == 0)
            throw new ArgumentException("An answer follows no token; expected at least one.", nameof(prompt));
        (Prompt, End) = (prompt, end);
    }

    /// <summary>The tokens that an answer follows.</summary>
    public IReadOnlyList<int> Prompt { get; }

    /// <summary>The token that ends an answer.</summary>
    public int End { get; }

    /// <summary>What a checkpoint says of it.</summary>
    internal string Fingerprint => $"{string.Join(' ', Prompt)} to {End}";

    /// <summary>Sets the targets that belong to no answer to −1.</summary>
    /// <param name="text">The conversation, or a part of it. An answer that began before it is not seen.</param>
    /// <param name="targets">The token after each of the text's, but for the last one.</param>
    internal void KeepAnswers(ReadOnlySpan<int> text, Span<int> targets)
    {
        bool isAnswer = false;
        for (int i = 0; i < targets.Length; i++)
        {
            isAnswer |= EndsWithPrompt(text[..(i + 1)]);
            if (!isAnswer)
                targets[i] = -1;
            else
                isAnswer = targets[i] != End;
        }
    }

    private bool EndsWithPrompt(ReadOnlySpan<int> text)
    {
        for (int i = 1; i <= Prompt.Count; i++)
        {
            if (i > text.Length || text[^i] != Prompt[^i])
                return false;
        }

        return true;
    }
}
