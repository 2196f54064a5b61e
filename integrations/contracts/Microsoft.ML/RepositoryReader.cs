using System.IO.Compression;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>The zip file that a model is read from.</summary>
internal sealed class RepositoryReader : IDisposable
{
    private readonly ZipArchive _archive;

    public RepositoryReader(Stream stream)
    {
        try
        {
            _archive = new ZipArchive(stream, ZipArchiveMode.Read, leaveOpen: true);
        }
        catch (InvalidDataException)
        {
            throw Contracts.ExceptDecode("Failed to open a zip archive");
        }
    }

    public bool HasEntry(string directory, string name) => _archive.GetEntry(RepositoryWriter.PathOf(directory, name)) is not null;

    /// <summary>The bytes of an entry; null when the file has none of this name.</summary>
    public MemoryStream OpenEntryOrNull(string directory, string name)
    {
        if (_archive.GetEntry(RepositoryWriter.PathOf(directory, name)) is not ZipArchiveEntry entry)
            return null;
        MemoryStream bytes = new();
        using Stream source = entry.Open();
        source.CopyTo(bytes);
        bytes.Position = 0;
        return bytes;
    }

    public void Dispose() => _archive.Dispose();
}
