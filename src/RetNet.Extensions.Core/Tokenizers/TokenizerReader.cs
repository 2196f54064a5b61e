using System.Text.Json;
using RetNet.Extensions.Core.Tokenizers.Decoding;
using RetNet.Extensions.Core.Tokenizers.Models;
using RetNet.Extensions.Core.Tokenizers.Normalization;
using RetNet.Extensions.Core.Tokenizers.PreTokenization;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers;

/// <summary>Reads a tokenizer.json and checks it whole. <c>truncation</c> and <c>padding</c> are left to the caller.</summary>
internal static class TokenizerReader
{
    public static TokenizerParts Read(ReadOnlyMemory<byte> utf8Json, string fileName) =>
        ReadDocument(utf8Json, fileName, Read);

    /// <summary>Parses a document and reads from its root, turning every error into a <see
    /// cref="TokenizerException"/>.</summary>
    public static T ReadDocument<T>(ReadOnlyMemory<byte> utf8Json, string fileName, Func<JsonPart, T> read)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8Json);
            return read(new JsonPart(document.RootElement, "", fileName));
        }
        catch (JsonPartException e)
        {
            throw new TokenizerException(fileName, e.Place, e.Found, e.Expected, e.InnerException);
        }
        catch (JsonException e)
        {
            throw new TokenizerException(fileName, "", $"broken JSON ({e.Message})", "a JSON document", e);
        }
        catch (InvalidOperationException e)
        {
            // Thrown by the JSON reader if an escape such as \ud800 is not a character.
            throw new TokenizerException(fileName, "", "a string that is not valid Unicode", "valid Unicode", e);
        }
    }

    private static TokenizerParts Read(JsonPart root)
    {
        if (root.Member("version") is { } version && version.Text() != "1.0")
            throw version.Unexpected("\"1.0\"");
        List<AddedToken> addedTokens = AddedTokensReader.Read(root.Member("added_tokens"));
        HashSet<string> control = [.. addedTokens.Where(token => token.Special).Select(token => token.Content)];
        (TokenizerModel model, Dictionary<string, int> modelVocabulary) = TokenizerModelReader.Read(root.Required("model"), control);
        Vocabulary vocabulary = Vocabulary.Join(modelVocabulary, addedTokens, root.FileName);
        List<int> before = [], after = [];
        if (root.Member("post_processor") is { } postProcessor)
            PostProcessorReader.Read(postProcessor, before, after, vocabulary);
        return new TokenizerParts(
            root.FileName, vocabulary, model,
            root.Member("normalizer") is { } normalizer ? NormalizerReader.Read(normalizer) : null,
            root.Member("pre_tokenizer") is { } preTokenizer ? PreTokenizerReader.Read(preTokenizer) : null,
            addedTokens, before, after, ReadDecoder(root, vocabulary));
    }

    private static TokenTable ReadDecoder(JsonPart root, Vocabulary vocabulary)
    {
        DecoderSteps steps = DecoderReader.Read(root.Member("decoder"));
        try
        {
            return new TokenTable(vocabulary.Tokens, vocabulary.Special, steps);
        }
        catch (TextGrowthException e)
        {
            throw new TokenizerException(root.FileName, "decoder", "a decoder that makes tokens too long", "a decoder", e);
        }
        catch (TextTimeException e)
        {
            throw new TokenizerException(root.FileName, "decoder", "a regular expression that takes too long for a vocabulary",
                "a faster one", e);
        }
    }
}
