using RetNet.Extensions.Core;

namespace RetNet.Extensions.ML.Models;

/// <summary>Turns the text of a row into tokens.</summary>
internal static class TextTokens
{
    /// <summary>The token that begins a text, if the model has one.</summary>
    public static int? Start(TextModel model) => model.Tokenizer.BeginningOfSequenceId ?? model.Model.Info.BeginningOfSequenceId;

    /// <summary>The token that ends a text, if the model has one.</summary>
    public static int? End(TextModel model) =>
        model.Tokenizer.EndOfSequenceId ?? model.Model.Info.EndOfSequenceIds.Cast<int?>().FirstOrDefault();

    /// <summary>The tokens of a text with those that the tokenizer puts around it. A text without tokens becomes the start token, or the
    /// end token if there is none, or stays empty.</summary>
    /// <param name="model">The model.</param>
    /// <param name="text">The text.</param>
    /// <param name="most">The number of tokens that are kept; 0 for all.</param>
    public static int[] Encode(TextModel model, string text, int most)
    {
        int[] tokens = model.Tokenizer.Encode(text);
        if (tokens.Length == 0)
            return (Start(model) ?? End(model)) is { } token ? [token] : [];
        return most > 0 && tokens.Length > most ? tokens[..most] : tokens;
    }
}
