using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints.Safetensors;

/// <summary>Reads model.safetensors.index.json: which shard holds which tensor.</summary>
internal static class ShardIndex
{
    private const int MaximumIndexLength = 16 << 20;
    private const int MaximumShardNameLength = 255;
    private const string MapName = "weight_map";

    /// <summary>The file name of the shard for each tensor's name.</summary>
    /// <exception cref="CheckpointException">The index is malformed, or a shard's name is no plain file name.</exception>
    public static IReadOnlyDictionary<string, string> Read(string file)
    {
        JsonElement index = RegularFile.ReadJson(file, MaximumIndexLength);
        if (!index.TryGetProperty(MapName, out JsonElement map) || map.ValueKind != JsonValueKind.Object)
            throw CheckpointException.ForOption(file, MapName, "no such object", "a map of tensor names to shards");

        try
        {
            return ReadMap(map, file);
        }
        catch (InvalidOperationException e)
        {
            throw CheckpointException.ForOption(file, MapName, $"text that is not valid Unicode ({e.Message})",
                "a map of tensor names to shards");
        }
    }

    private static Dictionary<string, string> ReadMap(JsonElement map, string file)
    {
        Dictionary<string, string> shardOfTensor = new();
        Dictionary<string, string> shards = new();
        foreach (JsonProperty entry in map.EnumerateObject())
        {
            string? shard = entry.Value.ValueKind == JsonValueKind.String ? entry.Value.GetString() : null;
            if (shard is null || !IsPlainFileName(shard))
            {
                string found = shard is null ? "a shard that is not a string" : $"the shard {CheckpointException.Quote(shard)}";
                throw CheckpointException.ForTensor(file, entry.Name, found, "the name of a .safetensors file in the same folder");
            }

            // One string per shard, not one per tensor.
            shardOfTensor.Add(entry.Name, shards.TryAdd(shard, shard) ? shard : shards[shard]);
        }

        return shardOfTensor.Count > 0
            ? shardOfTensor
            : throw CheckpointException.ForOption(file, MapName, "an empty map", "at least one tensor");
    }

    // A name with a separator or a drive would lead out of the checkpoint's folder, on whichever system.
    private static bool IsPlainFileName(string name)
        => name.EndsWith(".safetensors", StringComparison.Ordinal)
            && name.Length <= MaximumShardNameLength
            && !name.Any(c => c is '/' or '\\' or ':' || char.IsControl(c));
}
