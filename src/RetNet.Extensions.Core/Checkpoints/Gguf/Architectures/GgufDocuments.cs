namespace RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;

/// <summary>The small files that a Hugging Face folder would have beside the weights of a GGUF file.</summary>
internal static class GgufDocuments
{
    /// <summary>Reads a file's metadata.</summary>
    /// <exception cref="CheckpointException">The file is malformed, or of a kind that is not supported.</exception>
    public static ModelDocuments Read(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return ReadTokenizer(file) with { Configuration = GgufConfiguration.Read(file).Content };
    }

    /// <summary>Reads what a file's metadata say of its tokenizer. The model may be of any architecture, and its weights may be
    /// missing.</summary>
    /// <exception cref="CheckpointException">The file is malformed, or the tokenizer of a kind that is not supported.</exception>
    public static ModelDocuments ReadTokenizer(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        return ReadTokenizer(file);
    }

    private static ModelDocuments ReadTokenizer(GgufFile file) =>
        GgufTokenizer.ReadDocuments(file) with { SentenceTransformer = GgufPooling.Write(file) };
}
