using System.Runtime.CompilerServices;
using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints.Gguf;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using IOPath = System.IO.Path;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>An open model: its configuration and its tensors, memory-mapped or read from a stream.</summary>
/// <remarks>
/// Opens a Hugging Face folder (config.json with model.safetensors, or with model.safetensors.index.json and the shards that it names), one
/// .safetensors file with config.json beside it, or one .gguf file of the architectures llama (Mistral's files included), qwen2 and qwen3,
/// whose metadata and tensors then appear as transformers would write them. The tensors are usable until the checkpoint is disposed.
/// </remarks>
public sealed class Checkpoint : IDisposable
{
    private const string ConfigurationName = "config.json";
    private const string WeightsName = "model.safetensors";
    private const string IndexName = "model.safetensors.index.json";
    private const int MaximumConfigurationLength = 1 << 20;

    private readonly List<IDisposable> _memory = [];
    private readonly Dictionary<string, TensorView> _tensors = [];
    private readonly StrongBox<int> _owners = new(1);
    private bool _isGguf;
    private bool _disposed;

    private Checkpoint(string path, string configurationFile, JsonElement configuration)
        => (Path, WeightsFile, ConfigurationFile, Configuration) = (path, path, configurationFile, configuration);

    /// <summary>The folder or file that was opened, or the name that was given to a model in memory.</summary>
    public string Path { get; }

    /// <summary>Path of config.json, or of the .gguf file.</summary>
    public string ConfigurationFile { get; }

    /// <summary>Contents of config.json, an object; for a .gguf file the equivalent of its metadata. Stays valid when the checkpoint is
    /// disposed.</summary>
    public JsonElement Configuration { get; }

    /// <summary>Path of the .safetensors or .gguf file, or of the index of a sharded model.</summary>
    public string WeightsFile { get; private set; }

    /// <summary>The tensors of all shards by name.</summary>
    public IReadOnlyDictionary<string, TensorView> Tensors => _tensors;

    /// <summary>Opens a checkpoint and checks its files: everything that does not depend on the model's architecture.</summary>
    /// <param name="path">A folder, a .safetensors file or a .gguf file.</param>
    /// <returns>The open checkpoint; the caller disposes it when no tensor of it is used any more.</returns>
    /// <exception cref="CheckpointException">A file is missing or malformed, or the shards contradict their index.</exception>
    /// <exception cref="PlatformNotSupportedException">The machine is big-endian.</exception>
    public static Checkpoint Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (GgufFile.IsNamed(path))
            return OpenGguf(path);
        bool isFolder = Directory.Exists(path);
        if (!isFolder && !path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
        {
            throw new CheckpointException(path, File.Exists(path) ? "a file of another kind" : "nothing",
                "a model folder, a .safetensors file or a .gguf file");
        }

        string configurationFile = IOPath.Combine(isFolder ? path : IOPath.GetDirectoryName(path)!, ConfigurationName);
        Checkpoint checkpoint = new(path, configurationFile, RegularFile.ReadJson(configurationFile, MaximumConfigurationLength));
        try
        {
            if (isFolder)
                checkpoint.OpenFolder();
            else
                checkpoint.OpenShard(path);
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Opens a checkpoint that lies in memory, such as in an entry of a zip archive. The weights are copied into unmanaged
    /// memory.</summary>
    /// <param name="name">The name of the model in errors; its parts are named as if it were a folder.</param>
    /// <param name="configuration">Content of config.json.</param>
    /// <param name="weights">Content of model.safetensors; what follows the last tensor is not read.</param>
    /// <returns>The open checkpoint; the caller disposes it when no tensor of it is used any more.</returns>
    /// <exception cref="CheckpointException">A part is malformed.</exception>
    /// <exception cref="PlatformNotSupportedException">The machine is big-endian.</exception>
    public static Checkpoint FromMemory(string name, ReadOnlyMemory<byte> configuration, Stream weights)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        string configurationFile = $"{name}/{ConfigurationName}";
        if (configuration.Length > MaximumConfigurationLength)
        {
            throw new CheckpointException(configurationFile, $"{configuration.Length} bytes",
                $"at most {MaximumConfigurationLength} bytes");
        }

        Checkpoint checkpoint = new(
            name, configurationFile, RegularFile.ParseJson(configuration, configurationFile)) { WeightsFile = FileOfWeights(name) };
        checkpoint.Add(SafetensorsFile.Read(weights, checkpoint.WeightsFile));
        return checkpoint;
    }

    /// <summary>Makes a checkpoint of tensors that lie in memory.</summary>
    /// <param name="name">As for <see cref="FromMemory"/>.</param>
    /// <param name="configuration">Content of config.json.</param>
    /// <param name="tensors">The tensors, each of another name.</param>
    /// <param name="memory">What they lie in; the checkpoint owns it from here on.</param>
    internal static Checkpoint FromTensors(
        string name, ReadOnlyMemory<byte> configuration, IEnumerable<TensorView> tensors, IEnumerable<IDisposable> memory)
    {
        string configurationFile = $"{name}/{ConfigurationName}";
        Checkpoint checkpoint = new(
            name, configurationFile, RegularFile.ParseJson(configuration, configurationFile)) { WeightsFile = FileOfWeights(name) };
        checkpoint._memory.AddRange(memory);
        foreach (TensorView tensor in tensors)
            checkpoint._tensors.Add(tensor.Name, tensor);
        return checkpoint;
    }

    /// <summary>The name in errors of the file of weights of a model in memory.</summary>
    internal static string FileOfWeights(string name) => $"{name}/{WeightsName}";

    /// <summary>Another owner of the same tensors: they can be used until all are disposed. With it a model can be loaded a second time
    /// where the first attempt failed, although a model owns the checkpoint that it is loaded from.</summary>
    /// <returns>The checkpoint; the caller disposes it, too.</returns>
    public Checkpoint Share()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Interlocked.Increment(ref _owners.Value);
        return (Checkpoint)MemberwiseClone();
    }

