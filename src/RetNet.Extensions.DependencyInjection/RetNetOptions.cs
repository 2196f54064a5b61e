using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.DependencyInjection;

/// <summary>A model's files, device, memory and defaults of generation.</summary>
/// <remarks>Read once, when the model is first used; later changes of the configuration have no effect.</remarks>
public sealed class RetNetOptions
{
    private const string AutomaticDevice = "auto";

    private readonly List<string> _registered = [];
    private string? _before;

    /// <summary>The Hugging Face folder of the model, a .safetensors file in it, or a .gguf file. A relative path starts at the content
    /// root of the host, or without a host at the current directory. Required.</summary>
    public string? ModelPath { get; set; }

    /// <summary>
    /// <c>auto</c> (default), <c>cpu</c>, <c>cuda</c>, <c>cuda:N</c>, <c>mps</c>, or <c>torch</c> for libtorch on the CPU. <c>auto</c>
    /// takes a GPU where the application references RetNet.Extensions.TorchSharp and there is one, the CPU otherwise.
    /// </summary>
    public string Device { get; set; } = AutomaticDevice;

    /// <summary>The index of the GPU. With <see cref="Device"/> <c>auto</c> it requests that GPU. Default null: no preference.</summary>
    public int? GpuDeviceId { get; set; }

    /// <summary>
    /// Whether the CPU replaces a device that cannot be used or has too little memory, with a warning in the log. Default false: the first
    /// is an error at start-up, the second a <see cref="DeviceMemoryException"/> when the model is loaded.
    /// </summary>
    public bool FallbackToCpu { get; set; }

    /// <summary>
    /// How weight matrices are kept in memory. Default: as the checkpoint has them. <see cref="WeightFormat.Int8"/> and
    /// <see cref="WeightFormat.Int4"/> are for the CPU, <see cref="WeightFormat.Float16"/> is for other devices; a CPU that replaces such a
    /// device keeps <see cref="WeightFormat.BFloat16"/> instead.
    /// </summary>
    public WeightFormat WeightFormat { get; set; } = WeightFormat.Auto;

    /// <summary>Threads that one forward uses at most; 0, the default, for one per processor. A GPU ignores it.</summary>
    public int Threads { get; set; }

    /// <summary>LoRA adapters that are loaded with the model. Default: none.</summary>
    public IList<RetNetAdapterOptions> Adapters { get; init; } = [];

    /// <summary>The name of the adapter of requests that name none. Default null: the weights alone.</summary>
    public string? Adapter { get; set; }

    /// <summary>
    /// Which rows of a Transformer's key-value cache stay: <c>full</c> (default), <c>window</c>, <c>sinks</c>, <c>h2o</c> or <c>tova</c>. A
    /// RetNet has no such cache and ignores it.
    /// </summary>
    public string Policy { get; set; } = MultiStatePolicies.Full;

    /// <summary>
    /// The number of rows that <see cref="Policy"/> keeps: <c>512</c>, or a part of the context such as <c>25%</c> or <c>0.25</c>. Default
    /// null: <see cref="MultiStatePolicies.DefaultSize"/> for every policy but <c>full</c>.
    /// </summary>
    public string? StateSize { get; set; }

    /// <summary>The number of first tokens that the policy <c>sinks</c> always keeps. Default 4.</summary>
    public int Sinks { get; set; } = MultiStatePolicies.DefaultSinks;

    /// <summary>Tokens of a prompt between two cuts by <see cref="Policy"/>; see <see cref="StateOptions.PromptChunk"/>. Default
    /// null.</summary>
    public int? PromptChunk { get; set; }

    /// <summary>How states are kept in memory; <see cref="StateFormat.BFloat16"/> halves them, <see
    /// cref="StateFormat.Int8"/> halves those of a Transformer on the CPU again. Default
    /// <see cref="StateFormat.Float32"/>.</summary>
    public StateFormat StateFormat { get; set; }

    /// <summary>The chat template (Jinja text) to use instead of the model's own. Default null.</summary>
    public string? ChatTemplate { get; set; }

    /// <summary>The largest number of tokens to generate. Default null: as the model's generation_config.json says.</summary>
    public int? MaxTokens { get; set; }

    /// <summary><see cref="SamplingOptions.Temperature"/>. Default null: as the model's generation_config.json says.</summary>
    public float? Temperature { get; set; }

    /// <summary><see cref="SamplingOptions.TopP"/>. Default null: as the model's generation_config.json says.</summary>
    public float? TopP { get; set; }

    /// <summary><see cref="SamplingOptions.TopK"/>. Default null: as the model's generation_config.json says.</summary>
    public int? TopK { get; set; }

    /// <summary><see cref="SamplingOptions.MinP"/>. Default null: as the model's generation_config.json says.</summary>
    public float? MinP { get; set; }

    /// <summary><see cref="SamplingOptions.RepetitionPenalty"/>. Default null: as the model's generation_config.json says.</summary>
    public float? RepetitionPenalty { get; set; }

    /// <summary><see cref="GenerationOptions.PromptLookupTokens"/>. Default null: as the model's generation_config.json says, or
    /// none.</summary>
    public int? PromptLookupTokens { get; set; }

    /// <summary><see cref="SamplingOptions.FrequencyPenalty"/>. Default null: none.</summary>
    public float? FrequencyPenalty { get; set; }

    /// <summary><see cref="SamplingOptions.PresencePenalty"/>. Default null: none.</summary>
    public float? PresencePenalty { get; set; }

    /// <summary><see cref="SamplingOptions.Seed"/>. Default null: another draw every time.</summary>
    public long? Seed { get; set; }

