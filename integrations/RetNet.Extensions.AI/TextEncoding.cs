using RetNet.Extensions.Core;

namespace RetNet.Extensions.AI;

/// <summary>Turns plain text into tokens.</summary>
internal static class TextEncoding
{
    /// <summary>The tokens of a text, at least one; see <see cref="TextModel.EncodePrompt"/>.</summary>
    /// <exception cref="ArgumentException">The text is empty, and the model names no token that begins or ends a text.</exception>
    public static int[] Encode(TextModel model, string text) => RequireTokens(model, model.EncodePrompt(text));

    /// <summary>The tokens of a text, if there are any.</summary>
    /// <exception cref="ArgumentException">There are none.</exception>
    public static int[] RequireTokens(TextModel model, int[] tokens) => tokens.Length > 0
        ? tokens
        : throw new ArgumentException(
            $"The text is empty, and model '{model.Name}' names no token that begins or ends a text; expected a text.", nameof(tokens));
}
