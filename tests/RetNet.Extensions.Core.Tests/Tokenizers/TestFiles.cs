namespace RetNet.Extensions.Core.Tests.Tokenizers;

/// <summary>Finds files of the repository from wherever the tests run.</summary>
internal static class TestFiles
{
    public static string Path(params string[] parts)
    {
        var relative = System.IO.Path.Combine(parts);
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = System.IO.Path.GetDirectoryName(folder))
        {
            var path = System.IO.Path.Combine(folder, relative);
            if (File.Exists(path) || Directory.Exists(path))
                return path;
        }
        throw new FileNotFoundException($"No {relative} above {AppContext.BaseDirectory}.");
    }
}
