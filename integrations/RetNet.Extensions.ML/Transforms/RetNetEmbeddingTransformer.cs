using System.Globalization;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.ML.Interop;
using RetNet.Extensions.ML.Models;
using RetNet.Extensions.ML.Onnx;
using RetNet.Extensions.ML.Rows;
using RetNet.Extensions.ML.Schema;

namespace RetNet.Extensions.ML.Transforms;

/// <summary>Adds the embedding of a text column: a vector of the model's width, or of as many
/// dimensions as the options say, whose slots are named by their numbers from 0.</summary>
/// <remarks>
/// A text without tokens becomes the embedding of the token that begins a text, else of the one that ends a text, else zeros.
/// </remarks>
public sealed class RetNetEmbeddingTransformer : RetNetTransformer, ISavedTransformer
{
    internal const string LoaderName = "RetNetEmbedding";

    private static readonly ArchiveFormat SavedAs = new("RETNEMBD", LoaderName);

    private readonly RetNetEmbeddingEstimator.Options _options;
    private readonly TextEmbedder _embedder;

    internal RetNetEmbeddingTransformer(IHost host, HeldModel model, RetNetEmbeddingEstimator.Options options)
        : base(host, model, options.BatchSize)
    {
        _options = options;
        _embedder = new TextEmbedder(model.Text, options.Embedding, options.StateOptions);
    }

    static ArchiveFormat ISavedTransformer.Format => SavedAs;

    private protected override ArchiveFormat Format => SavedAs;

    /// <summary>Writes the model of a RetNet in its recurrent form as an ONNX file (opset 17), for programs without this library.</summary>
    /// <remarks>
    /// The graph begins with tokens, because ONNX has no operators for a model's tokenizer. Its input <c>tokens</c> (int64,
    /// <c>[tokens]</c>) is what the tokenizer makes of a text with its prompt, one token or more, cut off where the context length of the
    /// options is reached; its output <c>embedding</c> (float32, <c>[width]</c>) is the row's vector, pooled and scaled as the options or
    /// the model's files say, up to rounding. Weights are written in float32.
    /// </remarks>
    /// <param name="stream">Receives the file.</param>
    /// <exception cref="InvalidOperationException">The model is no RetNet, its weights exceed 2 GiB, the options name dimensions, or the
    /// options or the model's files a pooling other than mean and last token.</exception>
    /// <exception cref="CheckpointException">The files of the weights have changed.</exception>
    /// <exception cref="ObjectDisposedException">The transformer was disposed.</exception>
    public void ExportOnnx(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (_options.Dimensions is { } dimensions)
        {
            throw new InvalidOperationException($"{nameof(_options.Dimensions)} is {dimensions}; an ONNX file has the vectors of the "
                + "model's width. Expected null.");
        }

        using Checkpoint weights = Model.ShareWeights();
        RetNetGraph.Of(weights).Embed(_embedder.Pooling, _embedder.Normalize).WriteTo(stream);
    }

    private protected override RowMapper CreateMapper(DataViewSchema input)
    {
        int width = _embedder.Dimensions;
        ReadOnlyMemory<char>[] numbers =
            [.. Enumerable.Range(0, width).Select(slot => slot.ToString(CultureInfo.InvariantCulture).AsMemory())];
        DataViewSchema.Annotations.Builder names = new();
        names.Add(ColumnKinds.SlotNames, new VectorDataViewType(TextDataViewType.Instance, width), VectorValues.Getter(numbers));
        OutputColumn<float[]> vector = new OutputColumn<float[], VBuffer<float>>(
            _options.OutputColumnName, new VectorDataViewType(NumberDataViewType.Single, width), VectorValues.Write, names.ToAnnotations());
        return RowMapper.OfVectors(Host, input, [_options.InputColumn], [vector], Embed, _options.RememberedBytes);
    }

    private protected override void Write(ArchiveWriter archive) => Model.Write(archive.AddSettings(_options));

    static ITransformer ISavedTransformer.Load(IHost host, ArchiveReader archive) =>
        TextTransformerLoader.Load<RetNetEmbeddingEstimator.Options>(
            host, archive, (model, options) => new RetNetEmbeddingTransformer(host, model, options));

    private float[][] Embed(IReadOnlyList<string[]> rows) =>
        _embedder.EmbedTexts([.. rows.Select(texts => texts[0])]);
}
