using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers;

/// <summary>Reads the <c>added_tokens</c> of a tokenizer.json.</summary>
internal static class AddedTokensReader
{
    public static List<AddedToken> Read(JsonPart? part)
    {
        List<AddedToken> tokens = new();
        if (part is null)
            return tokens;
        HashSet<string> contents = new(StringComparer.Ordinal);
        foreach (JsonPart item in part.Value.Items())
        {
            string content = item.Required("content").Text();
            if (content.Length == 0)
                continue;
            if (content.Length > TokenizerLimits.LongestMatchedToken)
                throw item.Unexpected($"content of at most {TokenizerLimits.LongestMatchedToken} characters");
            if (!contents.Add(content))
                throw new TokenizerException(item.FileName, item.Place, $"\"{content}\" again", "each added token once");
            if (tokens.Count == TokenizerLimits.LargestVocabulary)
                throw item.Unexpected($"at most {TokenizerLimits.LargestVocabulary} added tokens");
            tokens.Add(new AddedToken(
                item.Required("id").Count(), content, item.Flag("single_word", false), item.Flag("lstrip", false),
                item.Flag("rstrip", false), item.Flag("normalized", true), item.Flag("special", false)));
        }

        return tokens;
    }
}
