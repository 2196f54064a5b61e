using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using RetNet.Extensions.Core.Checkpoints.Gguf;

namespace RetNet.Extensions.Core.Checkpoints.Adapters;

/// <summary>An open LoRA adapter, checked against the model that it changes.</summary>
internal sealed class LoraAdapter : IDisposable
{
    private readonly IDisposable _file;

    /// <param name="path">The folder or file.</param>
    /// <param name="file">What the tensors lie in; the adapter owns it from here on.</param>
    /// <param name="updates">What it adds, by its own names of the matrices, see <see cref="ModelNames"/>.</param>
    /// <param name="replaced">Tensors that it replaces as a whole, by its own names.</param>
    /// <param name="model">The model.</param>
    /// <exception cref="CheckpointException">The model has no such matrix, or one of another shape.</exception>
    public LoraAdapter(
        string path, IDisposable file, IReadOnlyDictionary<string, LowRankUpdate> updates,
        IReadOnlyDictionary<string, TensorView> replaced, Checkpoint model)
    {
        (Path, _file) = (path, file);
        if (updates.Count == 0)
            throw new CheckpointException(path, "no pairs of LoRA's tensors", "an adapter that changes a matrix");
        ModelNames names = new(model);
        Updates = InModel(names, model, updates, update => update.Tensors.First());
        Replaced = InModel(names, model, replaced, tensor => tensor);
        foreach ((string name, LowRankUpdate update) in Updates)
            update.RequireFit(model.Tensors[name]);
        foreach ((string name, TensorView tensor) in Replaced)
        {
            TensorView own = model.Tensors[name];
            if (!own.Shape.SequenceEqual(tensor.Shape) || !tensor.IsWeight)
            {
                throw CheckpointException.ForTensor(tensor.File, tensor.Name, $"{tensor.Type} of shape {tensor.DescribeShape()}",
                    $"a weight of the model's shape {own.DescribeShape()}");
            }
        }
    }

    /// <summary>The folder or file that was opened.</summary>
    public string Path { get; }

    /// <summary>What it adds, by the model's names of the matrices.</summary>
    public IReadOnlyDictionary<string, LowRankUpdate> Updates { get; }

    /// <summary>Tensors that it replaces as a whole, by the model's names.</summary>
    public IReadOnlyDictionary<string, TensorView> Replaced { get; }

    /// <summary>Opens an adapter.</summary>
    /// <param name="path">A folder with adapter_config.json and adapter_model.safetensors, the .safetensors file in one, or a .gguf
    /// file.</param>
    /// <param name="scale">A factor of all that it adds.</param>
    /// <param name="model">The model that it is for; it must live as long.</param>
    /// <exception cref="CheckpointException">A file is missing, malformed or not supported, or does not fit the model.</exception>
    public static LoraAdapter Open(string path, float scale, Checkpoint model) => GgufFile.IsNamed(path)
        ? GgufLora.Open(path, scale, model)
        : PeftLora.Open(path, scale, model);

    /// <summary>Names what the adapter adds: a hash of its scales and factors. What it replaces is not part of it, as it needs no name:
    /// only a merged adapter may replace something.</summary>
    /// <returns>32 hexadecimal digits.</returns>
    public string ComputeFingerprint()
    {
        const int digits = 32;
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((string name, LowRankUpdate update) in Updates.OrderBy(update => update.Key, StringComparer.Ordinal))
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            hash.AppendData(MemoryMarshal.AsBytes<float>([update.Scale]));
            hash.AppendData(MemoryMarshal.AsBytes(update.ReadDown().AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes(update.ReadUp().AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset())[..digits];
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private static Dictionary<string, T> InModel<T>(
        ModelNames names, Checkpoint model, IReadOnlyDictionary<string, T> changes, Func<T, TensorView> first)
    {
        Dictionary<string, T> own = new(StringComparer.Ordinal);
        foreach ((string name, T change) in changes)
        {
            string found = $"a change of {CheckpointException.Quote(name)}";
            TensorView tensor = first(change);
            if (names.Find(name) is not { } ownName)
            {
                throw CheckpointException.ForTensor(tensor.File, tensor.Name, found,
                    $"a change of a tensor of the model, {model.WeightsFile}, which does not have that one");
            }

            if (!own.TryAdd(ownName, change))
                throw CheckpointException.ForTensor(tensor.File, tensor.Name, found, $"one change of {CheckpointException.Quote(ownName)}");
        }

        return own;
    }
}
