using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>A file that is read piece by piece and must stay as it is until it is closed: what is read of a file that has changed is
/// refused. Nothing of it is mapped into memory, where a file that becomes shorter ends the process.</summary>
/// <remarks>Safe for concurrent reads.</remarks>
internal sealed class UnchangedFile : IDisposable
{
    private readonly FileStream _stream;
    private readonly DateTime _written;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="CheckpointException">There is no such file, it is not regular, empty, or may not be read.</exception>
    public UnchangedFile(string path)
    {
        Path = path;
        _stream = RegularFile.Open(path);
        (Length, _written) = Stamp();
    }

    /// <summary>Path that the file was opened with.</summary>
    public string Path { get; }

    /// <summary>Bytes of the file when it was opened.</summary>
    public long Length { get; }

    private SafeFileHandle Handle => _stream.SafeFileHandle;

    /// <summary>Reads bytes.</summary>
    /// <param name="offset">The first byte's distance from the start of the file.</param>
    /// <param name="target">Receives as many bytes as it is long, all of them before <see cref="Length"/>.</param>
    /// <exception cref="CheckpointException">The file cannot be read, or has changed since it was opened.</exception>
    /// <exception cref="ObjectDisposedException">The file was closed.</exception>
    public void Read(long offset, Span<byte> target)
    {
        try
        {
            // A read that ends early met the end of a file that has become shorter.
            while (!target.IsEmpty && RandomAccess.Read(Handle, target, offset) is > 0 and int count)
            {
                target = target[count..];
                offset += count;
            }
        }
        catch (IOException e)
        {
            throw new CheckpointException(Path, $"an error on reading it ({e.Message})", "a readable file", e);
        }

        (long length, DateTime written) = Stamp();
        if (!target.IsEmpty || length != Length || written != _written)
        {
            throw new CheckpointException(Path, $"{Describe(length, written)}, where there were {Describe(Length, _written)}",
                "a file that stays as it is while it is read");
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _stream.Dispose();

    private static string Describe(long length, DateTime written) =>
        string.Create(CultureInfo.InvariantCulture, $"{length} bytes written at {written:yyyy-MM-dd HH:mm:ss.fffffff}");

    private (long Length, DateTime Written) Stamp() => (RandomAccess.GetLength(Handle), File.GetLastWriteTimeUtc(Handle));
}
