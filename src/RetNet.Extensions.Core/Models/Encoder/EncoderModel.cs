using System.Diagnostics.CodeAnalysis;
using System.Numerics.Tensors;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.Encoder;

/// <summary>An encoder of the BERT family (arXiv 1810.04805) in managed code: every token sees its whole text, and gets a vector.</summary>
/// <remarks>Safe for concurrent calls. Disposing it while a call runs makes that call end with an <see cref="ObjectDisposedException"/>;
/// the memory is released once nothing uses it any more.</remarks>
[Experimental("RETNET001")]
public sealed unsafe class EncoderModel : IDisposable
{
    // Rows that are computed together at most, unless a text has more.
    private const int WaveRows = 512;

    private readonly EncoderConfiguration _configuration;
    private readonly WeightLoader _memory;
    private readonly EncoderWeights _weights;
    private readonly WorkerPool _pool;
    private readonly UsageGate _gate;
    private IDisposable? _checkpoint;

    private EncoderModel(EncoderConfiguration c, string configuration, WeightLoader memory, EncoderWeights weights, int threads)
    {
        memory.Adapters?.Complete();
        (_configuration, _memory, _weights) = (c, memory, weights);
        _pool = new WorkerPool(threads);
        _gate = new UsageGate(Release);
        Info = new ModelInfo
        {
            Architecture = c.ModelType,
            VocabularySize = c.VocabularySize,
            Width = c.Width,
            Layers = c.Layers,
            Heads = c.Heads,
            Parameters = memory.Parameters,
            WeightFormat = memory.Format,
            WeightBytes = memory.Bytes,
            WeightBytesPerToken = memory.Bytes - memory.UnreadBytes,
            ContextLength = c.MaximumTokens,
            HasConstantState = true,
            Threads = threads,
            StateShape = "",
            Fingerprint = memory.Tensors.Fingerprint(configuration),
        };
    }

    /// <summary>Facts about the model: architecture, sizes, weight format. <see cref="ModelInfo.ContextLength"/> is the most tokens of a
    /// text.</summary>
    public ModelInfo Info { get; }

    /// <summary>Whether a checkpoint is one of an encoder.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <returns>True for the architectures that <see cref="Load"/> reads.</returns>
    public static bool IsIn(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return EncoderConfiguration.Describes(checkpoint.Configuration, checkpoint.ConfigurationFile);
    }

