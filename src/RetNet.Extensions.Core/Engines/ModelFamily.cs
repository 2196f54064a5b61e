using System.Text.Json;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Adapters;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Models.Transformer.Managed;
using RetNet.Extensions.Core.Training;
using RetNet.Extensions.Core.Training.Layers;

namespace RetNet.Extensions.Core.Engines;

/// <summary>A family of models: how its configuration is recognised, and how models of it are loaded, created and trained.</summary>
public sealed class ModelFamily
{
    /// <summary>The object in config.json that makes a decoder a forecaster, which is no language model.</summary>
    internal const string ForecasterSection = "forecasting";

    private readonly Func<ConfigurationReader, bool> _describes;
    private readonly string _expected;

    private ModelFamily(
        string name,
        Func<ConfigurationReader, bool> describes,
        string expected,
        Func<Checkpoint, TiedHead?> findTied,
        Func<Checkpoint, ModelLoadOptions, LanguageModel> load,
        Func<Checkpoint, TrainableParts> loadParts,
        Func<ModelShape, InitializationOptions, TrainableParts> createParts)
    {
        (Name, _describes, _expected) = (name, describes, expected);
        (FindTied, Load, LoadParts, CreateParts) = (findTied, load, loadParts, createParts);
    }

    /// <summary>RetNet (arXiv 2307.08621) in the dialects of flash-linear-attention and torchscale.</summary>
    public static ModelFamily RetNet { get; } = new(
        "retnet",
        options => RetNetConfiguration.DialectOf(options) is not null,
        RetNetConfiguration.Expected,
        checkpoint => RetNetConfiguration.Parse(checkpoint.Configuration, checkpoint.ConfigurationFile) is { TieEmbeddings: true } c
            ? Tied(checkpoint, new RetNetLayout(c with { TieEmbeddings = false }), RetNetConfigurationReader.TieOption(c.Dialect))
            : null,
        RetNetModel.Load,
        RetNetTrainableParts.Load,
        (shape, initialization) => RetNetTrainableParts.Create(RetNetConfiguration.Create(shape), initialization));

    /// <summary>Decoders of the Llama family: Llama, Mistral, Qwen2, Qwen3.</summary>
    public static ModelFamily Llama { get; } = new(
        "llama",
        TransformerConfiguration.Describes,
        TransformerConfiguration.Expected,
        checkpoint => TransformerConfiguration.Parse(checkpoint.Configuration, checkpoint.ConfigurationFile) is { TieEmbeddings: true } c
            ? Tied(checkpoint, new TransformerLayout(c with { TieEmbeddings = false }), TransformerConfigurationReader.TieOption)
            : null,
        TransformerModel.Load,
        TransformerTrainableParts.Load,
        (shape, initialization) => TransformerTrainableParts.Create(TransformerConfiguration.Create(shape), initialization));

    /// <summary>All families.</summary>
    public static IReadOnlyList<ModelFamily> All { get; } = [RetNet, Llama];

    /// <summary>The name under which new models are created: <c>retnet</c> or <c>llama</c>.</summary>
    public string Name { get; }

    /// <summary>The embedding of a checkpoint that is the head of its model, too; null where they are two.</summary>
    internal Func<Checkpoint, TiedHead?> FindTied { get; }

    /// <summary>Loads a model on the CPU. Where the checkpoint's tensors lie in memory, it must live as long.</summary>
    internal Func<Checkpoint, ModelLoadOptions, LanguageModel> Load { get; }

    /// <summary>Copies the weights of a checkpoint to a model that can be trained.</summary>
    internal Func<Checkpoint, TrainableParts> LoadParts { get; }

    /// <summary>Reserves memory for a new model's weights.</summary>
    internal Func<ModelShape, InitializationOptions, TrainableParts> CreateParts { get; }

    /// <summary>Recognises the family of a checkpoint.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <returns>The family.</returns>
    /// <exception cref="CheckpointException">The family is not supported.</exception>
    public static ModelFamily Of(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return Of(checkpoint.Configuration, checkpoint.ConfigurationFile);
    }

    /// <summary>Recognises the family that a configuration describes.</summary>
    /// <param name="configuration">Contents of config.json.</param>
    /// <param name="file">Its path, for messages.</param>
    /// <returns>The family.</returns>
    /// <exception cref="CheckpointException">The family is not supported.</exception>
    public static ModelFamily Of(JsonElement configuration, string file)
    {
        ConfigurationReader options = new(configuration, file);
        return All.FirstOrDefault(family => family._describes(options))
            ?? throw options.TextFault("model_type", string.Join("; or ", All.Select(family => family._expected)));
    }

    /// <summary>Refuses a forecaster where a language model is expected.</summary>
    /// <exception cref="CheckpointException">It is a forecaster.</exception>
    internal static void RequireNoForecaster(Checkpoint checkpoint)
    {
        ConfigurationReader root = new(checkpoint.Configuration, checkpoint.ConfigurationFile);
        if (root.Contains(ForecasterSection))
            throw root.Fault(ForecasterSection, "a language model; Forecaster.Load and retnet forecast --model read this one");
    }

    /// <summary>The family of a name.</summary>
    /// <param name="name">A <see cref="Name"/>.</param>
    /// <returns>The family.</returns>
    /// <exception cref="ArgumentException">No family has that name.</exception>
    public static ModelFamily Named(string name) => All.FirstOrDefault(family => family.Name == name)
        ?? throw new ArgumentException($"The model family is '{name}'; expected {string.Join(" or ", All.Select(family => family.Name))}.");

    /// <summary>Creates a model of the family with new weights and the family's other settings.</summary>
    /// <param name="shape">Its dimensions and tokens.</param>
    /// <param name="seed">Seed of the weights.</param>
    /// <param name="threads">Threads to compute with; 0 for one per processor.</param>
    /// <param name="initialization">Departures from the family's initialisation; null for none.</param>
    /// <returns>The model, on the CPU.</returns>
    /// <exception cref="ArgumentException">A dimension, the number of threads or an option is out of range.</exception>
    public TrainableModel Create(ModelShape shape, int seed, int threads = 0, InitializationOptions? initialization = null)
    {
        ArgumentNullException.ThrowIfNull(shape);
        initialization?.Check();
        int resolved = WorkerPool.Resolve(threads);
        return ManagedTrainableModel.Create(CreateParts(shape, initialization ?? InitializationOptions.Default), seed, resolved);
    }

    private static TiedHead? Tied(Checkpoint checkpoint, DecoderLayout untied, string option)
    {
        TensorReader names = new(checkpoint, untied.OptionalPrefix);
        TiedHead tied = new(Name(untied.Embedding), Name(untied.Head), option);
        return checkpoint.Tensors.ContainsKey(tied.Embedding) ? tied : null;

        string Name(WeightDeclaration weight) => names.FullName(weight.Fused?.Name ?? weight.Name);
    }
}
