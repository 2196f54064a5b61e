using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Models.RetNet;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>Builds the layers of a RetNet over its parameters.</summary>
internal static class RetNetTrainableParts
{
    // torchscale's multiscale_retention.py: xavier-uniform with these gains.
    private static readonly double ProjectionGain = Math.Pow(2, -2.5);
    private static readonly double OutputGain = Math.Pow(2, -1);

    public static TrainableParts Create(RetNetConfiguration c, InitializationOptions initialization) =>
        Build(c, initialization, RetentionFrequencies.Compute(c), RetentionDecay.Logarithms(c.Heads));

    /// <exception cref="CheckpointException">A tensor is missing, of another shape or type, or not part of the model.</exception>
    public static TrainableParts Load(Checkpoint checkpoint)
    {
        RetNetConfiguration c = RetNetConfiguration.Parse(checkpoint.Configuration, checkpoint.ConfigurationFile);
        RetNetTensorNames names = new(c);
        TensorReader tensors = new(checkpoint, "decoder.");
        (float[] frequencies, float[] logDecay) = (RetentionFrequencies.Compute(c), RetentionDecay.Logarithms(c.Heads));
        if (c.Dialect == RetNetDialect.TorchScale && tensors.Contains(RetNetTensorNames.Decay))
            tensors.Vector(RetNetTensorNames.Decay, c.Heads).CopyTo(logDecay);
        if (c.Dialect == RetNetDialect.TorchScale && tensors.Contains(RetNetTensorNames.Angle))
        {
            float[] twice = new float[c.KeyWidth];
            tensors.Vector(RetNetTensorNames.Angle, c.KeyWidth).CopyTo(twice);
            for (int i = 0; i < frequencies.Length; i++)
                frequencies[i] = twice[2 * i];
        }

        HashSet<string> fused = FusedFeedForward(c, names, tensors);
        Dictionary<string, string> fusedUp = Enumerable.Range(0, c.Layers).Select(names.Layer)
            .Where(layer => fused.Contains(layer.FeedForwardGate))
            .ToDictionary(layer => layer.FeedForwardUp, layer => layer.FeedForwardGate);
        TensorView Find(ParameterDeclaration parameter)
        {
            if (fused.Contains(parameter.Name))
                return tensors.Matrix(parameter.Name, 2L * c.FeedForwardWidth, c.Width).Rows(0, c.FeedForwardWidth);
            if (fusedUp.TryGetValue(parameter.Name, out string? both))
                return tensors.Matrix(both, 2L * c.FeedForwardWidth, c.Width).Rows(c.FeedForwardWidth, c.FeedForwardWidth);
            return tensors.Read(parameter.Name, parameter.LongShape);
        }

        // A size taken from a file is no reason to reserve memory: the tensors must be there.
        foreach (ParameterDeclaration parameter in Declare(c, names, InitializationOptions.Default))
            Find(parameter);
        TrainableParts parts = Build(c, InitializationOptions.Default, frequencies, logDecay);
        try
        {
            parts.Store.Load(Find);
            tensors.RequireAllRead(names.Ignorable);
            return parts;
        }
        catch
        {
            parts.Dispose();
            throw;
        }
    }

    private static HashSet<string> FusedFeedForward(RetNetConfiguration c, RetNetTensorNames names, TensorReader tensors) =>
        [.. Enumerable.Range(0, c.Layers).Select(names.Layer)
            .Where(layer => c.Dialect == RetNetDialect.Fla && !tensors.Contains(layer.FeedForwardUp))
            .Select(layer => layer.FeedForwardGate)];

    private static TrainableParts Build(RetNetConfiguration c, InitializationOptions initialization, float[] frequencies, float[] logDecay)
    {
        RetNetTensorNames names = new(c);
        ParameterStore store = new(Declare(c, names, initialization));
        int inner = Math.Max(c.Heads * c.ValueWidth, c.FeedForwardWidth);
        int projection = Math.Max(RetentionLayer.ProjectionWidth(c), 2 * c.FeedForwardWidth);
        TrainingScratch scratch = new(c.Width, inner, projection);
        Parameter embedding = store[names.Embedding];
        return new TrainableParts
        {
            Width = c.Width,
            VocabularySize = c.VocabularySize,
            Store = store,
            Buffers = DeclareBuffers(c, frequencies, logDecay),
            Embedding = new EmbeddingLayer(embedding, c.Width, c.EmbeddingScale,
                c.EmbeddingNorm ? new NormLayer(store[names.EmbeddingNorm], c.Width, c.NormEpsilon) : null),
            Blocks = [.. Enumerable.Range(0, c.Layers).Select(layer => Block(c, names.Layer(layer), store, logDecay, layer, scratch))],
            FinalNorm = new NormLayer(store[names.FinalNorm], c.Width, c.NormEpsilon),
            Head = c.TieEmbeddings ? embedding : store[names.Head],
            Frequencies = frequencies,
            Scratch = scratch,
            RetNet = c,
            LogDecay = logDecay,
            StateValuesPerLayer = (long)c.Heads * c.KeyWidth * c.ValueWidth,
            ConfigurationJson = () => RetNetConfigurationWriter.Write(c),
        };
    }

