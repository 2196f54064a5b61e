using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.Core.Models.Transformer;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>Builds the layers of a decoder of the Llama family over its parameters.</summary>
internal static class TransformerTrainableParts
{
    // transformers' initializer_range.
    private const double StandardDeviation = 0.02;

    /// <exception cref="CheckpointException">A tensor is missing, of another shape or type, or not part of the model.</exception>
    public static TrainableParts Load(Checkpoint checkpoint)
    {
        TransformerConfiguration c = TransformerConfiguration.Parse(checkpoint.Configuration, checkpoint.ConfigurationFile);
        TensorReader tensors = new(checkpoint);

        // A size taken from a file is no reason to reserve memory: the tensors must be there.
        foreach (ParameterDeclaration parameter in Declare(c, InitializationOptions.Default))
            tensors.Read(parameter.Name, parameter.LongShape);
        TrainableParts parts = Create(c, InitializationOptions.Default);
        try
        {
            parts.Store.Load(parameter => tensors.Read(parameter.Name, parameter.LongShape));
            tensors.RequireAllRead(TransformerTensorNames.Ignorable(c));
            return parts;
        }
        catch
        {
            parts.Dispose();
            throw;
        }
    }

    public static TrainableParts Create(TransformerConfiguration c, InitializationOptions initialization)
    {
        ParameterStore store = new(Declare(c, initialization));
        TrainingScratch scratch = new(
            c.Width, Math.Max(c.Heads * c.HeadWidth, c.FeedForwardWidth), Math.Max(AttentionLayer.ProjectionWidth(c),
                2 * c.FeedForwardWidth));
        Parameter embedding = store[TransformerTensorNames.Embedding];
        return new TrainableParts
        {
            Width = c.Width,
            VocabularySize = c.VocabularySize,
            Store = store,
            Buffers = new ParameterStore([]),
            Embedding = new EmbeddingLayer(embedding, c.Width, scale: 1, norm: null),
            Blocks = [.. Enumerable.Range(0, c.Layers).Select(layer => Block(c, store, layer, scratch))],
            FinalNorm = new NormLayer(store[TransformerTensorNames.FinalNorm], c.Width, c.NormEpsilon),
            Head = c.TieEmbeddings ? embedding : store[TransformerTensorNames.Head],
            Frequencies = RotaryFrequencies.Compute(c),
            Scratch = scratch,
            Transformer = c,
            StateValuesPerLayer = 0,
            ConfigurationJson = () => TransformerConfigurationWriter.Write(c),
        };
    }

    private static TrainableBlock Block(TransformerConfiguration c, ParameterStore store, int layer, TrainingScratch scratch)
    {
        TransformerTensorNames.LayerNames names = TransformerTensorNames.Layer(layer);
        int place = 1 + (2 * layer);
        AttentionLayer attention = new(
            c, c.SlidingWindow(layer) ?? 0,
            new NormLayer(store[names.AttentionNorm], c.Width, c.NormEpsilon),
            new LinearLayer(store[names.Query], AttentionLayer.ProjectionWidth(c), c.Width,
                c.QueryKeyValueBias ? store[names.QueryBias] : null),
            c.QueryKeyNorm ? new NormLayer(store[names.QueryNorm], c.HeadWidth, c.NormEpsilon) : null,
            c.QueryKeyNorm ? new NormLayer(store[names.KeyNorm], c.HeadWidth, c.NormEpsilon) : null,
            new LinearLayer(store[names.Output], c.Width, c.Heads * c.HeadWidth, c.OutputBias ? store[names.OutputBias] : null),
            place, scratch);
        FeedForwardLayer feedForward = new(
            new NormLayer(store[names.FeedForwardNorm], c.Width, c.NormEpsilon), store[names.FeedForwardGate], store[names.FeedForwardDown],
            c.Width, c.FeedForwardWidth, RetNetActivation.Swish, place + 1, scratch);
        return new TrainableBlock(attention, feedForward);
    }

    // W_q, W_k and W_v lie one after the other, and so do their biases and both branches of the feed-forward network: one product serves
    // them all.
    private static List<ParameterDeclaration> Declare(TransformerConfiguration c, InitializationOptions initialization)
    {
        Initialization output = initialization.Output(Initialization.Normal(StandardDeviation));
        int queries = c.Heads * c.HeadWidth;
        int keys = c.KeyValueHeads * c.HeadWidth;
        List<ParameterDeclaration> all = [new(TransformerTensorNames.Embedding, [c.VocabularySize, c.Width],
            initialization.Embedding(StandardDeviation))];
        for (int i = 0; i < c.Layers; i++)
        {
            TransformerTensorNames.LayerNames layer = TransformerTensorNames.Layer(i);
            all.Add(Ones(layer.AttentionNorm, c.Width));
            all.AddRange([Matrix(layer.Query, queries, c.Width), Matrix(layer.Key, keys, c.Width), Matrix(layer.Value, keys, c.Width)]);
            if (c.QueryKeyValueBias)
                all.AddRange([Zeros(layer.QueryBias, queries), Zeros(layer.KeyBias, keys), Zeros(layer.ValueBias, keys)]);
            if (c.QueryKeyNorm)
                all.AddRange([Ones(layer.QueryNorm, c.HeadWidth), Ones(layer.KeyNorm, c.HeadWidth)]);
            all.Add(new(layer.Output, [c.Width, queries], output));
            if (c.OutputBias)
                all.Add(Zeros(layer.OutputBias, c.Width));
            all.Add(Ones(layer.FeedForwardNorm, c.Width));
            all.AddRange([Matrix(layer.FeedForwardGate, c.FeedForwardWidth, c.Width),
                Matrix(layer.FeedForwardUp, c.FeedForwardWidth, c.Width)]);
            all.Add(new(layer.FeedForwardDown, [c.Width, c.FeedForwardWidth], output));
        }

        all.Add(Ones(TransformerTensorNames.FinalNorm, c.Width));
        if (!c.TieEmbeddings)
            all.Add(Matrix(TransformerTensorNames.Head, c.VocabularySize, c.Width));
        return all;
    }

    private static ParameterDeclaration Matrix(string name, int rows, int columns) =>
        new(name, [rows, columns], Initialization.Normal(StandardDeviation));

    private static ParameterDeclaration Ones(string name, int length) => new(name, [length], Initialization.Ones);

    private static ParameterDeclaration Zeros(string name, int length) => new(name, [length], Initialization.Zeros);
}
