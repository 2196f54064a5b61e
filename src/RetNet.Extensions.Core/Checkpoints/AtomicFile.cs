

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>Replaces files so that a reader finds the old content or the new one, whole, however the writer ends.</summary>
internal static class AtomicFile
{
    private const string TemporarySuffix = ".partial";
    private const int BufferLength = 1 << 16;

    /// <summary>Writes a file under a temporary name beside it, flushes it to the disk and renames it.</summary>
    /// <param name="path">The file; it is replaced if it exists. What an earlier, interrupted call left beside it is overwritten.</param>
    /// <param name="write">Writes the content.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(string path, Action<Stream> write)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(write);
        string temporary = path + TemporarySuffix;

        // If this fails, the file may belong to another writer, so it stays.
        FileStream stream = new(temporary, FileMode.Create, FileAccess.Write, FileShare.None, BufferLength);
        try
        {
            using (stream)
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes bytes in the same way.</summary>
    /// <param name="path">The file; it is replaced if it exists.</param>
    /// <param name="content">The content.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(string path, ReadOnlyMemory<byte> content) => Write(path, stream => stream.Write(content.Span));
}
