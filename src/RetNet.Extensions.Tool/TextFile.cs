using System.Text;

namespace RetNet.Extensions.Tool;

/// <summary>Reads the text files of a command, and checks places for those that it writes.</summary>
internal static class TextFile
{
    private const long LargestFile = 1L << 30;

    /// <summary>Reads a file as it is: strict UTF-8, line ends and a byte order mark included.</summary>
    public static string Read(string path)
    {
        if (!File.Exists(path))
        {
            string found = Directory.Exists(path) ? "is a folder" : "does not exist";
            throw new CommandException($"'{path}' {found}; expected a UTF-8 text file.");
        }

        using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        if (stream.Length > LargestFile)
            throw new CommandException($"{path} has {stream.Length} bytes; expected at most {LargestFile}.");
        using MemoryStream bytes = new();
        stream.CopyTo(bytes);
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
        }
        catch (DecoderFallbackException exception)
        {
            throw new CommandException($"{path} is not UTF-8 text: {exception.Message}");
        }
    }

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
