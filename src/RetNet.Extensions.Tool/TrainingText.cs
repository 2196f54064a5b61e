using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Tool;

/// <summary>The documents of files and folders of text.</summary>
internal static class TrainingText
{
    /// <summary>Reads all documents, in the order of the arguments and, within a folder, of the names.</summary>
    /// <param name="paths">Files, or folders that are read with all below them.</param>
    /// <param name="separator">A line of its own between two documents; empty for none.</param>
    public static List<string> Read(IEnumerable<string> paths, string separator)
    {
        List<string> documents = [];
        foreach (string file in paths.SelectMany(Files))
            documents.AddRange(Split(ReadFile(file), separator).Where(document => !string.IsNullOrWhiteSpace(document)));
        return documents;
    }

    /// <summary>One stream of tokens: the text's beginning, and each document with the end of a text behind it, as far as the tokenizer has such tokens.</summary>
    public static int[] Tokenize(IEnumerable<string> documents, Tokenizer tokenizer, CancellationToken cancellation)
    {
        List<int> tokens = [];
        if ((tokenizer.BeginningOfSequenceId ?? tokenizer.EndOfSequenceId) is { } start)
            tokens.Add(start);
        foreach (string document in documents)
        {
            cancellation.ThrowIfCancellationRequested();
            tokens.AddRange(tokenizer.Encode(document, addSpecialTokens: false));
            if (tokenizer.EndOfSequenceId is { } end)
                tokens.Add(end);
        }

        return [.. tokens];
    }

    private static IEnumerable<string> Files(string path)
    {
        if (!Directory.Exists(path))
            return File.Exists(path) ? [path] : throw new CommandException($"DATA is '{path}'; expected a file or a folder of text.");
        string[] files = [.. Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Where(file => !Path.GetFileName(file).StartsWith('.')).Order(StringComparer.Ordinal)];
        return files.Length > 0 ? files : throw new CommandException($"DATA is '{path}', a folder without files; expected text.");
    }

    private static string ReadFile(string file)
    {
        string text = TextFile.Read(file);
        if (text.Contains('\0', StringComparison.Ordinal))
            throw new CommandException($"{file} holds a zero byte; expected text, not binary data.");
        return string.IsNullOrWhiteSpace(text) ? throw new CommandException($"{file} has no text.") : text;
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
