using System.Text.Json;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.Models;

/// <summary>Reads the <c>model</c> of a tokenizer.json.</summary>
internal static class TokenizerModelReader
{
    private const string Supported = "\"BPE\", \"Unigram\" or \"WordPiece\" (WordLevel is not supported)";

    /// <summary>Reads the model and its own vocabulary, token to id.</summary>
    public static (TokenizerModel Model, Dictionary<string, int> Vocabulary) Read(JsonPart part)
    {
        string type = part.Member("type")?.Text() ?? TypeByMembers(part);
        if (type == "Unigram")
            return UnigramModelReader.Read(part);
        Dictionary<string, int> vocabulary = type is "BPE" or "WordPiece"
            ? ModelVocabularyReader.Read(part.Required("vocab"))
            : throw new JsonPartException("model.type", $"\"{type}\"", Supported);
        TokenizerModel model = type == "BPE" ? BytePairModelReader.Read(part, vocabulary) : WordPieceModelReader.Read(part, vocabulary);
        return (model, vocabulary);
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
