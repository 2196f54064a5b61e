using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Adapters;

/// <summary>Merges adapters into a model: its tensors then have what the adapters add, computed when they are read.</summary>
internal static class AdapterMerge
{
    /// <summary>Merges adapters, one after the other.</summary>
    /// <param name="model">The model; the result owns it.</param>
    /// <param name="adapters">Paths and factors.</param>
    /// <param name="keepsIntegers">Whether a matrix of a block format becomes one of Q8_0; otherwise it is widened to float32.</param>
    /// <param name="tied">The names of an embedding that is the head as well; null where they are two, or there is no head. An adapter
    /// changes only the one that it names, so that they are two afterwards.</param>
    /// <returns>The model with the adapters. On an exception the caller still owns <paramref name="model"/>.</returns>
    /// <exception cref="CheckpointException">An adapter is malformed, not supported, or does not fit the model.</exception>
    public static Checkpoint Merge(
        Checkpoint model, IReadOnlyList<(string Path, float Scale)> adapters, bool keepsIntegers, TiedHead? tied = null)
    {
        List<LoraAdapter> open = [];
        try
        {
            Checkpoint untied = tied is null ? model : Untied(model, tied);
            foreach ((string path, float scale) in adapters)
                open.Add(LoraAdapter.Open(path, scale, untied));
            bool differ = tied is not null && open.SelectMany(adapter => adapter.Updates.Keys.Concat(adapter.Replaced.Keys))
                .Any(name => name == tied.Embedding || name == tied.Head);
            Checkpoint whole = differ ? untied : model;
            Dictionary<string, TensorView> tensors = new(whole.Tensors);
            foreach ((string name, TensorView tensor) in open.SelectMany(adapter => adapter.Replaced))
                tensors[name] = tensor.Renamed(name);
            foreach (string name in open.SelectMany(adapter => adapter.Updates.Keys).Distinct())
            {
                LowRankUpdate[] updates = [.. open.Where(adapter => adapter.Updates.ContainsKey(name)).Select(a => a.Updates[name])];
                TensorView matrix = tensors[name];
                tensors[name] = MergedRows.Merge(matrix, TypeOf(matrix.Type, keepsIntegers), updates);
            }

            return model.With(tensors, [.. open], whole.Configuration);
        }
        catch
        {
            foreach (LoraAdapter adapter in open)
                adapter.Dispose();
            throw;
        }
    }

    // The same model with a head of its own. It owns nothing: it only shows the tensors of the model.
    private static Checkpoint Untied(Checkpoint model, TiedHead tied)
    {
        JsonObject configuration = JsonObject.Create(model.Configuration)!;
        configuration[tied.Option] = false;
        return model.With(
            new Dictionary<string, TensorView>(model.Tensors) { [tied.Head] = model.Tensors[tied.Embedding].Renamed(tied.Head) },
            [], JsonElement.Parse(configuration.ToJsonString()));
    }

    // BFloat16 stays, as in PEFT; half precision would be widened when it is loaded.
    private static TensorType TypeOf(TensorType type, bool keepsIntegers) => type switch
    {
        TensorType.BFloat16 => TensorType.BFloat16,
        TensorType.Float32 or TensorType.Float16 => TensorType.Float32,
        _ => keepsIntegers ? TensorType.Q8_0 : TensorType.Float32,
    };
}
