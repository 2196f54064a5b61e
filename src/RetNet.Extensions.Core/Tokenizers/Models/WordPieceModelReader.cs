using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.Tokenizers.Models;

/// <summary>Reads the <c>model</c> of a tokenizer.json: a WordPiece model.</summary>
internal static class WordPieceModelReader
{
    public static WordPieceModel Read(JsonPart part, Dictionary<string, int> vocabulary, IReadOnlySet<string> control)
    {
        JsonPart unknown = part.Required("unk_token");
        return new WordPieceModel(
            TokenizerModelReader.OfText(vocabulary, control),
            vocabulary.TryGetValue(unknown.Text(), out int id) ? id : throw unknown.Unexpected("a token of model.vocab"),
            part.Member("continuing_subword_prefix")?.ShortText() ?? "##", part.Member("max_input_chars_per_word")?.Count() ?? 100);
    }
}