    private static TrainableBlock Block(
        RetNetConfiguration c, RetNetTensorNames.LayerNames names, ParameterStore store, float[] logDecay, int layer,
        TrainingScratch scratch)
    {
        int place = 1 + (2 * layer);
        RetentionLayer retention = new(
            c, layer, logDecay,
            new NormLayer(store[names.RetentionNorm], c.Width, c.NormEpsilon),
            new LinearLayer(store[names.Query], RetentionLayer.ProjectionWidth(c), c.Width),
            new NormLayer(c.HeadNormHasWeight ? store[names.HeadNorm] : null, c.ValueWidth, c.NormEpsilon),
            new LinearLayer(store[names.Output], c.Width, c.Heads * c.ValueWidth),
            place, scratch);
        FeedForwardLayer feedForward = new(
            new NormLayer(store[names.FeedForwardNorm], c.Width, c.NormEpsilon), store[names.FeedForwardGate], store[names.FeedForwardDown],
            c.Width, c.FeedForwardWidth, c.Activation, place + 1, scratch);
        return new TrainableBlock(retention, feedForward);
    }

    // W_q, W_k, W_v and W_g lie one after the other, as do both branches of the feed-forward network: one product serves them all.
    private static List<ParameterDeclaration> Declare(RetNetConfiguration c, RetNetTensorNames names, InitializationOptions initialization)
    {
        Initialization head = Initialization.Normal(1 / Math.Sqrt(c.Width));
        List<ParameterDeclaration> all = [new(names.Embedding, [c.VocabularySize, c.Width],
            initialization.Embedding(1 / Math.Sqrt(c.Width)))];
        if (c.EmbeddingNorm)
            all.Add(new(names.EmbeddingNorm, [c.Width], Initialization.Ones));
        for (int i = 0; i < c.Layers; i++)
        {
            RetNetTensorNames.LayerNames layer = names.Layer(i);
            all.Add(new(layer.RetentionNorm, [c.Width], Initialization.Ones));
            all.Add(Projection(layer.Query, c.Heads * c.KeyWidth, c.Width));
            all.Add(Projection(layer.Key, c.KeyValueHeads * c.KeyWidth, c.Width));
            all.Add(Projection(layer.Value, c.KeyValueHeads * c.ValueWidth, c.Width));
            if (c.UseOutputGate)
                all.Add(Projection(layer.Gate, c.Heads * c.ValueWidth, c.Width));
            int values = c.Heads * c.ValueWidth;
            all.Add(new(layer.Output, [c.Width, values], initialization.Output(Initialization.Xavier(c.Width, values, OutputGain))));
            if (c.HeadNormHasWeight)
                all.Add(new(layer.HeadNorm, [c.ValueWidth], Initialization.Ones));
            all.Add(new(layer.FeedForwardNorm, [c.Width], Initialization.Ones));
            all.Add(new(layer.FeedForwardGate, [c.FeedForwardWidth, c.Width], Initialization.FanIn(c.Width)));
            all.Add(new(layer.FeedForwardUp, [c.FeedForwardWidth, c.Width], Initialization.FanIn(c.Width)));
            all.Add(new(layer.FeedForwardDown, [c.Width, c.FeedForwardWidth],
                initialization.Output(Initialization.FanIn(c.FeedForwardWidth))));
        }

        all.Add(new(names.FinalNorm, [c.Width], Initialization.Ones));
        if (!c.TieEmbeddings)
            all.Add(new(names.Head, [c.VocabularySize, c.Width], head));
        return all;
    }

    private static ParameterDeclaration Projection(string name, int rows, int columns) =>
        new(name, [rows, columns], Initialization.Xavier(rows, columns, ProjectionGain));

    private static ParameterStore DeclareBuffers(RetNetConfiguration c, float[] frequencies, float[] logDecay)
    {
        if (c.Dialect == RetNetDialect.Fla)
            return new ParameterStore([]);
        ParameterStore buffers = new([
            new(RetNetTensorNames.Angle, [c.KeyWidth], Initialization.Zeros),
            new(RetNetTensorNames.Decay, [c.Heads], Initialization.Zeros)]);
        for (int i = 0; i < c.KeyWidth; i++)
            buffers[RetNetTensorNames.Angle].Values[i] = frequencies[i / 2];
        logDecay.CopyTo(buffers[RetNetTensorNames.Decay].Values);
        return buffers;
    }
}
