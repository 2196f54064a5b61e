namespace RetNet.Extensions.Tool.Tests;

/// <summary>A copy of the embedded RetNet that a test may damage.</summary>
internal sealed class ModelCopy : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("retnet-tool-").FullName;

    public ModelCopy()
    {
        foreach (string file in Directory.EnumerateFiles(TestFiles.RetNet))
            File.Copy(file, System.IO.Path.Combine(_folder, System.IO.Path.GetFileName(file)));
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
