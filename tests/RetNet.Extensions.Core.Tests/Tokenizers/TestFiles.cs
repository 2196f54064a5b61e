namespace RetNet.Extensions.Core.Tests.Tokenizers;

/// <summary>Finds files of the repository from wherever the tests run.</summary>
internal static class TestFiles
{
    public static string Path(params string[] parts)
    {
        string relative = System.IO.Path.Combine(parts);
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = System.IO.Path.GetDirectoryName(folder))
        {
            string path = System.IO.Path.Combine(folder, relative);
            if (File.Exists(path) || Directory.Exists(path))
                return path;
        }

        throw new FileNotFoundException($"No {relative} above {AppContext.BaseDirectory}.");
    }
}
