using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RetNet.Extensions.TorchSharp.Tests.MultiState;

/// <summary>A copy of a golden checkpoint with other settings or weights.</summary>
internal sealed class EditedModel : IDisposable
{
    public EditedModel(string golden)
    {
        foreach (string file in (string[])["config.json", "model.safetensors"])
            File.Copy(Path.Combine(Models.Golden(golden), file), Path.Combine(Folder, file));
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("retnet-edited").FullName;

    /// <summary>Sets options of the configuration.</summary>
    public void Configure(params (string Option, string Json)[] options)
    {
        string path = Path.Combine(Folder, "config.json");
        JsonObject configuration = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        foreach ((string option, string json) in options)
            configuration[option] = JsonNode.Parse(json);
        File.WriteAllText(path, configuration.ToJsonString());
    }

    /// <summary>Sets all tensors whose name ends so to zero.</summary>
    public void Clear(string name)
    {
        string path = Path.Combine(Folder, "model.safetensors");
        byte[] file = File.ReadAllBytes(path);
        int header = (int)BitConverter.ToInt64(file);
        using JsonDocument tensors = JsonDocument.Parse(file.AsMemory(8, header));
        foreach (JsonProperty tensor in tensors.RootElement.EnumerateObject().Where(tensor => tensor.Name.EndsWith(name,
            StringComparison.Ordinal)))
        {
            int[] offsets = [.. tensor.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32())];
            file.AsSpan(8 + header + offsets[0], offsets[1] - offsets[0]).Clear();
        }

        File.WriteAllBytes(path, file);
    }

    /// <summary>Puts copies of all layers behind them.</summary>
    public void RepeatLayers(int layers)
    {
        string path = Path.Combine(Folder, "model.safetensors");
        byte[] file = File.ReadAllBytes(path);
        int header = (int)BitConverter.ToInt64(file);
        JsonObject tensors = JsonNode.Parse(file.AsSpan(8, header))!.AsObject();
        List<byte> data = [.. file.AsSpan(8 + header)];
        foreach ((
            string name, JsonNode? tensor) in tensors.Where(tensor =>
                tensor.Key.StartsWith("model.layers.", StringComparison.Ordinal)).ToArray())
        {
            string[] parts = name.Split('.');
            parts[2] = $"{int.Parse(parts[2], CultureInfo.InvariantCulture) + layers}";
            int[] offsets = [.. tensor!["data_offsets"]!.AsArray().Select(offset => offset!.GetValue<int>())];
            JsonNode copy = tensor.DeepClone();
            copy["data_offsets"] = new JsonArray(data.Count, data.Count + offsets[1] - offsets[0]);
            tensors[string.Join('.', parts)] = copy;
            data.AddRange(file.AsSpan(8 + header + offsets[0], offsets[1] - offsets[0]));
        }

        byte[] description = JsonSerializer.SerializeToUtf8Bytes(tensors);
        File.WriteAllBytes(path, [.. BitConverter.GetBytes((long)description.Length), .. description, .. data]);
        Configure(("num_hidden_layers", $"{2 * layers}"));
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
