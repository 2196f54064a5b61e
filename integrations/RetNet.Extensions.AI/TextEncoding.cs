using RetNet.Extensions.Core;

namespace RetNet.Extensions.AI;

/// <summary>Turns plain text into tokens.</summary>
internal static class TextEncoding
{
    /// <summary>The tokens of a text, at least one: a text without tokens becomes the beginning-of-sequence token, or else the
    /// end-of-sequence token.</summary>
    public static int[] Encode(TextModel model, string text)
    {
        int[] tokens = model.Tokenizer.Encode(text);
        if (tokens.Length > 0)
            return tokens;
        int? start = model.Tokenizer.BeginningOfSequenceId ?? model.Model.Info.BeginningOfSequenceId
            ?? model.Tokenizer.EndOfSequenceId ?? model.Model.Info.EndOfSequenceIds.Cast<int?>().FirstOrDefault();
        return start is { } token
            ? [token]
            : throw new ArgumentException(
                $"The text is empty, and model '{model.Name}' names no token that begins or ends a text; expected a text.", nameof(text));
    }
}
