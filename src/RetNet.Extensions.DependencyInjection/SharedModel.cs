using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.DependencyInjection;

/// <summary>A model that its first use loads and that all others share. Thread-safe.</summary>
/// <remarks>
/// Concurrent first uses load once, on a thread of the load's own; the others wait without a thread. The next use retries a load that
/// failed. Disposing it, as a container does with its services, disposes the model: texts that are being generated then end with an
/// <see cref="OperationCanceledException"/>, and uses that wait for the load end with an <see cref="ObjectDisposedException"/> at once.
/// </remarks>
public sealed partial class SharedModel : IDisposable
{
    private readonly Lock _gate = new();
    private readonly RetNetOptions? _options;
    private readonly ILogger _logger;

    // Whichever completes it first, the load or the disposal, decides whether the model is used; a model that comes too late is disposed.
    private TaskCompletionSource<LoadedModel>? _load;
    private bool _isDisposed;

    /// <summary>Prepares a model; nothing is read before its first use.</summary>
    /// <param name="options">Valid options.</param>
    /// <param name="logger">Logs that a model was loaded, and warns if it runs on the CPU because the requested device cannot be
    /// used.</param>
    /// <exception cref="ArgumentException">The options name no model.</exception>
    public SharedModel(RetNetOptions options, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        string path = options.FullModelPath
            ?? throw new ArgumentException($"{nameof(options.ModelPath)} is missing; expected the path of a model.", nameof(options));
        _options = options;
        _logger = logger ?? NullLogger.Instance;
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
        _load = new TaskCompletionSource<LoadedModel>();
        _load.SetResult(new LoadedModel(model, model.DefaultOptions, model.Chat));
        Name = model.Name;
    }

    /// <summary>The budget that all models of an application share; null for none.</summary>
    internal MemoryBudget? Budget { get; init; }

    /// <summary>The name of the model's folder or .gguf file. Known before the model is loaded.</summary>
    public string Name { get; }

    /// <summary>The model, if it has been loaded; null before that.</summary>
#pragma warning disable RS0030 // The task is complete.
    public LoadedModel? Loaded => Volatile.Read(ref _load) is { Task: { IsCompletedSuccessfully: true } load } ? load.Result : null;
#pragma warning restore RS0030

    /// <summary>The load that has begun; null before the first use.</summary>
    internal Task<LoadedModel>? Loading => Volatile.Read(ref _load)?.Task;

    /// <summary>The model; the first use loads it.</summary>
    /// <param name="cancellationToken">Cancels the waiting. A load that has begun goes on for the other uses.</param>
    /// <returns>The model with the options that apply to it; at once if it has been loaded.</returns>
    /// <exception cref="ObjectDisposedException">This object was disposed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="RetNet.Extensions.Core.Checkpoints.CheckpointException">The checkpoint is missing, malformed or not
    /// supported.</exception>
    /// <exception cref="TokenizerException">The tokenizer is missing, malformed or not supported.</exception>
    /// <exception cref="DeviceException">The device is missing or has too little memory, and the CPU may not replace it.</exception>
    public async ValueTask<LoadedModel> GetAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Task<LoadedModel> load;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_load is null or { Task.IsFaulted: true })
                _load = Start(_options!);
            load = _load.Task;
        }

        return await load.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        TaskCompletionSource<LoadedModel>? load;
        lock (_gate)
        {
            _isDisposed = true;
            load = _load;
        }

        if (load is null || _options is null)
            return;
        Fail(load, new ObjectDisposedException(nameof(SharedModel)));
        Loaded?.TextModel.Dispose();
    }

    private TaskCompletionSource<LoadedModel> Start(RetNetOptions options)
    {
        TaskCompletionSource<LoadedModel> load = new(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Load(options, load)) { IsBackground = true, Name = $"Load {Name}" }.UnsafeStart();
        return load;
    }

    private void Load(RetNetOptions options, TaskCompletionSource<LoadedModel> load)
    {
        try
        {
            LoadedModel loaded = Load(options);
            if (!load.TrySetResult(loaded))
                loaded.TextModel.Dispose();
        }
        catch (Exception exception)
        {
            Fail(load, exception);
        }
    }

    private static void Fail(TaskCompletionSource<LoadedModel> load, Exception exception)
    {
        load.TrySetException(exception);

        // The uses that wait see the failure; without any, it counts as observed.
        _ = load.Task.Exception;
    }

    private LoadedModel Load(RetNetOptions options)
    {
        ChatTemplate? template = options.ChatTemplate is { } text ? ChatTemplate.Parse(text, nameof(options.ChatTemplate)) : null;
        TextModel model = LoadModel(options);
        try
        {
            GenerationOptions generation = options.ToGenerationOptions(model.DefaultOptions);

            // States that the model cannot have are found now, not with the first request.
            if (model.Encoder is null)
                _ = model.Model.StateBytes(generation.State, tokens: 1);
            LoadedModel loaded = new(model, generation, new ChatEncoder(model.Tokenizer, template));
            LogLoaded(Name, model.Info.Architecture, model.Info.Parameters, model.Info.WeightFormat.ToString(), model.Info.Device);
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
        BatchSchedulerOptions scheduling = options.ToSchedulerOptions();
        if (scheduling.StateBudgetBytes is null)
            scheduling = scheduling with { Budget = Budget };
        return DeviceFallback.Use(load.Device, options.FallbackToCpu,
            device => TextModel.Load(options.FullModelPath!, Replaces(device) ? OnCpu(load) : load, scheduling),
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
}
