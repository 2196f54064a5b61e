using System.Runtime.CompilerServices;
using System.Text.Json;

namespace RetNet.Extensions.Core.Checkpoints;

/// <summary>An open model: its configuration and its tensors, which are read from their files when they are asked for, or lie in
/// memory.</summary>
/// <remarks>
/// <para>
/// Opens a Hugging Face folder (config.json with model.safetensors, or with model.safetensors.index.json and the shards that it names), one
/// .safetensors file with config.json beside it, or one .gguf file, whose metadata and tensors then appear as transformers would write
/// them. The tensors are usable until the checkpoint is disposed.
/// </para>
/// <para>A file of weights that is changed or cut while the checkpoint is open is noticed by its length and time stamp: reading a tensor of
/// it then ends with a <see cref="CheckpointException"/>. Replacing it, by renaming another file, does no harm.</para>
/// </remarks>
public sealed class Checkpoint : IDisposable
{
    private readonly IReadOnlyList<IDisposable> _memory;
    private readonly Func<string, string> _nameInFile;
    private readonly StrongBox<int> _owners = new(1);
    private bool _disposed;

    /// <param name="path">The folder or file, or the name of a model in memory.</param>
    /// <param name="configurationFile">The path of config.json, or of the file that stands for it.</param>
    /// <param name="configuration">Contents of config.json.</param>
    /// <param name="weightsFile">The path of the weights.</param>
    /// <param name="tensors">The tensors by the model's names.</param>
    /// <param name="memory">What they lie in; the checkpoint owns it from here on.</param>
    /// <param name="nameInFile">The file's name for a tensor of the model; null where it is the same.</param>
    internal Checkpoint(
        string path, string configurationFile, JsonElement configuration, string weightsFile,
        IReadOnlyDictionary<string, TensorView> tensors, IReadOnlyList<IDisposable> memory, Func<string, string>? nameInFile = null)
    {
        (Path, ConfigurationFile, Configuration, WeightsFile) = (path, configurationFile, configuration, weightsFile);
        (Tensors, _memory, _nameInFile) = (tensors, memory, nameInFile ?? (tensor => tensor));
    }

    /// <summary>The folder or file that was opened, or the name that was given to a model in memory.</summary>
    public string Path { get; }

    /// <summary>Path of config.json, or of the .gguf file.</summary>
    public string ConfigurationFile { get; }

    /// <summary>Contents of config.json, an object; for a .gguf file the equivalent of its metadata. Stays valid when the checkpoint is
    /// disposed.</summary>
    public JsonElement Configuration { get; }

    /// <summary>Path of the .safetensors or .gguf file, or of the index of a sharded model.</summary>
    public string WeightsFile { get; }

    /// <summary>The tensors of all shards by name.</summary>
    public IReadOnlyDictionary<string, TensorView> Tensors { get; }

    /// <summary>Makes a checkpoint of tensors that lie in memory.</summary>
    /// <param name="name">What errors call the model.</param>
    /// <param name="configuration">Content of config.json.</param>
    /// <param name="tensors">The tensors, each of another name.</param>
    /// <param name="memory">What they lie in; the checkpoint owns it from here on.</param>
    internal static Checkpoint FromTensors(
        string name, ReadOnlyMemory<byte> configuration, IEnumerable<TensorView> tensors, IEnumerable<IDisposable> memory)
    {
        string configurationFile = FileOfConfiguration(name);
        return new Checkpoint(name, configurationFile, RegularFile.ParseJson(configuration, configurationFile), FileOfWeights(name),
            tensors.ToDictionary(tensor => tensor.Name), [.. memory]);
    }

    /// <summary>A part of the tensors, as a checkpoint of its own that disposes this one.</summary>
    internal Checkpoint Part(Func<string, bool> contains) =>
        With(Tensors.Where(tensor => contains(tensor.Key)).ToDictionary(tensor => tensor.Key, tensor => tensor.Value), []);

    /// <summary>Other tensors of the same model, as a checkpoint of its own that disposes this one.</summary>
    /// <param name="tensors">The tensors by the model's names.</param>
    /// <param name="memory">What else they lie in; the new checkpoint owns it.</param>
    /// <param name="configuration">Contents of config.json; null for those of this one.</param>
    internal Checkpoint With(
        IReadOnlyDictionary<string, TensorView> tensors, IReadOnlyList<IDisposable> memory, JsonElement? configuration = null) =>
        new(Path, ConfigurationFile, configuration ?? Configuration, WeightsFile, tensors, [.. memory, this], _nameInFile);

    /// <summary>The name in errors of config.json of a model in memory.</summary>
    internal static string FileOfConfiguration(string name) => $"{name}/{FileNames.Configuration}";

    /// <summary>The name in errors of the file of weights of a model in memory.</summary>
    internal static string FileOfWeights(string name) => $"{name}/{FileNames.Weights}";

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
    internal string NameInFile(string tensor) => _nameInFile(tensor);
}
