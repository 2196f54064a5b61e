using System.Globalization;
using System.Text.RegularExpressions;

namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>A model in a GGUF file, or in the several that it was split into, which are opened by any of them.</summary>
/// <remarks>
/// The parts of a model lie in one folder and are named PREFIX-00001-of-0000N.gguf, as llama-gguf-split names them. The first has the
/// metadata; each states its number, the number of parts and that of all tensors.
/// </remarks>
internal sealed partial class GgufFile : IDisposable
{
    /// <summary>The name of the embeddings.</summary>
    public const string Embedding = "token_embd.weight";

    private const string Extension = ".gguf";
    private const string NumberKey = "split.no";
    private const string CountKey = "split.count";
    private const string TensorsKey = "split.tensors.count";
    private const int MaximumParts = 1024;
    private const int NamedInMessage = 5;

    private readonly List<GgufPart> _parts = [];

    private GgufFile(string path)
    {
        Path = path;
        try
        {
            GgufPart opened = GgufPart.Open(path);
            _parts.Add(opened);
            ConfigurationReader options = opened.Metadata.Options;
            int count = options.OptionalInteger(CountKey, 0, MaximumParts) ?? 1;
            if (count > 1)
                OpenOthers(opened, options.Integer(NumberKey, 0, count - 1), count);
            Tensors = [.. _parts.SelectMany(part => part.Tensors)];
            RequireWhole(count);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Path that the model was opened with.</summary>
    public string Path { get; }

    /// <summary>The metadata, those of the first part.</summary>
    public GgufMetadata Metadata => _parts[0].Metadata;

    /// <summary>The tensors under the files' own names, in their order.</summary>
    public IReadOnlyList<TensorView> Tensors { get; }

    /// <summary>The number of tokens that have an embedding; null if the file has no embeddings.</summary>
    public int? EmbeddingRows =>
        Tensors.FirstOrDefault(tensor => tensor.Name == Embedding) is { Shape: [var rows and <= ConfigurationReader.MaximumVocabulary, _] }
            ? (int)rows
            : null;

    /// <summary>Whether a path is that of a GGUF file, by its extension.</summary>
    public static bool IsNamed(string path) => path.EndsWith(Extension, StringComparison.OrdinalIgnoreCase) && !Directory.Exists(path);

    /// <summary>The name of a model by its path: that of the file, without the number of a part.</summary>
    public static string NameOf(string path)
    {
        string name = System.IO.Path.GetFileNameWithoutExtension(path);
        return PartName().Match(System.IO.Path.GetFileName(path)) is { Success: true } match ? match.Groups["prefix"].Value : name;
    }

    /// <summary>Opens a file, with the other parts of its model, and checks their headers whole.</summary>
    /// <exception cref="CheckpointException">A file is missing, cannot be read, is malformed, has tensors of a type that is not supported,
    /// or is no part of the same model.</exception>
    /// <exception cref="PlatformNotSupportedException">The machine is big-endian.</exception>
    public static GgufFile Open(string path) => new(path);

    /// <summary>Closes the files. The tensors' data must not be used afterwards.</summary>
    public void Dispose()
    {
        foreach (GgufPart part in _parts)
            part.Dispose();
    }

    private void OpenOthers(GgufPart opened, int number, int count)
    {
        string[] paths = Paths(opened, number, count);
        string[] missing = [.. paths.Where(path => !System.IO.Path.Exists(path)).Select(System.IO.Path.GetFileName)!];
        if (missing.Length > 0)
        {
            string others = missing.Length > NamedInMessage ? $" and {missing.Length - NamedInMessage} others" : "";
            throw new CheckpointException(Path, $"no {string.Join(", ", missing.Take(NamedInMessage))}{others} beside it",
                $"all {count} parts of the model in one folder");
        }

        for (int i = 0; i < count; i++)
        {
            if (i != number)
                _parts.Insert(i, GgufPart.Open(paths[i]));
            RequireNumber(_parts[i], NumberKey, i);
            RequireNumber(_parts[i], CountKey, count);
        }
    }

    private static string[] Paths(GgufPart opened, int number, int count)
    {
        Match match = PartName().Match(System.IO.Path.GetFileName(opened.Path));
        string folder = System.IO.Path.GetDirectoryName(opened.Path)!;
        string Name(string prefix, int i) => string.Create(CultureInfo.InvariantCulture, $"{prefix}-{i + 1:D5}-of-{count:D5}{Extension}");
        if (!match.Success || !string.Equals(match.Value, Name(match.Groups["prefix"].Value, number), StringComparison.OrdinalIgnoreCase))
        {
            throw new CheckpointException(opened.Path, $"part {number + 1} of {count} of a model, by its metadata",
                $"a file whose name ends in {Name("", number)}");
        }

        return [.. Enumerable.Range(0, count).Select(i =>
            i == number ? opened.Path : System.IO.Path.Combine(folder, Name(match.Groups["prefix"].Value, i)))];
    }

    private void RequireWhole(int count)
    {
        GgufPart first = _parts[0];
        if (count > 1 && first.Metadata.Options.OptionalInteger(TensorsKey, 0, int.MaxValue) is int tensors && tensors != Tensors.Count)
            throw first.Metadata.Options.Fault(TensorsKey, $"{Tensors.Count}, the number of tensors in all {count} parts");
        HashSet<string> names = new();
        foreach (TensorView tensor in Tensors)
        {
            if (!names.Add(tensor.Name))
                throw CheckpointException.ForTensor(tensor.File, tensor.Name, "a tensor that another part has, too", "one of that name");
        }
    }

    private static void RequireNumber(GgufPart part, string key, int expected)
    {
        ConfigurationReader options = part.Metadata.Options;
        if (options.OptionalInteger(key, 0, int.MaxValue) != expected)
            throw options.Fault(key, $"{expected}, by the file's name and the other parts");
    }

    [GeneratedRegex(@"^(?<prefix>.*)-\d{5}-of-\d{5}\.gguf$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex PartName();
}
