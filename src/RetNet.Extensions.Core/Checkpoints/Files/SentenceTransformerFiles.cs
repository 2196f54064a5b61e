using System.Text.Json;
using static RetNet.Extensions.Core.Checkpoints.CheckpointLimits;

namespace RetNet.Extensions.Core.Checkpoints.Files;

/// <summary>The files of sentence-transformers that say how a model embeds texts, gathered in one document, see
/// <see cref="ModelDocuments.SentenceTransformer"/>.</summary>
internal static class SentenceTransformerFiles
{
    private const int MaximumModules = 16;

    /// <summary>Gathers the files of a folder.</summary>
    /// <returns>The document; empty where there is none of the files.</returns>
    /// <exception cref="CheckpointException">A file is malformed.</exception>
    public static byte[] Read(string folder)
    {
        Dictionary<string, JsonElement> files = [];
        foreach (string name in (ReadOnlySpan<string>)[FileNames.SentenceOptions, FileNames.Prompts])
        {
            string path = Path.Combine(folder, name);
            if (File.Exists(path))
                files[name] = RegularFile.ReadJson(path, MaximumConfigurationLength);
        }

        if (File.Exists(Path.Combine(folder, FileNames.Modules)))
            AddModules(folder, files);
        return files.Count == 0 ? [] : Write(files);
    }

    /// <summary>Writes files as one document.</summary>
    public static byte[] Write(IReadOnlyDictionary<string, JsonElement> files)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream))
        {
            json.WriteStartObject();
            foreach ((string name, JsonElement content) in files)
            {
                json.WritePropertyName(name);
                content.WriteTo(json);
            }

            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void AddModules(string folder, Dictionary<string, JsonElement> files)
    {
        string file = Path.Combine(folder, FileNames.Modules);
        JsonElement modules = ParseArray(file);
        files[FileNames.Modules] = modules;
        foreach (JsonElement module in modules.EnumerateArray())
        {
            // Paths are names of folders in the model's own.
            if (module.ValueKind == JsonValueKind.Object && module.TryGetProperty("path", out JsonElement element)
                && element.ValueKind == JsonValueKind.String && element.GetString() is { Length: > 0 } path
                && path == Path.GetFileName(path) && File.Exists(Path.Combine(folder, path, FileNames.Configuration)))
            {
                files[$"{path}/{FileNames.Configuration}"] =
                    RegularFile.ReadJson(Path.Combine(folder, path, FileNames.Configuration), MaximumConfigurationLength);
            }
        }
    }

    private static JsonElement ParseArray(string file)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(RegularFile.Read(file, MaximumConfigurationLength));
            JsonElement array = document.RootElement.Clone();
            if (array.ValueKind == JsonValueKind.Array && array.GetArrayLength() <= MaximumModules)
                return array;
        }
        catch (JsonException exception)
        {
            throw new CheckpointException(file, exception.Message, "JSON", exception);
        }

        throw new CheckpointException(file, "no array", $"an array of at most {MaximumModules} modules");
    }
}
