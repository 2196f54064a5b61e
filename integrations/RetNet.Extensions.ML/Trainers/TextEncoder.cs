using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>Turns the text or the pair of texts of a row into the tokens that a scorer reads, at least one.</summary>
/// <param name="tokenizer">The tokenizer.</param>
/// <param name="separator">The token between two texts, which also stands for a row without tokens.</param>
/// <param name="contextLength">The most tokens of a row; 0 for all.</param>
internal sealed class TextEncoder(Tokenizer tokenizer, int separator, int contextLength)
{
    /// <summary>The token between two texts: the one that ends a text, otherwise the one that begins a text, otherwise the first of the
    /// vocabulary. The tokenizer says which they are, or else the model's configuration.</summary>
    public static int Separator(Tokenizer tokenizer, int? beginning, IReadOnlyList<int> ends) =>
        tokenizer.EndOfSequenceId ?? (ends.Count > 0 ? ends[0] : tokenizer.BeginningOfSequenceId ?? beginning ?? 0);

    /// <summary>The tokens of a row.</summary>
    /// <param name="texts">One text or two.</param>
    public int[] Encode(string[] texts)
    {
        int[] first = tokenizer.Encode(texts[0]);
        if (texts.Length == 1)
            return first.Length == 0 ? [separator] : Cut(first, contextLength == 0 ? first.Length : contextLength);
        int[] second = tokenizer.Encode(texts[1]);
        if (contextLength == 0)
            return [.. first, separator, .. second];

        // Tokens beyond the limit are removed from the longer text.
        int room = contextLength - 1;
        int keptOfFirst = Math.Max(room / 2, room - second.Length);
        first = Cut(first, keptOfFirst);
        return [.. first, separator, .. Cut(second, room - first.Length)];
    }

    private static int[] Cut(int[] tokens, int most) => tokens.Length <= most ? tokens : tokens[..most];
}
