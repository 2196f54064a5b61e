using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML;

namespace RetNet.Extensions.ML.Tests;

/// <summary>A saved model in a temporary file, which tests may damage.</summary>
internal sealed class ModelArchiveFile : IDisposable
{
    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"{Guid.NewGuid():N}.zip");

    public static ModelArchiveFile Save(MLContext context, ITransformer model, DataViewSchema schema)
    {
        ModelArchiveFile file = new();
        context.Model.Save(model, schema, file.Path);
        return file;
    }

    public ITransformer Load(MLContext context) => context.Model.Load(Path, out _);

    /// <summary>The message of the innermost exception: ML.NET calls loaders by reflection.</summary>
    public string LoadingFails()
    {
        Exception exception = Assert.ThrowsAny<Exception>(() => Load(new MLContext()));
        while (exception.InnerException is { } inner)
            exception = inner;
        return exception.Message;
    }

    /// <summary>The content of an entry.</summary>
    /// <param name="name">The last part of the entry's path.</param>
    public byte[] Read(string name)
    {
        byte[] read = [];
        Change(name, content => read = content);
        return read;
    }

    /// <summary>Replaces the entries of a name.</summary>
    /// <param name="name">The last part of the entry's path.</param>
    /// <param name="change">Gives the new content; null removes the entry.</param>
    public void Change(string name, Func<byte[], byte[]?> change)
    {
        using ZipArchive archive = ZipFile.Open(Path, ZipArchiveMode.Update);
        ZipArchiveEntry entry = archive.Entries.Single(entry => entry.FullName.Replace('\\', '/').EndsWith($"/{name}",
            StringComparison.Ordinal));
        string path = entry.FullName;
        using MemoryStream content = new();
        using (Stream stream = entry.Open())
            stream.CopyTo(content);
        entry.Delete();
        if (change(content.ToArray()) is not { } changed)
            return;
        using Stream written = archive.CreateEntry(path).Open();
        written.Write(changed);
    }

    /// <summary>Replaces an entry and what the list of entries says of it, so that only the content is wrong.</summary>
    /// <param name="name">The last part of the entry's path.</param>
    /// <param name="change">Gives the new content.</param>
    public void Forge(string name, Func<byte[], byte[]> change)
    {
        byte[] content = [];
        Change(name, old => content = change(old));
        Change("Model.key", list =>
        {
            byte[] listed = [(byte)name.Length, .. Encoding.UTF8.GetBytes(name)];
            Span<byte> place = list.AsSpan(list.AsSpan().IndexOf(listed) + listed.Length);
            BinaryPrimitives.WriteInt64LittleEndian(place, content.Length);
            SHA256.HashData(content).CopyTo(place[sizeof(long)..]);
            return list;
        });
    }

    public void Dispose() => File.Delete(Path);
}
