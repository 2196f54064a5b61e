using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.DependencyInjection;

/// <summary>A model that its first use loads and all uses share. Thread-safe.</summary>
/// <remarks>
/// Concurrent first uses load once; the others wait. The next use retries a load that failed. Disposing it, as a container does with its
/// services, disposes the model: texts that are being generated then end with an
/// <see cref="OperationCanceledException"/>.
/// </remarks>
public sealed partial class SharedModel : IDisposable
{
    private readonly Lock _gate = new();
    private readonly RetNetOptions? _options;
    private readonly ILogger _logger;
    private Loaded? _loaded;
    private bool _isDisposed;

    /// <summary>Prepares a model; nothing is read before its first use.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="logger">Logs that a model was loaded, and warns if it runs on the CPU because the requested device cannot be
    /// used.</param>
    /// <exception cref="ArgumentException">The options name no model.</exception>
    public SharedModel(RetNetOptions options, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentException.ThrowIfNullOrWhiteSpace(options.ModelPath);
        _options = options;
        _logger = logger ?? NullLogger.Instance;
        string path = Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.ModelPath));
        Name = path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase)
            ? Path.GetFileNameWithoutExtension(path)
            : Path.GetFileName(File.Exists(path) ? Path.GetDirectoryName(path) : path)!;
    }

    /// <summary>Wraps a loaded model, which stays the caller's.</summary>
    /// <param name="model">The model.</param>
    public SharedModel(TextModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        _logger = NullLogger.Instance;
        _loaded = new Loaded(model, model.DefaultOptions, model.Chat);
        Name = model.Name;
    }

    /// <summary>The name of the model's folder or .gguf file. Known before the model is loaded.</summary>
    public string Name { get; }

    /// <summary>Whether the model was loaded already.</summary>
    public bool IsLoaded => Volatile.Read(ref _loaded) is not null;

    /// <summary>The model, loaded now if it is not yet.</summary>
    /// <exception cref="ObjectDisposedException">This object was disposed.</exception>
    /// <exception cref="RetNet.Extensions.Core.Checkpoints.CheckpointException">The checkpoint is missing, malformed or not
    /// supported.</exception>
    /// <exception cref="TokenizerException">The tokenizer is missing, malformed or not supported.</exception>
    /// <exception cref="DeviceException">The device is missing or has too little memory, and the CPU may not replace it.</exception>
    public TextModel TextModel => Load().TextModel;

    /// <summary>How texts are generated unless a request says otherwise: the options' values, else the model's. Loads the model if it is
    /// not yet.</summary>
    public GenerationOptions DefaultOptions => Load().DefaultOptions;

    /// <summary>The options' chat template, else the model's; null if neither has one. Loads the model if it is not yet.</summary>
    /// <exception cref="ChatTemplateException">The model's template uses a construct that is not understood; texts without a template can
    /// still be generated.</exception>
    public ChatTemplate? ChatTemplate => Chat.Template;

    /// <summary>Turns conversations into tokens by <see cref="ChatTemplate"/>. Loads the model if it is not yet.</summary>
    public ChatEncoder Chat => Load().Chat;

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            if (_options is not null)
                _loaded?.TextModel.Dispose();
        }
    }

    private Loaded Load()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _loaded ??= Load(_options!);
        }
    }

    private Loaded Load(RetNetOptions options)
    {
        ChatTemplate? template = options.ChatTemplate is { } text ? ChatTemplate.Parse(text, nameof(options.ChatTemplate)) : null;
        TextModel model = LoadModel(options);
        try
        {
            Loaded loaded = new(model, options.ToGenerationOptions(model.DefaultOptions),
                new ChatEncoder(model.Tokenizer, template));
            LogLoaded(Name, model.Model.Info.Architecture, model.Model.Info.Parameters, model.Model.Info.WeightFormat.ToString(),
                model.Model.Info.Device);
            return loaded;
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    private TextModel LoadModel(RetNetOptions options)
    {
        ModelLoadOptions load = options.ToLoadOptions();
        return DeviceFallback.Use(load.Device, options.FallbackToCpu,
            device => TextModel.Load(options.ModelPath!, Replaces(device) ? OnCpu(load) : load, options.ToSchedulerOptions()),
            reason => LogFallback(Name, load.Device, reason));

        bool Replaces(ComputeDevice device) => device == ComputeDevice.Cpu && (load.Device != device || options.MayReplaceGpu);
    }

    // What replaces a GPU has its options except for a format that the CPU does not support.
    private ModelLoadOptions OnCpu(ModelLoadOptions options)
    {
        WeightFormat format = DeviceFallback.FormatOn(options.WeightFormat, ComputeDevice.Cpu);
        if (format != options.WeightFormat)
            LogFormat(Name);
        return options with { Device = ComputeDevice.Cpu, WeightFormat = format };
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Model {Model} runs on the CPU, not on {Device}: {Reason}")]
    private partial void LogFallback(string model, ComputeDevice device, string reason);

    [LoggerMessage(EventId = 2, Level = LogLevel.Information,
        Message = "Loaded model {Model} on {Device}: {Architecture}, {Parameters} parameters, weights {WeightFormat}.")]
    private partial void LogLoaded(string model, string architecture, long parameters, string weightFormat, ComputeDevice device);

    [LoggerMessage(EventId = 3, Level = LogLevel.Warning,
        Message = "Model {Model} runs on the CPU, which has no weights in Float16; they are kept in BFloat16.")]
    private partial void LogFormat(string model);

    private sealed record Loaded(TextModel TextModel, GenerationOptions DefaultOptions, ChatEncoder Chat);
}
