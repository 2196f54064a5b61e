using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints.Gguf;
using RetNet.Extensions.Core.Checkpoints.Gguf.Architectures;
using RetNet.Extensions.Core.Checkpoints.Quantized;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Formats;
using static RetNet.Extensions.Core.Checkpoints.CheckpointLimits;

namespace RetNet.Extensions.Core.Checkpoints.Files;

/// <summary>Opens models by their paths: the checkpoint, and the documents beside it.</summary>
public static class ModelFiles
{
    private const string IndexName = "model.safetensors.index.json";

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

            string file = Path.Combine(isFolder ? path : Path.GetDirectoryName(path)!, FileNames.Configuration);
            if (!Path.Exists(file))
                throw new CheckpointException(file, "no file", "the configuration of a model, beside its weights");
            JsonElement configuration = RegularFile.ReadJson(file, MaximumConfigurationLength);
            using Shards shards = new();
            string weights = isFolder ? shards.AddFolder(path) : path;
            if (!isFolder)
                shards.Add(path);
            return QuantizedTensors.Widen(new Checkpoint(path, file, configuration, weights, shards.Tensors, shards.Take()));
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
            return QuantizedTensors.Widen(
                new Checkpoint(name, file, parsed, Checkpoint.FileOfWeights(name), shards.Tensors, shards.Take()));
        }
    }

    extension(Checkpoint checkpoint)
    {
        /// <summary>Writes the weights as a safetensors file, without loss: in bfloat16 if all weights are bfloat16, otherwise in
        /// float32.</summary>
        /// <param name="stream">Receives the file.</param>
        /// <exception cref="ObjectDisposedException">The checkpoint was disposed.</exception>
        public void WriteWeights(Stream stream)
        {
            ArgumentNullException.ThrowIfNull(checkpoint);
            TensorView[] weights = [.. checkpoint.Tensors.Values.Where(tensor => tensor.IsWeight)];
            TensorType type = weights.All(tensor => tensor.Type == TensorType.BFloat16) ? TensorType.BFloat16 : TensorType.Float32;
            SafetensorsWriter.Write(stream, weights.Select(tensor => tensor.ToSource()), type);
        }
    }

    extension(ModelDocuments)
    {
        /// <summary>Reads the documents of a model as they are; they are checked when a model is made of them.</summary>
        /// <param name="path">A model folder, a .safetensors file in one, or a .gguf file, whose metadata are written as those
        /// documents.</param>
        /// <returns>The documents.</returns>
        /// <exception cref="CheckpointException">There is no config.json, a file cannot be read or is too large, or the .gguf file is
        /// malformed or not supported.</exception>
        public static ModelDocuments Read(string path)
        {
            ArgumentException.ThrowIfNullOrEmpty(path);
            return GgufFile.IsNamed(path)
                ? GgufDocuments.Read(path)
                : ReadTokenizer(path) with { Configuration = ReadFile(Folder(path), FileNames.Configuration) };
        }

        /// <summary>Reads the documents of a model that belong to its tokenizer and to generation, without config.json.</summary>
        /// <param name="path">As for <see cref="Read"/>.</param>
        /// <returns>The documents; those that are not there are empty.</returns>
        /// <exception cref="CheckpointException">A file cannot be read or is too large, or the .gguf file is malformed or not
        /// supported.</exception>
        public static ModelDocuments ReadTokenizer(string path)
        {
            ArgumentException.ThrowIfNullOrEmpty(path);
            if (GgufFile.IsNamed(path))
                return GgufDocuments.ReadTokenizer(path);
            string folder = Folder(path);
            ModelDocuments settings = ReadSettings(folder);
            return File.Exists(Path.Combine(folder, FileNames.Tokenizer))
                ? settings with { Tokenizer = ReadFile(folder, FileNames.Tokenizer) }
                : TokenizerFiles.Translate(folder, settings);
        }

        /// <summary>The folder of a model that is named by its folder or by its weights.</summary>
        internal static string Folder(string path) => Directory.Exists(path) ? path : Path.GetDirectoryName(Path.GetFullPath(path))!;

        /// <summary>Reads the documents of a folder that may stand beside a tokenizer.json.</summary>
        internal static ModelDocuments ReadSettings(string folder) => new()
        {
            Configuration = default,
            TokenizerConfiguration = ReadOptional(folder, FileNames.TokenizerConfiguration),
            ChatTemplate = ReadOptional(folder, FileNames.ChatTemplate),
            ToolChatTemplate = ReadOptional(folder, FileNames.ToolChatTemplate),
            GenerationConfiguration = ReadOptional(folder, FileNames.GenerationConfiguration),
            SentenceTransformer = SentenceTransformerFiles.Read(folder),
        };
    }

    private static Checkpoint OpenGguf(string path)
    {
        GgufFile file = GgufFile.Open(path);
        try
        {
            GgufConfiguration configuration = GgufConfiguration.Read(file);
            JsonElement parsed = RegularFile.ParseJson(configuration.Content, path);
            Dictionary<string, TensorView> tensors = GgufTensors.Read(file, configuration);
            return new Checkpoint(path, path, parsed, path, tensors, [file], configuration.Architecture.TensorNames.InFile);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static byte[] ReadOptional(string folder, string name) => File.Exists(Path.Combine(folder, name)) ? ReadFile(folder, name) : [];

    private static byte[] ReadFile(string folder, string name) =>
        RegularFile.Read(Path.Combine(folder, name), ModelDocuments.MaximumLength);

    /// <summary>The safetensors files of one model. Closes them unless they were taken.</summary>
    private sealed class Shards : IDisposable
    {
        private List<IDisposable> _files = [];

        public Dictionary<string, TensorView> Tensors { get; } = [];

        public string AddFolder(string folder)
        {
            string weights = Path.Combine(folder, FileNames.Weights);
            string index = Path.Combine(folder, IndexName);
            if (Path.Exists(weights))
            {
                Add(weights);
                return weights;
            }

            if (!Path.Exists(index))
            {
                throw new CheckpointException(folder, $"neither {FileNames.Weights} nor {IndexName}",
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
                        tensor is null
                            ? "no such tensor"
                            : $"the tensor in {tensor.File}", $"the tensor in this file, as {IndexName} says");
                }
            }
        }
    }
}
