using System.Text.Json;
using System.Text.Unicode;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>Opens a checkpoint's files: never a directory, a pipe or a device, on which reading could wait for ever.</summary>
internal static class RegularFile
{
    /// <summary>Opens a file for reading. Symbolic links are followed: a Hugging Face cache folder consists of them.</summary>
    /// <exception cref="CheckpointException">There is no such file, it is not regular, empty, or may not be read.</exception>
    public static FileStream Open(string path)
    {
        try
        {
            // Pipes and devices report length zero, so they are refused here, before opening one could block.
            FileSystemInfo target = File.ResolveLinkTarget(path, returnFinalTarget: true) ?? new FileInfo(path);
            if (Directory.Exists(target.FullName))
                throw new CheckpointException(path, "a directory", "a file");
            if (!target.Exists)
                throw new CheckpointException(path, "no file", "a file");
            if (new FileInfo(target.FullName).Length == 0)
                throw new CheckpointException(path, "an empty file, a pipe or a device", "a regular file that is not empty");
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CheckpointException(path, "no file", "a file", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CheckpointException(path, $"an error on opening it ({e.Message})", "a readable file", e);
        }
    }

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maximumBytes">Files larger than this are refused unread.</param>
    /// <exception cref="CheckpointException">The file cannot be read, or is too large.</exception>
    public static byte[] Read(string path, long maximumBytes)
    {
        using FileStream stream = Open(path);
        if (stream.Length > maximumBytes)
            throw new CheckpointException(path, $"{stream.Length} bytes", $"at most {maximumBytes} bytes");
        try
        {
            byte[] content = new byte[stream.Length];
            stream.ReadExactly(content);
            return content;
        }
        catch (IOException e)
        {
            throw new CheckpointException(path, $"an error on reading it ({e.Message})", "a readable file", e);
        }
    }

    /// <summary>Reads a JSON file whose root is an object.</summary>
    /// <param name="path">The file.</param>
    /// <param name="maximumBytes">Files larger than this are refused unread.</param>
    /// <exception cref="CheckpointException">The file cannot be read, is too large, or is no JSON object without duplicate
    /// names.</exception>
    public static JsonElement ReadJson(string path, int maximumBytes) => ParseJson(Read(path, maximumBytes), path);

    /// <summary>Parses the content of a JSON file whose root is an object.</summary>
    /// <param name="utf8Json">The content.</param>
    /// <param name="path">Its name in messages.</param>
    /// <exception cref="CheckpointException">It is no JSON object without duplicate names.</exception>
    public static JsonElement ParseJson(ReadOnlyMemory<byte> utf8Json, string path)
    {
        if (!Utf8.IsValid(utf8Json.Span))
            throw new CheckpointException(path, "text that is not valid UTF-8", "a JSON object in UTF-8");
        try
        {
            using JsonDocument document = JsonDocument.Parse(
                utf8Json, new JsonDocumentOptions { MaxDepth = 32, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new CheckpointException(path, $"JSON of kind {document.RootElement.ValueKind}", "a JSON object");
            return document.RootElement.Clone();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new CheckpointException(path, $"text that is not valid JSON ({CheckpointException.Quote(e.Message)})",
                "a JSON object without duplicate names", e);
        }
    }
}