    /// <summary>Checks an open checkpoint whole and loads its weights. The architectures are bert, roberta, xlm-roberta, camembert,
    /// distilbert, nomic_bert and modernbert.</summary>
    /// <param name="checkpoint">The checkpoint; the model owns it from here on, also when loading fails.</param>
    /// <param name="options">How it is loaded; null for the defaults.</param>
    /// <returns>The model. Dispose it to release the weights.</returns>
    /// <exception cref="CheckpointException">The checkpoint is incomplete, or of an architecture that is not supported.</exception>
    /// <exception cref="DeviceException">The device is another than the CPU.</exception>
    public static EncoderModel Load(Checkpoint checkpoint, ModelLoadOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        options ??= new ModelLoadOptions();
        try
        {
            EncoderConfiguration c = EncoderConfiguration.Parse(checkpoint.Configuration, checkpoint.ConfigurationFile);
            if (options.Device != ComputeDevice.Cpu)
            {
                throw new DeviceException(options.Device,
                    $"{checkpoint.Path} is an encoder ({c.ModelType}), which is computed on the CPU only; expected device cpu, not "
                    + $"{options.Device}.");
            }

            EncoderLayout layout = new(c);
            EncoderModel model = WeightLoader.Load(checkpoint, layout, options,
                loader => new EncoderModel(
                    c, checkpoint.Configuration.GetRawText(), loader, new EncoderWeights(c, layout, loader), options.ResolvedThreads));
            model._checkpoint = checkpoint;
            return model;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Receives the last layer's hidden states of a text.</summary>
    /// <param name="text">The text's index.</param>
    /// <param name="rows"><c>[tokens × d]</c>; valid during the call.</param>
    public delegate void TextHandler(int text, ReadOnlySpan<float> rows);

    /// <summary>Computes the hidden states of texts. Rows of several texts go through one matrix product, without padding; what a text gets
    /// does not depend on the others, bit for bit.</summary>
    /// <param name="texts">The tokens of each, with those that begin and end a text; one without tokens is skipped.</param>
    /// <param name="handle">Called for each text, in their order.</param>
    /// <param name="cancellationToken">Observed between layers.</param>
    /// <exception cref="ArgumentException">A text has more tokens than <see cref="ModelInfo.ContextLength"/>, or one that is outside the
    /// vocabulary.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void Encode(IReadOnlyList<int[]> texts, TextHandler handle, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(handle);
        for (int text = 0; text < texts.Count; text++)
            Check(text, texts[text]);
        using UsageGate.Lease lease = _gate.Enter(this);
        using EncoderWorkspace w = new(_configuration);
        for (int text = 0; text < texts.Count;)
        {
            int first = text;
            w.Begin();
            while (text < texts.Count && (w.Rows == 0 || w.Rows + texts[text].Length <= WaveRows))
                w.Add(texts[text++].Length);
            if (w.Rows == 0)
                continue;
            w.Reserve();
            for (int i = first; i < text; i++)
                Embed(w, w.Starts[i - first], texts[i]);
            Compute(w, cancellationToken);
            for (int i = first; i < text; i++)
            {
                if (texts[i].Length > 0)
                {
                    handle(i, new ReadOnlySpan<float>(
                        w.X + ((long)w.Starts[i - first] * _configuration.Width), texts[i].Length * _configuration.Width));
                }
            }
        }
    }

    /// <summary>Releases the weights, as soon as no call uses them.</summary>
    public void Dispose() => _gate.Close();

    /// <summary>Disposes a checkpoint whose tensors are read from files: the model has its own copy of them.</summary>
    internal void CloseCheckpoint()
    {
        _checkpoint?.Dispose();
        _checkpoint = null;
    }

    private void Check(int text, int[] tokens)
    {
        if (tokens.Length > _configuration.MaximumTokens)
        {
            throw new ArgumentException(
                $"Text {text} has {tokens.Length} tokens; the encoder reads at most {_configuration.MaximumTokens} of "
                    + "one.", nameof(tokens));
        }

        foreach (int token in tokens)
        {
            if ((uint)token >= (uint)_configuration.VocabularySize)
            {
                throw new ArgumentException(
                    $"Token {token} is outside the vocabulary of {_configuration.VocabularySize} tokens.", nameof(tokens));
            }
        }
    }

    /// <summary>x = token + token type + position.</summary>
    private void Embed(EncoderWorkspace w, int firstRow, int[] tokens)
    {
        int d = _configuration.Width;
        for (int i = 0; i < tokens.Length; i++)
        {
            Span<float> row = new(w.X + (((long)firstRow + i) * d), d);
            _weights.Tokens.CopyRowTo(tokens[i], row);
            if (_weights.TokenTypes is not null)
                TensorPrimitives.Add(row, new ReadOnlySpan<float>(_weights.TokenTypes, d), row);
            if (_weights.Positions is not null)
            {
                int position = _configuration.FirstPosition + i;
                TensorPrimitives.Add(row, new ReadOnlySpan<float>(_weights.Positions + ((long)position * d), d), row);
            }
        }
    }

    private void Compute(EncoderWorkspace w, CancellationToken cancellationToken)
    {
        Normalize(w, _weights.EmbeddingNorm, w.X);
        FillRotaryTables(w);
        for (int layer = 0; layer < _weights.Layers.Length; layer++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(_gate.IsClosed, this);
            Attention(w, layer);
            FeedForward(w, _weights.Layers[layer]);
        }

        if (_weights.FinalNorm is { } norm)
            Normalize(w, norm, w.X);
    }

    /// <summary>x ← n1(x + W_o · Attention(x)), or x ← x + W_o · Attention(n1(x)) where norms come first.</summary>
    private void Attention(EncoderWorkspace w, int layer)
    {
        EncoderConfiguration c = _configuration;
        EncoderLayerWeights weights = _weights.Layers[layer];
        EncoderWindow? window = c.Window?.Holds(layer) == true ? c.Window : null;
        float* input = NormalizeFirst(w, weights.AttentionNorm);
        Linear.Apply(_pool, input, w.Rows, [
            new(weights.Query.Weight, weights.Query.Bias, w.Query), new(weights.Key.Weight, weights.Key.Bias, w.Key),
            new(weights.Value.Weight, weights.Value.Bias, w.Value)]);
        if (c.RopeTheta > 0)
        {
            float* cosines = window is null ? w.Cosines : w.WindowCosines, sines = window is null ? w.Sines : w.WindowSines;
            Rotary.RotateHalves(w.Query, w.Rows, c.Heads, c.HeadWidth / 2, cosines, sines);
            Rotary.RotateHalves(w.Key, w.Rows, c.Heads, c.HeadWidth / 2, cosines, sines);
        }

        Span<float> queries = new(w.Query, w.Rows * c.Width);
        TensorPrimitives.Multiply(queries, 1 / MathF.Sqrt(c.HeadWidth), queries);
        fixed (int* starts = w.Starts)
        {
            EncoderAttention attention = new()
            {
                Starts = starts,
                Query = w.Query,
                Key = w.Key,
                Value = w.Value,
                Output = w.Attended,
                Heads = c.Heads,
                HeadWidth = c.HeadWidth,
                Distance = window?.Distance ?? int.MaxValue,
            };
            _pool.For(w.Texts * c.Heads, 2L * c.Width * w.LargestText * w.Rows, attention);
        }

        Linear.Apply(_pool, weights.Output.Weight, weights.Output.Bias, w.Attended, w.Rows, w.X, add: true);
        NormalizeLast(w, weights.AttentionNorm);
    }

    /// <summary>x ← n2(x + W_down · act(W_up x)), gated as act(W_gate x) ⊙ W_up x where there is a gate; or n2 first.</summary>
    private void FeedForward(EncoderWorkspace w, EncoderLayerWeights weights)
    {
        EncoderConfiguration c = _configuration;
        float* input = NormalizeFirst(w, weights.FeedForwardNorm);
        if (weights.Gate is { } gate)
        {
            Linear.Apply(_pool, input, w.Rows,
                [new(gate.Weight, gate.Bias, w.FeedForward), new(weights.Up.Weight, weights.Up.Bias, w.FeedForwardUp)]);
        }
        else
        {
            Linear.Apply(_pool, weights.Up.Weight, weights.Up.Bias, input, w.Rows, w.FeedForward);
        }

        if (c.IsGelu)
            Gelu.Apply(_pool, w.FeedForward, c.IsGated ? w.FeedForwardUp : null, w.Rows, c.FeedForwardWidth);
        else
            Activations.Gate(_pool, &Activations.SiluGate, w.FeedForward, w.FeedForwardUp, w.Rows, c.FeedForwardWidth);
        Linear.Apply(_pool, weights.Down.Weight, weights.Down.Bias, w.FeedForward, w.Rows, w.X, add: true);
        NormalizeLast(w, weights.FeedForwardNorm);
    }

    private float* NormalizeFirst(EncoderWorkspace w, EncoderNorm? norm)
    {
        if (!_configuration.NormsFirst || norm is null)
            return w.X;
        Normalize(w, norm, w.Normalized);
        return w.Normalized;
    }

    private void NormalizeLast(EncoderWorkspace w, EncoderNorm? norm)
    {
        if (!_configuration.NormsFirst && norm is not null)
            Normalize(w, norm, w.X);
    }

    private void Normalize(EncoderWorkspace w, EncoderNorm norm, float* y) =>
        LayerNorm.Apply(_pool, w.X, norm.Weight, norm.Bias, y, w.Rows, _configuration.Width, _configuration.NormEpsilon);

    private void FillRotaryTables(EncoderWorkspace w)
    {
        for (int text = 0; text < w.Texts; text++)
        {
            int first = w.Starts[text], rows = w.Starts[text + 1] - first;
            long offset = (long)first * _weights.Frequencies.Length;
            Rotary.FillTable(_weights.Frequencies, 0, rows, w.Cosines + offset, w.Sines + offset);
            offset = (long)first * _weights.WindowFrequencies.Length;
            Rotary.FillTable(_weights.WindowFrequencies, 0, rows, w.WindowCosines + offset, w.WindowSines + offset);
        }
    }

    private void Release()
    {
        _pool.Dispose();
        _memory.Dispose();
        _checkpoint?.Dispose();
    }
}
