namespace RetNet.Extensions.Tool.Tests;

/// <summary>A copy of a model that a test may damage.</summary>
internal sealed class ModelCopy : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("retnet-tool-").FullName;

    /// <param name="model">The folder of the model; null for the embedded RetNet.</param>
    public ModelCopy(string? model = null)
    {
        string source = model ?? TestFiles.RetNet;
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string copy = System.IO.Path.Combine(_folder, System.IO.Path.GetRelativePath(source, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    /// <summary>The folder.</summary>
    public string Path => _folder;

    /// <summary>The file of the weights.</summary>
    public string Weights => System.IO.Path.Combine(_folder, "model.safetensors");

    /// <summary>Cuts the file of the weights in place.</summary>
    public void Cut(long length)
    {
        using FileStream stream = new(Weights, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        stream.SetLength(length);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
