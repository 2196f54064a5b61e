using System.IO.Compression;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>The zip file that a model is written to, one entry at a time.</summary>
internal sealed class RepositoryWriter(Stream stream) : IDisposable
{
    private readonly ZipArchive _archive = new(stream, ZipArchiveMode.Create, leaveOpen: true);
    private readonly HashSet<string> _names = [];

    public static string PathOf(string directory, string name) => Path.Combine(directory ?? "", name).Replace('\\', '/');

    public void WriteEntry(string directory, string name, Action<Stream> write)
    {
        string path = PathOf(directory, name);
        Contracts.Check(_names.Add(path), $"Duplicate entry: '{path}'");

        // An entry may be written while another one is being prepared; the archive holds one open entry at a time.
        using MemoryStream bytes = new();
        write(bytes);
        using Stream entry = _archive.CreateEntry(path).Open();
        bytes.WriteTo(entry);
    }

    public void Dispose() => _archive.Dispose();
}
