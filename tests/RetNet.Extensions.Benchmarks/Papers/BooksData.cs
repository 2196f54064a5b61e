using System.IO.Compression;
using System.Text;

namespace RetNet.Extensions.Benchmarks.Papers;

/// <summary>Long public-domain texts, divided into those that models are trained on and those that they are measured with.</summary>
internal static class BooksData
{
    /// <summary>The folder, below that of the data, of texts whose authors' other texts were trained on: a file each.</summary>
    public const string Validation = "validation";

    /// <summary>A book that no model has seen any page of.</summary>
    public const string HeldOut = "held-out.txt";

    private const string Separator = "<|endoftext|>\n";
    private const int CurveCharacters = 60_000;

    private static readonly string[] DividedBooks = ["war-and-peace.txt", "middlemarch.txt"];

    /// <summary>Writes <c>train.txt</c>, <c>validation.txt</c> (the beginning of each text of <see cref="Validation"/>, for the curve of a
    /// training), <see cref="Validation"/> and <see cref="HeldOut"/>.</summary>
    /// <param name="from">A folder with war-and-peace.txt, middlemarch.txt, moby-dick.txt and state-of-the-union.txt.gz. The last tenth
    /// of the first two and every tenth address are for validation; moby-dick.txt is held out.</param>
    /// <param name="path">The folder that is written.</param>
    public static void Write(string from, string path)
    {
        List<string> training = [];
        Dictionary<string, string> validation = [];
        foreach (string name in DividedBooks)
        {
            string text = Lines(File.ReadAllText(Path.Combine(from, name)));
            int cut = text.IndexOf('\n', text.Length / 10 * 9) + 1;
            training.Add(text[..cut]);
            validation[name] = text[cut..];
        }

        string[] addresses = Unpack(Path.Combine(from, "state-of-the-union.txt.gz")).Split(Separator);
        training.AddRange(addresses.Where((_, number) => number % 10 != 0));
        validation["state-of-the-union.txt"] = string.Join(Separator, addresses.Where((_, number) => number % 10 == 0));

        Directory.CreateDirectory(Path.Combine(path, Validation));
        foreach ((string name, string text) in validation)
            File.WriteAllText(Path.Combine(path, Validation, name), text);
        File.WriteAllText(Path.Combine(path, "validation.txt"), string.Join(Separator, validation.Values.Select(Beginning)));
        File.WriteAllText(Path.Combine(path, "train.txt"), string.Join(Separator, training));
        File.WriteAllText(Path.Combine(path, HeldOut), Lines(File.ReadAllText(Path.Combine(from, "moby-dick.txt"))));
    }

    private static string Beginning(string text) => text[..(text.IndexOf('\n', CurveCharacters) + 1)];

    private static string Unpack(string path)
    {
        using GZipStream stream = new(File.OpenRead(path), CompressionMode.Decompress);
        using StreamReader reader = new(stream, Encoding.UTF8);
        return Lines(reader.ReadToEnd());
    }

    private static string Lines(string text) => text.ReplaceLineEndings("\n");
}
