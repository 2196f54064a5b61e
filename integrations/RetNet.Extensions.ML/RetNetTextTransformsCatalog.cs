using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Transforms;

namespace Microsoft.ML;

/// <summary>Transforms that run a pretrained RetNet or multi-state Transformer on a text column.</summary>
/// <remarks>
/// The model is a Hugging Face folder (config.json, safetensors, tokenizer.json) or a .gguf file. It is opened by <c>Fit</c> and saved
/// inside the ML.NET model. They run on the CPU, or on the GPU that <see cref="MLContext.GpuDeviceId"/> names when the application
/// references RetNet.Extensions.TorchSharp. A GPU that cannot be used is an error, or with
/// <see cref="MLContext.FallbackToCpu"/> a warning in <see cref="MLContext.Log"/>. The device is not saved.
/// </remarks>
public static class RetNetTextTransformsCatalog
{
    /// <summary>Turns texts into vectors: the pooled hidden states of the last layer of a language model or an encoder (BERT and its
    /// kin).</summary>
    /// <remarks>A trainer may read its rows many times: the vectors of the texts are remembered meanwhile, see
    /// <see cref="RetNetEmbeddingEstimator.Options.RememberedBytes"/>.</remarks>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The column to add, a vector of the model's width.</param>
    /// <param name="inputColumnName">The text column to read; null for the one named <paramref name="outputColumnName"/>.</param>
    /// <param name="modelPath">The model's folder or .gguf file.</param>
    /// <param name="pooling">How the hidden states of a text's tokens become one vector; null for what the model's files say, else the
    /// mean.</param>
    /// <param name="normalize">Whether vectors are scaled to length 1; null for what the model's files say, else true.</param>
    /// <param name="batchSize">How many rows are embedded together at most.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A value is missing or out of range; the message names the option.</exception>
    public static RetNetEmbeddingEstimator RetNetEmbedding(
        this TransformsCatalog.TextTransforms catalog,
        string outputColumnName,
        string? inputColumnName,
        string modelPath,
        EmbeddingPooling? pooling = null,
        bool? normalize = null,
        int batchSize = 32) => catalog.RetNetEmbedding(new RetNetEmbeddingEstimator.Options
        {
            OutputColumnName = outputColumnName,
            InputColumnName = inputColumnName,
            ModelPath = modelPath,
            Pooling = pooling,
            Normalize = normalize,
            BatchSize = batchSize,
        });

    /// <inheritdoc cref="RetNetEmbedding(TransformsCatalog.TextTransforms, string, string, string, EmbeddingPooling?, bool?, int)"/>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">All options.</param>
    public static RetNetEmbeddingEstimator RetNetEmbedding(
        this TransformsCatalog.TextTransforms catalog, RetNetEmbeddingEstimator.Options options) =>
        new(catalog.Environment(), options);

    /// <summary>Lets the model continue or answer texts.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The text column to add.</param>
    /// <param name="inputColumnName">The text column to read; null for the one named <paramref name="outputColumnName"/>.</param>
    /// <param name="modelPath">The model's folder or .gguf file.</param>
    /// <param name="promptTemplate">The prompt, with <c>{text}</c> in the place of the row's text.</param>
    /// <param name="maxTokens">The largest number of tokens to write; null for the model's default.</param>
    /// <param name="temperature">Divides the logits, 0 for the most likely token; null for the model's default.</param>
    /// <param name="policy">Which rows of a Transformer's cache stay: full, window, sinks, h2o or tova.</param>
    /// <param name="stateSize">How many rows the policy keeps, such as 512 or 25%.</param>
    /// <param name="seed">The seed of the draws; null for one drawn from the context's seed.</param>
    /// <param name="batchSize">How many texts are written together at most.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A value is missing or out of range; the message names the option.</exception>
    public static RetNetGenerationEstimator RetNetGenerate(
        this TransformsCatalog.TextTransforms catalog,
        string outputColumnName,
        string? inputColumnName,
        string modelPath,
        string promptTemplate = RetNetGenerationEstimator.Options.TextPlaceholder,
        int? maxTokens = null,
        float? temperature = null,
        string policy = "full",
        string? stateSize = null,
        long? seed = null,
        int batchSize = 32) => catalog.RetNetGenerate(new RetNetGenerationEstimator.Options
        {
            OutputColumnName = outputColumnName,
            InputColumnName = inputColumnName,
            ModelPath = modelPath,
            PromptTemplate = promptTemplate,
            MaxTokens = maxTokens,
            Temperature = temperature,
            Policy = policy,
            StateSize = stateSize,
            Seed = seed,
            BatchSize = batchSize,
        });

    /// <inheritdoc
    /// cref="RetNetGenerate(TransformsCatalog.TextTransforms, string, string, string, string, int?, float?, string, string, long?, int)"/>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">All options.</param>
    public static RetNetGenerationEstimator RetNetGenerate(
        this TransformsCatalog.TextTransforms catalog, RetNetGenerationEstimator.Options options) =>
        new(catalog.Environment(), options);

    /// <summary>Turns texts into numbers that say how surprised the model is by them.</summary>
    /// <param name="catalog">The catalog.</param>
    /// <param name="outputColumnName">The column to add, a <see cref="float"/>; NaN for a text without tokens to score.</param>
    /// <param name="inputColumnName">The text column to read; null for the one named <paramref name="outputColumnName"/>.</param>
    /// <param name="modelPath">The model's folder or .gguf file.</param>
    /// <param name="measure">What the number is.</param>
    /// <param name="policy">Which rows of a Transformer's cache stay: full, window, sinks, h2o or tova.</param>
    /// <param name="stateSize">How many rows the policy keeps, such as 512 or 25%.</param>
    /// <param name="batchSize">How many rows are scored together at most.</param>
    /// <returns>The estimator.</returns>
    /// <exception cref="ArgumentException">A value is missing or out of range; the message names the option.</exception>
    public static RetNetPerplexityEstimator RetNetPerplexity(
        this TransformsCatalog.TextTransforms catalog,
        string outputColumnName,
        string? inputColumnName,
        string modelPath,
        PerplexityMeasure measure = PerplexityMeasure.Perplexity,
        string policy = "full",
        string? stateSize = null,
        int batchSize = 32) => catalog.RetNetPerplexity(new RetNetPerplexityEstimator.Options
        {
            OutputColumnName = outputColumnName,
            InputColumnName = inputColumnName,
            ModelPath = modelPath,
            Measure = measure,
            Policy = policy,
            StateSize = stateSize,
            BatchSize = batchSize,
        });

    /// <inheritdoc
    /// cref="RetNetPerplexity(TransformsCatalog.TextTransforms, string, string, string, PerplexityMeasure, string, string, int)"/>
    /// <param name="catalog">The catalog.</param>
    /// <param name="options">All options.</param>
    public static RetNetPerplexityEstimator RetNetPerplexity(
        this TransformsCatalog.TextTransforms catalog, RetNetPerplexityEstimator.Options options) =>
        new(catalog.Environment(), options);
}
