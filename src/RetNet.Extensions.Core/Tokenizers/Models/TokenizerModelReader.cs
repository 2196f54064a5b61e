using System.Text.Json;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.Models;

/// <summary>Reads the <c>model</c> of a tokenizer.json.</summary>
internal static class TokenizerModelReader
{
    private const string Supported = "\"BPE\", \"Unigram\" or \"WordPiece\" (WordLevel is not supported)";

    /// <summary>Reads the model and its own vocabulary, token to id.</summary>
    /// <param name="part">The model.</param>
    /// <param name="control">Control tokens: they are found in texts before the model, which makes none out of what is left.</param>
    public static (TokenizerModel Model, Dictionary<string, int> Vocabulary) Read(JsonPart part, IReadOnlySet<string> control)
    {
        string type = part.Member("type")?.Text() ?? TypeByMembers(part);
        if (type == "Unigram")
            return UnigramModelReader.Read(part, control);
        Dictionary<string, int> vocabulary = type is "BPE" or "WordPiece"
            ? ModelVocabularyReader.Read(part.Required("vocab"))
            : throw new JsonPartException("model.type", $"\"{type}\"", Supported);
        TokenizerModel model = type == "BPE"
            ? BytePairModelReader.Read(part, vocabulary, control)
            : WordPieceModelReader.Read(part, vocabulary, control);
        return (model, vocabulary);
    }

    /// <summary>The tokens that a model may make of text: all but control tokens, such as <c>&lt;/s&gt;</c> in a user's message. A single
    /// character stays.</summary>
    public static Dictionary<string, int> OfText(Dictionary<string, int> vocabulary, IReadOnlySet<string> control)
    {
        string[] others = [.. control.Where(token => token.Length > 1 && vocabulary.ContainsKey(token))];
        if (others.Length == 0)
            return vocabulary;
        Dictionary<string, int> ofText = new(vocabulary, StringComparer.Ordinal);
        foreach (string token in others)
            ofText.Remove(token);
        return ofText;
    }

    // Files of 2020 leave the type out; only a BPE model has merges, only WordPiece a prefix, and only Unigram a list of tokens.
    private static string TypeByMembers(JsonPart part)
    {
        if (part.Member("merges") is not null)
            return "BPE";
        if (part.Member("continuing_subword_prefix") is not null)
            return "WordPiece";
        return part.Member("vocab")?.Element.ValueKind == JsonValueKind.Array
            ? "Unigram"
            : throw new JsonPartException("model.type", "nothing", Supported);
    }
}