    /// <summary>Texts that end a generation. Default: none.</summary>
    public IList<string> StopStrings { get; init; } = [];

    /// <summary><see cref="BatchSchedulerOptions.MaxBatch"/>: how many texts of concurrent requests are generated together. Default
    /// 32.</summary>
    public int MaxBatch { get; set; } = 32;

    /// <summary><see cref="BatchSchedulerOptions.MaxQueue"/>: how many requests wait while the batch is full; further requests wait for a
    /// place among them. Default 1024.</summary>
    public int MaxQueuedRequests { get; set; } = 1024;

    /// <summary>
    /// <see cref="BatchSchedulerOptions.StateBudgetBytes"/> in MiB: memory for all states, those of the texts that are being generated and
    /// those that are kept between requests. Default null: the model shares the <see cref="MemoryBudget"/> that is registered as a
    /// service, or else <see cref="MemoryBudget.Default"/>, half of what the process may use.
    /// </summary>
    public int? StateBudgetMegabytes { get; set; }

    /// <summary><see cref="BatchSchedulerOptions.KeptStateBytes"/> in MiB: how much of that budget the states of conversations and system
    /// prompts may keep between requests. Default 256; 0 keeps none.</summary>
    public int KeptStateMegabytes { get; set; } = 256;

    /// <summary><c>RetNetChatClientOptions.RememberConversations</c> of chat clients for this model. Default null: as that says.</summary>
    public bool? RememberConversations { get; set; }

    /// <summary><c>RetNetChatClientOptions.MaxConversations</c> of chat clients for this model. Default null: as that says.</summary>
    public int? MaxConversations { get; set; }

    /// <summary><c>RetNetChatClientOptions.RefuseLongPrompts</c> of chat clients for this model. Default null: as that says.</summary>
    public bool? RefuseLongPrompts { get; set; }

    /// <summary>Where a relative <see cref="ModelPath"/> starts; null for the current directory.</summary>
    internal string? ContentRoot { get; set; }

    /// <summary><see cref="ModelPath"/> from the root of the file system; null where there is none.</summary>
    internal string? FullModelPath => string.IsNullOrWhiteSpace(ModelPath) || ModelPath.Contains('\0')
        ? null
        : Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(ContentRoot ?? "", ModelPath)));

    /// <summary>The different model paths that the registrations of this model have set, in their order.</summary>
    internal IReadOnlyList<string> RegisteredModelPaths => _registered;

    /// <summary>True if <c>auto</c> may fall back to the CPU when no GPU is found.</summary>
    internal bool MayReplaceGpu => FallbackToCpu && AutomaticDevice.Equals(Device, StringComparison.OrdinalIgnoreCase);

    /// <summary>Called before a registration sets its options.</summary>
    internal void BeginRegistration() => _before = FullModelPath;

    /// <summary>Called after a registration has set its options.</summary>
    internal void EndRegistration()
    {
        if (FullModelPath is { } path && path != _before && !_registered.Contains(path))
            _registered.Add(path);
    }

    /// <summary>How the texts of concurrent requests are generated together.</summary>
    /// <returns>The scheduler's options of Core.</returns>
    public BatchSchedulerOptions ToSchedulerOptions() => new()
    {
        MaxBatch = MaxBatch,
        MaxQueue = MaxQueuedRequests,
        StateBudgetBytes = (long?)StateBudgetMegabytes << 20,
        KeptStateBytes = (long)KeptStateMegabytes << 20,
    };

    /// <summary>How the model is loaded.</summary>
    /// <returns>The load options of Core, with the requested device, whether it exists or not.</returns>
    /// <exception cref="ArgumentException"><see cref="Device"/> is no device's name, or contradicts <see cref="GpuDeviceId"/>.</exception>
    public ModelLoadOptions ToLoadOptions() => new()
    {
        Device = ModelEngines.Choose(Device, GpuDeviceId),
        WeightFormat = WeightFormat,
        Threads = Threads,
        Adapters = [.. Adapters.Select(adapter => adapter.ToAdapter(ContentRoot ?? ""))],
    };

    /// <summary>How a sequence remembers.</summary>
    /// <returns>The state options of Core.</returns>
    /// <exception cref="ArgumentException">Policy, state size or sinks are out of range or do not fit together.</exception>
    public StateOptions ToStateOptions() => new()
    {
        Policy = MultiStatePolicies.Create(Policy, StateSize, Sinks),
        PromptChunk = PromptChunk,
        Format = StateFormat,
        Adapter = Adapter,
    };

    /// <summary>How a text is generated.</summary>
    /// <param name="defaults">The values for properties that are null, usually the model's own defaults.</param>
    /// <returns>The generation options of Core.</returns>
    /// <exception cref="ArgumentException">As for <see cref="ToStateOptions"/>.</exception>
    public GenerationOptions ToGenerationOptions(GenerationOptions defaults)
    {
        ArgumentNullException.ThrowIfNull(defaults);
        GenerationOverrides overrides = new()
        {
            MaxTokens = MaxTokens,
            StopStrings = StopStrings.Count > 0 ? [.. StopStrings] : null,
            RepetitionPenalty = RepetitionPenalty,
            FrequencyPenalty = FrequencyPenalty,
            PresencePenalty = PresencePenalty,
            Temperature = Temperature,
            TopK = TopK,
            TopP = TopP,
            MinP = MinP,
            Seed = Seed,
            PromptLookupTokens = PromptLookupTokens,
        };
        return overrides.ApplyTo(defaults) with { State = ToStateOptions() };
    }
}
