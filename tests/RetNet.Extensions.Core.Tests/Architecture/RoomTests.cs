using System.Text.RegularExpressions;

namespace RetNet.Extensions.Core.Tests.Architecture;

/// <summary>Core is a house of rooms (folders, and so namespaces): each uses only those that stand before it in
/// <see cref="Rooms"/>.</summary>
public partial class RoomTests
{
    private const string Root = "RetNet.Extensions.Core";
    private const int MostFiles = 25;
    private const int LongestLine = 140;

    // From the lowest floor to the highest; "" is the namespace of the assembly itself, where a user comes in.
    private static readonly string[] Rooms =
    [
        "Memory", "Formats.Blocks", "Formats",
        "Kernels.Threads", "Kernels.Vectors", "Kernels.Functions", "Kernels.Matrices", "Kernels.Linear",
        "Checkpoints", "Checkpoints.Safetensors", "Checkpoints.SentencePiece", "Checkpoints.Gguf", "Checkpoints.Gguf.Architectures",
        "Checkpoints.Adapters", "Checkpoints.Quantized", "Checkpoints.Files",
        "Devices",
        "Generation.Sampling",
        "Models.Adapters", "Models", "Models.Policies", "Models.Experts", "Models.Decoder", "Models.RetNet",
        "Models.Transformer.Attention", "Models.Transformer.Rotations", "Models.Transformer.Windows", "Models.Transformer.Experts",
        "Models.Transformer", "Models.Transformer.Managed",
        "Models.Encoder",
        "Tokenizers.Text", "Tokenizers.Unicode", "Tokenizers.PreTokenization", "Tokenizers.Normalization", "Tokenizers.Decoding",
        "Tokenizers.Models", "Tokenizers.Training", "Tokenizers",
        "Grammars.Expressions", "Grammars.Rules", "Grammars.Gbnf",
        "Grammars.JsonSchemas.Documents", "Grammars.JsonSchemas.Languages", "Grammars.JsonSchemas", "Grammars.JsonSchemas.Texts",
        "Grammars",
        "ChatTemplates.Jinja.Syntax", "ChatTemplates.Jinja", "ChatTemplates.Calls", "ChatTemplates.Channels", "ChatTemplates",
        "Generation", "Generation.Constraints", "Generation.Scheduling", "Generation.Scoring",
        "Training", "Training.Optimizer", "Training.Layers", "Training.Run",
        "Engines",
        "Forecasting.Synthesis", "Forecasting.Series", "Forecasting", "Forecasting.Training",
        "",
    ];

    private static readonly string Source = Path.Combine(Repository(), "src", Root);

    [Fact]
    public void No_room_names_a_higher_one_in_its_using_lines()
    {
        IEnumerable<Arrow> arrows = Files(Source).SelectMany(file => UsingLine().Matches(File.ReadAllText(file))
            .Select(match => new Arrow(RoomOf(file), match.Groups[1].Value, Path.GetFileName(file))));

        AssertNone(Upwards(arrows));
    }

    [Fact]
    public void No_room_uses_a_type_of_a_higher_one()
    {
        IEnumerable<Arrow> arrows = TypeReferences.Read(typeof(TextModel).Assembly.Location)
            .Where(reference => reference.From.StartsWith(Root, StringComparison.Ordinal))
            .Select(reference => new Arrow(Room(reference.From), Room(reference.To), reference.Place));

        AssertNone(Upwards(arrows));
    }

    [Fact]
    public void A_folder_is_a_namespace_and_every_folder_is_a_room()
    {
        string[] elsewhere = [.. Files(Source).Where(file => !File.ReadAllText(file).Contains(
            $"namespace {string.Join('.', new[] { Root, RoomOf(file) }.Where(part => part.Length > 0))};", StringComparison.Ordinal))];

        AssertNone(elsewhere);
        Assert.Equal(Rooms.Order(), Files(Source).Select(RoomOf).Distinct().Order());
    }

    [Fact]
    public void No_folder_has_more_files_than_an_eye_takes_in()
    {
        IEnumerable<string> full = from folder in (string[])["src", "integrations"]
                                   from file in Files(Path.Combine(Repository(), folder))
                                   group file by Path.GetDirectoryName(file) into files
                                   where files.Count() > MostFiles
                                   select $"{Path.GetRelativePath(Repository(), files.Key!)}: {files.Count()} files";

        AssertNone(full);
    }

    [Fact]
    public void No_line_is_longer_than_a_screen_is_wide()
    {
        IEnumerable<string> wide = from folder in (string[])["src", "integrations", "examples", "tests"]
                                   from file in Files(Path.Combine(Repository(), folder))
                                   from line in File.ReadLines(file).Index()
                                   where line.Item.Length > LongestLine
                                   select $"{Path.GetFileName(file)}({line.Index + 1})";

        AssertNone(wide);
    }

    private static IEnumerable<string> Upwards(IEnumerable<Arrow> arrows) =>
        from arrow in arrows
        where Array.IndexOf(Rooms, arrow.To) > Array.IndexOf(Rooms, arrow.From)
        group arrow.Place by (arrow.From, arrow.To) into places
        select $"{places.Key.From} -> {places.Key.To}: {string.Join(", ", places.Distinct().Order())}";

    private static void AssertNone(IEnumerable<string> found)
    {
        string[] all = [.. found];
        Assert.True(all.Length == 0, string.Join('\n', all));
    }

    private static string Room(string space) => space.Length > Root.Length ? space[(Root.Length + 1)..] : "";

    private static string RoomOf(string file)
    {
        string folder = Path.GetRelativePath(Source, Path.GetDirectoryName(file)!);
        return folder == "." ? "" : folder.Replace(Path.DirectorySeparatorChar, '.');
    }

    private static IEnumerable<string> Files(string folder) => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        .Where(file => !GeneratedFolder().IsMatch(Path.GetRelativePath(folder, file)));

    private static string Repository()
    {
        string folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "RetNet.Extensions.sln")))
            folder = Path.GetDirectoryName(folder) ?? throw new DirectoryNotFoundException("No folder above has RetNet.Extensions.sln.");
        return folder;
    }

    [GeneratedRegex(@"^using RetNet\.Extensions\.Core\.?([\w.]*);", RegexOptions.Multiline)]
    private static partial Regex UsingLine();

    [GeneratedRegex(@"(^|[/\\])(obj|bin)[/\\]")]
    private static partial Regex GeneratedFolder();

    private sealed record Arrow(string From, string To, string Place);
}
