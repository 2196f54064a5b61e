using RetNet.Extensions.Core.Tokenizers.PreTokenization;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.Training;

/// <summary>
/// Trains byte-level byte-pair encoding (Sennrich et al. 2016) in the style of GPT-2, with the merges that the Hugging Face tokenizers
/// library learns from the same texts: the most frequent pair of neighbours becomes a token, of equally frequent ones the pair of the
/// lowest ids, until the vocabulary is full.
/// </summary>
/// <remarks>Memory grows with the number of different words, not with the texts. The result depends on nothing but the texts and the
/// options.</remarks>
public static class BytePairTrainer
{
    private const int BlockLength = 1 << 19;

    /// <summary>Learns a vocabulary.</summary>
    /// <param name="texts">The texts; they are read once, one after another. Words never reach from one text into the next.</param>
    /// <param name="options">The options of the tokenizer; null for the defaults.</param>
    /// <param name="cancellationToken">Observed between blocks of text and between merges.</param>
    /// <returns>The vocabulary; smaller than asked for if the texts give no more merges.</returns>
    /// <exception cref="ArgumentException">An option is out of range; the message names it.</exception>
    public static TrainedTokenizer Train(
        IEnumerable<string> texts, BytePairTrainerOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        options ??= new BytePairTrainerOptions();
        options.Check();
        Dictionary<string, long> words = CountWords(texts, options.AddPrefixSpace, cancellationToken);

        List<string> tokens = [.. options.SpecialTokens];
        int firstByte = tokens.Count;
        tokens.AddRange(Enumerable.Range(
            0, 256).Select(value => ByteAlphabet.Character((byte)value).ToString()).Order(StringComparer.Ordinal));
        BytePairMerger merger = new(words, tokens, firstByte, options.MaximumTokenLength);
        while (tokens.Count < options.VocabularySize && merger.MergeNext(options.MinimumFrequency))
            cancellationToken.ThrowIfCancellationRequested();
        return new TrainedTokenizer(tokens, merger.Merges, options);
    }

    /// <summary>How often each word occurs, spelt in the byte alphabet.</summary>
    private static Dictionary<string, long> CountWords(IEnumerable<string> texts, bool addPrefixSpace, CancellationToken cancellationToken)
    {
        ByteLevelPreTokenizer beginning = new(addPrefixSpace, useRegex: true);
        ByteLevelPreTokenizer further = new(addPrefixSpace: false, useRegex: true);
        Dictionary<string, long> counts = new(StringComparer.Ordinal);
        Dictionary<string, long>.AlternateLookup<ReadOnlySpan<char>> lookup = counts.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach ((
            ReadOnlyMemory<char> block, bool beginsText) in texts.SelectMany(text => Blocks(text).Select((block, i) => (block, i == 0))))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (Piece piece in (beginsText ? beginning : further).Apply(
                [new Piece(block, Piece.NoId, AtStart: true)], new TextLimits(block.Length)))
            {
                ReadOnlySpan<char> word = piece.Text.Span;
                lookup[word] = lookup.TryGetValue(word, out long count) ? count + 1 : 1;
            }
        }

        return counts;
    }

    /// <summary>Cuts a long text after a line end between two characters that are not white space: no word of GPT-2's pattern extends
    /// across such a place, so the words stay the same.</summary>
    private static IEnumerable<ReadOnlyMemory<char>> Blocks(string text)
    {
        int start = 0;
        for (int end = BlockLength; end < text.Length - 1; end++)
        {
            end = text.IndexOf('\n', end);
            if (end < 0 || end == text.Length - 1)
                break;
            if (char.IsWhiteSpace(text[end - 1]) || char.IsWhiteSpace(text[end + 1]))
                continue;
            yield return text.AsMemory(start, end + 1 - start);
            start = end + 1;
            end += BlockLength;
        }

        if (start < text.Length)
            yield return text.AsMemory(start);
    }
}
