using System.Text;

namespace RetNet.Extensions.Tool;

/// <summary>Reads the text files of a command, and checks places for those that it writes.</summary>
internal static class TextFile
{
    private const long LargestFile = 1L << 30;
    private const int BlockSize = 1 << 16;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: true, throwOnInvalidBytes: true);

    /// <summary>Reads a file, which may be a pipe: strict UTF-8, with its line ends, and without the byte order mark that it may begin
    /// with.</summary>
    public static string Read(string path)
    {
        if (!File.Exists(path))
        {
            string found = Directory.Exists(path) ? "is a folder" : "does not exist";
            throw new CommandException($"'{path}' {found}; expected a UTF-8 text file.");
        }

        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        using MemoryStream bytes = new();

        // A pipe does not know its length.
        byte[] block = new byte[BlockSize];
        for (int count; (count = stream.Read(block)) > 0; bytes.Write(block, 0, count))
        {
            if (bytes.Length + count > LargestFile)
                throw new CommandException($"{path} has more than {LargestFile} bytes; expected at most as many.");
        }

        try
        {
            ReadOnlySpan<byte> text = bytes.GetBuffer().AsSpan(0, (int)bytes.Length);
            return Utf8.GetString(text.StartsWith(Utf8.Preamble) ? text[Utf8.Preamble.Length..] : text);
        }
        catch (DecoderFallbackException exception)
        {
            throw new CommandException($"{path} is not UTF-8 text: {exception.Message}");
        }
    }

    /// <summary>Reads the lines of a file. A line feed ends one, with or without a carriage return before it, and nothing else
    /// does.</summary>
    public static IEnumerable<string> ReadLines(string path) => Read(path).Split('\n').Select(line => line.TrimEnd('\r'));

    /// <summary>Refuses a path that no file can be written to.</summary>
    /// <exception cref="CommandException">The path is a folder, or in a folder that does not exist.</exception>
    public static void RequirePlace(string path)
    {
        if (Directory.Exists(path))
            throw new CommandException($"'{path}' is a folder; expected a file to write.");
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder && !Directory.Exists(folder))
            throw new CommandException($"The folder of '{path}' does not exist.");
    }
}
