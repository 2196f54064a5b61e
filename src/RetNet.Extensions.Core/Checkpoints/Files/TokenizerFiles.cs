using System.Text;
using RetNet.Extensions.Core.Checkpoints.SentencePiece;

namespace RetNet.Extensions.Core.Checkpoints.Files;

/// <summary>Tokenizers of folders without a tokenizer.json: tokenizer.model of SentencePiece, vocab.json with merges.txt, and vocab.txt of
/// BERT, each translated to a tokenizer.json.</summary>
internal static class TokenizerFiles
{
    private const string Model = "tokenizer.model", Pieces = "spiece.model";

    /// <summary>Adds the tokenizer of a folder to its documents, or nothing if it has none.</summary>
    /// <exception cref="CheckpointException">A file is malformed or not supported.</exception>
    public static ModelDocuments Translate(string folder, ModelDocuments documents)
    {
        if (First(folder, "sentencepiece.bpe.model") is { } shifted)
            throw new CheckpointException(shifted, "a model of SentencePiece whose ids are not the tokenizer's", "a tokenizer.json");
        if (First(folder, Model, Pieces) is { } model)
            return WithTokenizer(settings => SentencePieceTokenizer.Translate(Read(model), model, settings));
        if (First(folder, "vocab.json") is { } vocabulary && First(folder, "merges.txt") is { } merges)
            return WithTokenizer(settings => ByteLevelFiles.Translate(vocabulary, Lines(merges), settings));
        return First(folder, "vocab.txt") is { } words
            ? WithTokenizer(settings => WordPieceFiles.Translate(Lines(words), settings))
            : documents;

        ModelDocuments WithTokenizer(Func<TokenizerSettingsFile, byte[]> translate)
        {
            TokenizerSettingsFile settings = TokenizerSettingsFile.Read(folder, documents.TokenizerConfiguration);
            return documents with { Tokenizer = translate(settings), TokenizerConfiguration = settings.Write() };
        }
    }

    private static string[] Lines(string file)
    {
        string[] lines = Encoding.UTF8.GetString(Read(file)).Split('\n');
        if (lines[^1].Length == 0)
            lines = lines[..^1];
        return Array.ConvertAll(lines, line => line.TrimEnd('\r'));
    }

    private static byte[] Read(string file) => RegularFile.Read(file, ModelDocuments.MaximumLength);

    private static string? First(string folder, params string[] names) =>
        names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
}
