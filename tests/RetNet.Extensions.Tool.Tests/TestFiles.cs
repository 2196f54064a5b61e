using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;

namespace RetNet.Extensions.Tool.Tests;

/// <summary>Models and golden vectors beside the tests.</summary>
internal static class TestFiles
{
    private static readonly string Folder = CreateFolder();

    public static string RetNet { get; } = Model("retnet-tinystories");

    public static string Llama { get; } = Model("llama-tinystories");

    /// <summary>An encoder with the files of sentence-transformers, and what their reference gives for some texts.</summary>
    public static string Encoder { get; } = Model("encoder-bert");

    public static string Golden(string name) => Path.Combine(AppContext.BaseDirectory, "golden", name);

    public static string Model(string name) => Path.Combine(AppContext.BaseDirectory, "models", name);

    public static JsonElement GoldenJson(string name) => JsonDocument.Parse(File.ReadAllText(Golden(name))).RootElement;

    public static float[] Floats(string golden, string tensor)
    {
        using Checkpoint file = Expected(golden);
        float[] values = new float[file.Tensors[tensor].ElementCount];
        file.Tensors[tensor].CopyTo(values);
        return values;
    }

    public static long[] Integers(string golden, string tensor)
    {
        using Checkpoint file = Expected(golden);
        long[] values = new long[file.Tensors[tensor].ElementCount];
        file.Tensors[tensor].CopyTo(values);
        return values;
    }

    private static Checkpoint Expected(string golden)
    {
        using FileStream weights = File.OpenRead(Path.Combine(Golden(golden), "expected.safetensors"));
        return Checkpoint.FromMemory(golden, "{}"u8.ToArray(), weights);
    }

    /// <summary>Writes a text to a file that goes with the test run.</summary>
    public static string Write(string text) => Write(Encoding.UTF8.GetBytes(text));

    /// <summary>Writes bytes to a file that goes with the test run.</summary>
    public static string Write(byte[] bytes)
    {
        string path = Path.Combine(Directory.CreateDirectory(Path.Combine(Folder, $"{Guid.NewGuid():N}")).FullName, "text.txt");
        File.WriteAllBytes(path, bytes);
        return path;
    }

    private static string CreateFolder()
    {
        string folder = Directory.CreateTempSubdirectory("retnet-tool-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }
}
