namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>Files of the golden cases.</summary>
internal static class Golden
{
    private static readonly string Root = Path.Combine(AppContext.BaseDirectory, "Seeds", "golden");

    public static string Folder(string name) => Path.Combine(Root, name);

    public static byte[] Read(string name, string file) => File.ReadAllBytes(Path.Combine(Root, name, file));

    /// <summary>The names of cases with a beginning.</summary>
    public static IEnumerable<string> Names(string beginning) =>
        Directory.EnumerateDirectories(Root, beginning + "*").Order().Select(folder => Path.GetFileName(folder)!);
}
