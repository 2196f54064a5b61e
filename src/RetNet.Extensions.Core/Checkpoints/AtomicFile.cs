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
    public static void Write(string path, Action<Stream> write) => Write([(path, write)]);

    /// <summary>Writes bytes in the same way.</summary>
    /// <param name="path">The file; it is replaced if it exists.</param>
    /// <param name="content">The content.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(string path, ReadOnlyMemory<byte> content) => Write(path, stream => stream.Write(content.Span));

    /// <summary>Writes files that belong together: none is replaced before all are written, and then one after the other.</summary>
    /// <param name="files">The files with what writes their content.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be written.</exception>
    public static void Write(IReadOnlyList<(string Path, Action<Stream> Write)> files)
    {
        ArgumentNullException.ThrowIfNull(files);
        List<string> written = [];
        try
        {
            foreach ((string path, Action<Stream> write) in files)
            {
                ArgumentException.ThrowIfNullOrEmpty(path);
                ArgumentNullException.ThrowIfNull(write);

                // If this fails, the file may belong to another writer, so it stays.
                using FileStream stream = new(path + TemporarySuffix, FileMode.Create, FileAccess.Write, FileShare.None, BufferLength);
                written.Add(path);
                write(stream);
                stream.Flush(flushToDisk: true);
            }

            foreach (string path in written)
                File.Move(path + TemporarySuffix, path, overwrite: true);
        }
        catch
        {
            foreach (string path in written)
                File.Delete(path + TemporarySuffix);
            throw;
        }
    }
}
