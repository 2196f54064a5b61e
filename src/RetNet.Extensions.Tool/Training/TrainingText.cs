using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Tool.Training;

/// <summary>The documents of files and folders of text.</summary>
internal static class TrainingText
{
    /// <summary>Reads all documents, in the order of the arguments and, within a folder, of the names.</summary>
    /// <param name="paths">Files, or folders that are read with all below them.</param>
    /// <param name="separator">A line of its own between two documents; empty for none.</param>
    /// <param name="argument">The name of the paths on the command line.</param>
    public static List<string> Read(IEnumerable<string> paths, string separator, string argument = "DATA")
    {
        List<string> documents = [];
        foreach (string path in paths)
        {
            int before = documents.Count;
            foreach (string file in Files(path, argument))
                documents.AddRange(Split(ReadFile(file), separator).Where(document => !string.IsNullOrWhiteSpace(document)));
            if (documents.Count == before)
                throw new CommandException($"{argument}: {path} contains no text.");
        }

        return documents;
    }

    /// <summary>One stream of tokens: the token that begins a text, and each document followed by the token that ends a text, if the
    /// tokenizer has such tokens.</summary>
    public static int[] Tokenize(IEnumerable<string> documents, Tokenizer tokenizer, CancellationToken cancellation)
    {
        List<int> tokens = [];
        if ((tokenizer.BeginningOfSequenceId ?? tokenizer.EndOfSequenceId) is { } start)
            tokens.Add(start);
        foreach (ReadOnlyMemory<int> document in TokenizeEach(documents, tokenizer, cancellation))
        {
            tokens.AddRange(document.Span);
            if (tokenizer.EndOfSequenceId is { } end)
                tokens.Add(end);
        }

        return [.. tokens];
    }

    /// <summary>The tokens of each document as it is.</summary>
    public static List<ReadOnlyMemory<int>> TokenizeEach(
        IEnumerable<string> documents, Tokenizer tokenizer, CancellationToken cancellation)
    {
        List<ReadOnlyMemory<int>> tokens = [];
        foreach (string document in documents)
        {
            cancellation.ThrowIfCancellationRequested();
            tokens.Add(tokenizer.Encode(document, addSpecialTokens: false));
        }

        cancellation.ThrowIfCancellationRequested();
        return tokens;
    }

    /// <summary>A file, or those of a folder that are not hidden, and in no hidden folder.</summary>
    private static IEnumerable<string> Files(string path, string argument)
    {
        if (!Directory.Exists(path))
            return File.Exists(path) ? [path] : throw new CommandException($"{argument} is '{path}'; expected a file or a folder of text.");
        return Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(file => !IsHidden(Path.GetRelativePath(path, file)))
            .Order(StringComparer.Ordinal);
    }

    private static bool IsHidden(string path) => path.Split(Path.DirectorySeparatorChar).Any(name => name.StartsWith('.'));

    private static string ReadFile(string file)
    {
        string text = TextFile.Read(file);
        if (text.Contains('\0', StringComparison.Ordinal))
            throw new CommandException($"{file} holds a zero byte; expected text, not binary data.");
        return text;
    }

    private static IEnumerable<string> Split(string text, string separator)
    {
        if (separator.Length == 0)
            return [text];
        List<string> documents = [];
        int start = 0;
        for (int line = 0; line < text.Length;)
        {
            int end = text.IndexOf('\n', line);
            int next = end < 0 ? text.Length : end + 1;
            if (text.AsSpan(line, next - line).TrimEnd("\r\n").SequenceEqual(separator))
            {
                documents.Add(text[start..line]);
                start = next;
            }

            line = next;
        }

        documents.Add(text[start..]);
        return documents;
    }
}
