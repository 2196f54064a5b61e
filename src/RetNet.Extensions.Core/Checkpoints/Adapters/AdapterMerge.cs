using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Checkpoints.Adapters;

/// <summary>Merges adapters into a model: its tensors then have what the adapters add, computed when they are read.</summary>
internal static class AdapterMerge
{
    /// <summary>Merges adapters, one after the other.</summary>
    /// <param name="model">The model; the result owns it.</param>
    /// <param name="adapters">Paths and factors.</param>
    /// <param name="keepsIntegers">Whether a matrix of a block format becomes one of Q8_0; otherwise it is widened to float32.</param>
    /// <returns>The model with the adapters. On an exception the caller still owns <paramref name="model"/>.</returns>
    /// <exception cref="CheckpointException">An adapter is malformed, not supported, or does not fit the model.</exception>
    public static Checkpoint Merge(Checkpoint model, IReadOnlyList<(string Path, float Scale)> adapters, bool keepsIntegers)
    {
        List<LoraAdapter> open = [];
        try
        {
            foreach ((string path, float scale) in adapters)
                open.Add(LoraAdapter.Open(path, scale, model));
            Dictionary<string, TensorView> tensors = new(model.Tensors);
            foreach ((string name, TensorView tensor) in open.SelectMany(adapter => adapter.Replaced))
                tensors[name] = tensor.Renamed(name);
            foreach (string name in open.SelectMany(adapter => adapter.Updates.Keys).Distinct())
            {
                LowRankUpdate[] updates = [.. open.Where(adapter => adapter.Updates.ContainsKey(name)).Select(a => a.Updates[name])];
                TensorView matrix = tensors[name];
                tensors[name] = MergedRows.Merge(matrix, TypeOf(matrix.Type, keepsIntegers), updates);
            }

            return model.With(tensors, [.. open]);
        }
        catch
        {
            foreach (LoraAdapter adapter in open)
                adapter.Dispose();
            throw;
        }
    }

    // BFloat16 stays, as in PEFT; half precision would be widened when it is loaded.
    private static TensorType TypeOf(TensorType type, bool keepsIntegers) => type switch
    {
        TensorType.BFloat16 => TensorType.BFloat16,
        TensorType.Float32 or TensorType.Float16 => TensorType.Float32,
        _ => keepsIntegers ? TensorType.Q8_0 : TensorType.Float32,
    };
}
