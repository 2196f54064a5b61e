using System.Text.Json.Serialization;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.ML.Models;
using static RetNet.Extensions.ML.Models.OptionChecks;

namespace RetNet.Extensions.ML.Transforms;

/// <summary>The options that all transforms with a pretrained model share.</summary>
/// <remarks>Everything but the model's path, the threads and the device is saved with the model.</remarks>
public abstract class RetNetTextOptions
{
    /// <summary>
    /// The Hugging Face folder of the model, a .safetensors file in it, or a .gguf file. Loaded by <c>Fit</c>: the
    /// transformer reads its weights again when it is saved, and refuses to be saved when their files have changed. A saved model does not
    /// need them. Required.
    /// </summary>
    [JsonIgnore]
    public string? ModelPath { get; set; }

    /// <summary>The column to add. Required.</summary>
    public string OutputColumnName { get; set; } = "";

    /// <summary>The text column to read. Default null: the column named <see cref="OutputColumnName"/>, which the new one then
    /// hides.</summary>
    public string? InputColumnName { get; set; }

    /// <summary>
    /// How many rows a cursor reads ahead and runs through the model together, at most. Default 32. At most 4096 texts are generated at
    /// once, without a limit on the memory of their states: choose fewer, or a bounded <see cref="Policy"/>, if memory is scarce.
    /// </summary>
    public int BatchSize { get; set; } = 32;

    /// <summary>How many tokens of a text are read; the rest of the text is left out. Default 0: all, however long the text is.</summary>
    public int ContextLength { get; set; }

    /// <summary>
    /// How weight matrices are kept in memory. Default: as the checkpoint has them. With a warning in the log the CPU keeps
    /// <see cref="WeightFormat.BFloat16"/> instead of <see cref="WeightFormat.Float16"/>, and a GPU <see cref="WeightFormat.Auto"/> instead
    /// of <see cref="WeightFormat.Int8"/> and <see cref="WeightFormat.Int4"/>.
    /// </summary>
    public WeightFormat WeightFormat { get; set; } = WeightFormat.Auto;

    /// <summary>
    /// Which rows of a Transformer's key-value cache stay: <c>full</c> (default), <c>window</c>, <c>sinks</c>, <c>h2o</c> or <c>tova</c>. A
    /// RetNet has no such cache and refuses all but <c>full</c>.
    /// </summary>
    public string Policy { get; set; } = MultiStatePolicies.Full;

    /// <summary>The number of rows that <see cref="Policy"/> keeps: <c>512</c>, or a part of the context such as <c>25%</c>. Default null:
    /// <see cref="MultiStatePolicies.DefaultSize"/> for every policy but <c>full</c>.</summary>
    public string? StateSize { get; set; }

    /// <summary>The number of first tokens that the policy <c>sinks</c> always keeps. Default 4.</summary>
    public int Sinks { get; set; } = MultiStatePolicies.DefaultSinks;

    /// <summary>How states are kept in memory; <see cref="StateFormat.BFloat16"/> halves them, <see
    /// cref="StateFormat.Int8"/> halves those of a Transformer on the CPU again. Default
    /// <see cref="StateFormat.Float32"/>.</summary>
    public StateFormat StateFormat { get; set; }

    /// <summary>Threads that the model uses at most; 0, the default, for one per processor.</summary>
    [JsonIgnore]
    public int Threads { get; set; }

    /// <summary>The GPU to run on. Default null: <see cref="Microsoft.ML.MLContext.GpuDeviceId"/>.</summary>
    [JsonIgnore]
    public int? GpuDeviceId { get; set; }

    /// <summary>Whether the CPU replaces a GPU that cannot be used. Default null: <see
    /// cref="Microsoft.ML.MLContext.FallbackToCpu"/>.</summary>
    [JsonIgnore]
    public bool? FallbackToCpu { get; set; }

    internal string InputColumn => InputColumnName ?? OutputColumnName;

    internal ModelLoadOptions LoadOptions => new() { WeightFormat = WeightFormat, Threads = Threads };

    internal StateOptions StateOptions => new() { Policy = MultiStatePolicies.Create(Policy, StateSize, Sinks), Format = StateFormat };

    /// <summary>Checks every value.</summary>
    /// <exception cref="ArgumentException">A value is missing or out of range; the message names the option.</exception>
    internal virtual void Validate()
    {
        Require(!string.IsNullOrEmpty(OutputColumnName), nameof(OutputColumnName), OutputColumnName, "the name of a column");
        Require(InputColumnName != "", nameof(InputColumnName), InputColumnName, "the name of a column, or null");
        Require(BatchSize is >= 1 and <= 1 << 16, nameof(BatchSize), BatchSize, "1 to 65536");
        Require(ContextLength >= 0, nameof(ContextLength), ContextLength, "0 (all) or more");
        RequireDefined(WeightFormat, nameof(WeightFormat));
        RequireStates(StateFormat, Policy);
        RequireRun(Threads, GpuDeviceId);
        _ = StateOptions;
    }

    /// <summary>Checks what an estimator needs and a saved model does not.</summary>
    /// <exception cref="ArgumentException">The path is missing.</exception>
    internal void RequireModelPath() => Require(!string.IsNullOrWhiteSpace(ModelPath), nameof(ModelPath), ModelPath,
        "a Hugging Face folder (config.json, model.safetensors, tokenizer.json) or a .gguf file");

    /// <summary>Checks that the model supports the options.</summary>
    /// <exception cref="ArgumentException">It cannot; the message names the option.</exception>
    internal virtual void CheckModel(HeldModel model)
    {
        RequireCache(StateOptions, Policy, !model.Text.Info.HasConstantState);
        model.CheckState(StateOptions);
    }

    /// <summary>A copy, so that what the caller changes later has no effect.</summary>
    internal RetNetTextOptions Copy() => (RetNetTextOptions)MemberwiseClone();
}
