using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints.Gguf;
using RetNet.Extensions.Core.Checkpoints.Safetensors;

namespace RetNet.Extensions.Core.Checkpoints.Files;

/// <summary>Opens the checkpoints that a path or a stream holds.</summary>
public static class CheckpointFiles
{
    private const string IndexName = "model.safetensors.index.json";
    private const int MaximumConfigurationLength = 1 << 20;

    extension(Checkpoint)
    {
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

            string file = Path.Combine(isFolder ? path : Path.GetDirectoryName(path)!, Checkpoint.ConfigurationName);
            JsonElement configuration = RegularFile.ReadJson(file, MaximumConfigurationLength);
            using Shards shards = new();
            string weights = isFolder ? shards.AddFolder(path) : path;
            if (!isFolder)
                shards.Add(path);
            return new Checkpoint(path, file, configuration, weights, shards.Tensors, shards.Take());
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
            string file = Checkpoint.FileOfConfiguration(name);
            if (configuration.Length > MaximumConfigurationLength)
                throw new CheckpointException(file, $"{configuration.Length} bytes", $"at most {MaximumConfigurationLength} bytes");
            JsonElement parsed = RegularFile.ParseJson(configuration, file);
            using Shards shards = new();
            shards.Add(SafetensorsFile.Read(weights, Checkpoint.FileOfWeights(name)));
            return new Checkpoint(name, file, parsed, Checkpoint.FileOfWeights(name), shards.Tensors, shards.Take());
        }
    }

    private static Checkpoint OpenGguf(string path)
    {
        GgufFile file = GgufFile.Open(path);
        try
        {
            GgufConfiguration configuration = GgufConfiguration.Read(file);
            JsonElement parsed = RegularFile.ParseJson(configuration.Content, path);
            List<IDisposable> memory = [file];
            Dictionary<string, TensorView> tensors = [];
            foreach (TensorView stored in file.Tensors.Where(tensor => tensor.Name != GgufTensorNames.RotaryFactors))
            {
                TensorView tensor = AsInModel(stored, configuration, memory);
                if (!tensors.TryAdd(tensor.Name, tensor))
                {
                    string name = CheckpointException.Quote(GgufTensorNames.InFile(tensor.Name));
                    throw CheckpointException.ForTensor(path, tensor.Name, $"two tensors that stand for it, one of them {name}", "one");
                }
            }

            return new Checkpoint(path, path, parsed, path, tensors, memory, GgufTensorNames.InFile);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    // llama.cpp keeps the rows of rotated projections in the order of neighbouring pairs.
    private static TensorView AsInModel(TensorView tensor, GgufConfiguration configuration, List<IDisposable> memory)
    {
        string name = GgufTensorNames.InModel(tensor.Name);
        if (!configuration.RotatesNeighbours || !GgufTensorNames.IsRotated(tensor.Name) || tensor.Shape.Length == 0
            || tensor.Shape[0] % configuration.HeadWidth != 0)
        {
            return tensor.Renamed(name);
        }

        HalfSplitRows rows = new(tensor, configuration.HeadWidth);
        memory.Add(rows);
        return new TensorView(rows, name, tensor.Type, tensor.Shape.ToArray(), offset: 0, tensor.ByteLength);
    }

    /// <summary>The safetensors files of one model. Closes them unless they were taken.</summary>
    private sealed class Shards : IDisposable
    {
        private List<IDisposable> _files = [];

        public Dictionary<string, TensorView> Tensors { get; } = [];

        public string AddFolder(string folder)
        {
            string weights = Path.Combine(folder, Checkpoint.WeightsName);
            string index = Path.Combine(folder, IndexName);
            if (Path.Exists(weights))
            {
                Add(weights);
                return weights;
            }

            if (!Path.Exists(index))
            {
                throw new CheckpointException(folder, $"neither {Checkpoint.WeightsName} nor {IndexName}",
                    "one of them (weights in other formats, such as pickles, are not read)");
            }

            AddShards(folder, ShardIndex.Read(index));
            return index;
        }

        public void Add(string file) => Add(SafetensorsFile.Open(file));

        public void Add(SafetensorsFile shard)
        {
            _files.Add(shard);
            foreach ((string name, TensorView tensor) in shard.Tensors)
            {
                if (!Tensors.TryAdd(name, tensor))
                {
                    throw CheckpointException.ForTensor(
                        shard.Path, name, $"a second tensor of that name; the first is in {Tensors[name].File}", "one");
                }
            }
        }

        public IReadOnlyList<IDisposable> Take()
        {
            IReadOnlyList<IDisposable> files = _files;
            _files = [];
            return files;
        }

        public void Dispose()
        {
            foreach (IDisposable file in _files)
                file.Dispose();
        }

        private void AddShards(string folder, IReadOnlyDictionary<string, string> shardOfTensor)
        {
            foreach (string shard in shardOfTensor.Values.Distinct().Order(StringComparer.Ordinal))
                Add(Path.Combine(folder, shard));

            foreach ((string name, string shard) in shardOfTensor)
            {
                if (!Tensors.TryGetValue(name, out TensorView? tensor) || Path.GetFileName(tensor.File) != shard)
                {
                    throw CheckpointException.ForTensor(Path.Combine(folder, shard), name,
                        tensor is null ? "no such tensor" : $"it in {tensor.File}", $"it here, as {IndexName} says");
                }
            }
        }
    }
}
