namespace RetNet.Extensions.Core.Tests.Checkpoints;

/// <summary>Finds the golden cases and the example models in the repository that the tests were built from.</summary>
internal static class RepositoryFiles
{
    public static string Golden { get; } = Path.Combine(FindRoot(), "tests", "RetNet.Extensions.Conformance", "golden");

    public static string Models { get; } = Path.Combine(FindRoot(), "examples", "models");

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "RetNet.Extensions.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException($"No RetNet.Extensions.sln above {AppContext.BaseDirectory}.");
    }
}