    /// <summary>Releases all files, unless another owner uses them (<see cref="Share"/>). Their tensors' data must not be used
    /// afterwards.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, true) || Interlocked.Decrement(ref _owners.Value) > 0)
            return;
        foreach (IDisposable memory in _memory)
            memory.Dispose();
    }

    /// <summary>The file's name for the tensor that the model calls <paramref name="tensor"/>.</summary>
    internal string NameInFile(string tensor) => _isGguf ? GgufTensorNames.InFile(tensor) : tensor;

    private static Checkpoint OpenGguf(string path)
    {
        GgufFile file = GgufFile.Open(path);
        try
        {
            GgufConfiguration configuration = GgufConfiguration.Read(file);
            Checkpoint checkpoint = new(path, path, RegularFile.ParseJson(configuration.Content, path)) { _isGguf = true };
            checkpoint._memory.Add(file);
            foreach (TensorView tensor in file.Tensors.Where(tensor => tensor.Name != GgufTensorNames.RotaryFactors))
                checkpoint.Add(tensor, configuration);
            return checkpoint;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private void Add(TensorView tensor, GgufConfiguration configuration)
    {
        string name = GgufTensorNames.InModel(tensor.Name);
        if (configuration.RotatesNeighbours && GgufTensorNames.IsRotated(tensor.Name) && tensor.Shape.Length > 0
            && tensor.Shape[0] % configuration.HeadWidth == 0)
        {
            HalfSplitRows rows = new(tensor, configuration.HeadWidth);
            _memory.Add(rows);
            tensor = new TensorView(rows, name, tensor.Type, tensor.Shape.ToArray(), offset: 0, tensor.ByteLength);
        }
        else
        {
            tensor = tensor.Renamed(name);
        }

        if (!_tensors.TryAdd(name, tensor))
        {
            throw CheckpointException.ForTensor(
                WeightsFile, name, $"two tensors that stand for it, one of them {CheckpointException.Quote(NameInFile(name))}", "one");
        }
    }

    private void OpenFolder()
    {
        WeightsFile = IOPath.Combine(Path, WeightsName);
        string index = IOPath.Combine(Path, IndexName);
        if (IOPath.Exists(WeightsFile))
        {
            OpenShard(WeightsFile);
        }
        else if (IOPath.Exists(index))
        {
            OpenShards(index);
        }
        else
        {
            throw new CheckpointException(Path, $"neither {WeightsName} nor {IndexName}",
                "one of them (weights in other formats, such as pickles, are not read)");
        }
    }

    private void OpenShards(string index)
    {
        WeightsFile = index;
        IReadOnlyDictionary<string, string> shardOfTensor = ShardIndex.Read(index);
        foreach (string shard in shardOfTensor.Values.Distinct().Order(StringComparer.Ordinal))
            OpenShard(IOPath.Combine(Path, shard));

        foreach ((string name, string shard) in shardOfTensor)
        {
            if (!_tensors.TryGetValue(name, out TensorView? tensor) || IOPath.GetFileName(tensor.File) != shard)
            {
                throw CheckpointException.ForTensor(IOPath.Combine(Path, shard), name,
                    tensor is null ? "no such tensor" : $"it in {tensor.File}", $"it here, as {IndexName} says");
            }
        }
    }

    private void OpenShard(string file) => Add(SafetensorsFile.Open(file));

    private void Add(SafetensorsFile shard)
    {
        _memory.Add(shard);
        foreach ((string name, TensorView tensor) in shard.Tensors)
        {
            if (!_tensors.TryAdd(name, tensor))
            {
                throw CheckpointException.ForTensor(
                    shard.Path, name, $"a second tensor of that name; the first is in {_tensors[name].File}", "one");
            }
        }
    }
}
