using System.Text;
using RetNet.Extensions.Core.Tokenizers.PreTokenization;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.Decoding;

/// <summary>Reads the <c>decoder</c> of a tokenizer.json.</summary>
internal static class DecoderReader
{
    private const string Supported = "Sequence, ByteLevel, Replace, ByteFallback, Fuse, Strip, Metaspace or WordPiece";

    /// <param name="part">The decoder, or null where the file has none.</param>
    public static DecoderSteps Read(JsonPart? part)
    {
        DecoderSteps steps = new() { SpaceBetweenTokens = part is null };
        foreach (JsonPart step in part is { } decoder ? StepReader.Steps(decoder, "decoders") : [])
            Add(step, steps);
        return steps;
    }

    private static void Add(JsonPart part, DecoderSteps steps)
    {
        switch (part.Type())
        {
            case "ByteLevel":
                RequireSingleTokens(part, steps);
                steps.ByteLevel = steps.Fused = true;
                break;
            case "ByteFallback":
                RequireSingleTokens(part, steps);
                steps.ByteFallback = true;
                break;
            case "Fuse":
                steps.Fused = true;
                break;
            case "Replace":
                RequireSingleTokens(part, steps);
                AddReplacement(part, steps);
                break;
            case "Metaspace":
                RequireSingleTokens(part, steps);
                AddMetaspace(part, steps);
                break;
            case "WordPiece":
                RequireSingleTokens(part, steps);
                AddWordPiece(part, steps);
                break;
            case "Strip":
                AddStrip(part, steps);
                break;
            default:
                throw part.Unsupported("decoder", Supported);
        }
    }

    private static void RequireSingleTokens(JsonPart part, DecoderSteps steps)
    {
        if (steps.Fused || steps.ByteFallback)
            throw part.Unsupported("decoder", "one that stands before ByteFallback, Fuse and ByteLevel");
    }

    private static void AddReplacement(JsonPart part, DecoderSteps steps)
    {
        TextPattern pattern = TextPatternReader.Read(part.Required("pattern"));
        string content = part.Required("content").ShortText();
        List<(int Start, int End)> matches = [];
        steps.TokenRewrites.Add((token, _, limits) =>
        {
            matches.Clear();
            pattern.FindMatches(token, matches, limits);
            limits.Require(token.Length + matches.Sum(match => (long)content.Length - (match.End - match.Start)));
            return matches.Count == 0 ? token : Replace(token, matches, content);
        });
    }

    private static void AddMetaspace(JsonPart part, DecoderSteps steps)
    {
        string replacement = part.Required("replacement").Character().ToString();
        bool dropsFirst = PreTokenizerReader.ReadPrependScheme(part) != PrependScheme.Never;
        steps.FirstTokenDiffers |= dropsFirst;
        steps.TokenRewrites.Add((token, isFirst, _) => token.Replace(replacement, isFirst && dropsFirst ? "" : " ",
            StringComparison.Ordinal));
    }

    private static void AddWordPiece(JsonPart part, DecoderSteps steps)
    {
        string prefix = part.Required("prefix").ShortText();
        bool cleans = part.Flag("cleanup", true);
        steps.FirstTokenDiffers = true;
        steps.TokenRewrites.Add((token, isFirst, _) =>
        {
            if (!isFirst)
                token = token.StartsWith(prefix, StringComparison.Ordinal) ? token[prefix.Length..] : " " + token;
            return cleans ? Clean(token) : token;
        });
    }

    // What separated words have too much of in English (clean_up_tokenization of transformers).
    private static string Clean(string token)
    {
        foreach ((string separate, string joined) in (ReadOnlySpan<(string, string)>)[(" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","),
            (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re")])
        {
            token = token.Replace(separate, joined, StringComparison.Ordinal);
        }

        return token;
    }

    private static void AddStrip(JsonPart part, DecoderSteps steps)
    {
        Rune character = part.Required("content").Character();
        (int start, int end) = (part.Required("start").Count(), part.Required("stop").Count());
        if (steps.Fused)
        {
            if (steps.StripStart > 0 || steps.StripEnd > 0)
                throw part.Unsupported("decoder", "at most one Strip of the joined text");
            (steps.StripCharacter, steps.StripStart, steps.StripEnd) = (character, start, end);
            return;
        }

        RequireSingleTokens(part, steps);
        steps.TokenRewrites.Add((token, _, _) => Strip(token, character.ToString(), start, end));
    }

    private static string Replace(string token, List<(int Start, int End)> matches, string content)
    {
        StringBuilder result = new();
        int done = 0;
        foreach ((int start, int end) in matches)
        {
            result.Append(token, done, start - done).Append(content);
            done = end;
        }

        return result.Append(token, done, token.Length - done).ToString();
    }

    private static string Strip(string token, string character, int start, int end)
    {
        ReadOnlySpan<char> text = token.AsSpan();
        for (; start > 0 && text.StartsWith(character, StringComparison.Ordinal); start--)
            text = text[character.Length..];
        for (; end > 0 && text.EndsWith(character, StringComparison.Ordinal); end--)
            text = text[..^character.Length];
        return text.ToString();
    }
}
