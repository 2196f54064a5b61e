using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Tests.Models;

/// <summary>Changes what a saved state says and gives it the checksum of that, so that the readers behind the checksum meet it.</summary>
internal static class SavedStates
{
    /// <summary>Bytes before the format of the values: the names of the shape and of the model, each with its length in front.</summary>
    public static int FormatOffset(LanguageModel model) => 1 + model.Info.StateShape.Length + 1 + model.Info.Fingerprint.Length;

    /// <summary>Bytes before what a family saves: after the names the format and the position.</summary>
    public static int ContentOffset(LanguageModel model) => FormatOffset(model) + sizeof(int) + sizeof(long);

    /// <summary>The content of a saved state, from the name of the shape on.</summary>
    public static byte[] Open(byte[] saved)
    {
        using SavedState state = SavedState.Read(new MemoryStream(saved));
        return state.Reader.ReadBytes((int)state.Reader.BaseStream.Length);
    }

    /// <summary>A saved state with some content.</summary>
    public static byte[] Seal(byte[] content)
    {
        using MemoryStream stream = new();
        SavedState.Write(stream, writer => writer.Write(content));
        return stream.ToArray();
    }

    /// <summary>A saved state with other bytes from a place of its content on.</summary>
    public static byte[] With(byte[] saved, int at, byte[] bytes)
    {
        byte[] content = Open(saved);
        bytes.CopyTo(content, at);
        return Seal(content);
    }
}
