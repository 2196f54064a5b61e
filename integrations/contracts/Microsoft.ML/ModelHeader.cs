using System.Text;
using Microsoft.ML.Runtime;

namespace Microsoft.ML;

/// <summary>What stands before the bytes of a component: its signature, its versions and who loads it.</summary>
internal struct ModelHeader
{
    public const int LoaderSignatureLength = 24;
    private const ulong Magic = 0x004C45444F4D4C4D; // "MLMODEL"
    private const int MaximumStrings = 1 << 24;

    public ulong ModelSignature;
    public uint ModelVerWritten;
    public uint ModelVerReadable;
    public string LoaderSignature;
    public string LoaderAssemblyName;

    public static void SetVersionInfo(ref ModelHeader header, VersionInfo ver)
    {
        Contracts.Check(ver.LoaderSignature is null || ver.LoaderSignature.Length <= LoaderSignatureLength, "The loader signature is too long.");
        header.ModelSignature = ver.ModelSignature;
        header.ModelVerWritten = ver.VerWrittenCur;
        header.ModelVerReadable = ver.VerReadableCur;
        header.LoaderSignature = ver.LoaderSignature ?? "";
        header.LoaderAssemblyName = ver.LoaderAssemblyName ?? "";
    }

    public static void CheckVersionInfo(ref ModelHeader header, VersionInfo ver)
    {
        Contracts.CheckDecode(header.ModelSignature == ver.ModelSignature, "Unknown file type");
        Contracts.CheckDecode(header.ModelVerReadable <= header.ModelVerWritten, "Corrupt file header");
        Contracts.CheckDecode(header.ModelVerReadable <= ver.VerWrittenCur, "Cause: ML.NET doesn't support new version of model.");
        Contracts.CheckDecode(header.ModelVerWritten >= ver.VerWeCanReadBack, "Cause: ML.NET doesn't support this old version of model.");
    }

    public static void Write(Stream stream, in ModelHeader header, IReadOnlyCollection<string> strings, MemoryStream body)
    {
        using BinaryWriter writer = new(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(Magic);
        writer.Write(header.ModelSignature);
        writer.Write(header.ModelVerWritten);
        writer.Write(header.ModelVerReadable);
        writer.Write(header.LoaderSignature);
        writer.Write(header.LoaderAssemblyName);
        writer.Write(strings.Count);
        foreach (string text in strings)
            writer.Write(text);
        writer.Write(body.Length);
        writer.Flush();
        body.WriteTo(stream);
    }

    /// <summary>Reads the header and the strings; the stream then stands at the bytes of the component, which reach to its end.</summary>
    public static ModelHeader Read(MemoryStream stream, out string[] strings)
    {
        try
        {
            using BinaryReader reader = new(stream, Encoding.UTF8, leaveOpen: true);
            Contracts.CheckDecode(reader.ReadUInt64() == Magic, "Wrong file type");
            ModelHeader header = new()
            {
                ModelSignature = reader.ReadUInt64(),
                ModelVerWritten = reader.ReadUInt32(),
                ModelVerReadable = reader.ReadUInt32(),
                LoaderSignature = reader.ReadString(),
                LoaderAssemblyName = reader.ReadString(),
            };
            int count = reader.ReadInt32();
            Contracts.CheckDecode(count is >= 0 and < MaximumStrings && count <= stream.Length, "Corrupt file header");
            strings = new string[count];
            for (int i = 0; i < count; i++)
                strings[i] = reader.ReadString();
            Contracts.CheckDecode(reader.ReadInt64() == stream.Length - stream.Position, "Corrupt file header");
            return header;
        }
        catch (EndOfStreamException exception)
        {
            throw new FormatException("Corrupt file header", exception);
        }
    }
}
