using System.Numerics.Tensors;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Kernels;

namespace RetNet.Extensions.Core.Retention;

/// <summary>A RetNet (arXiv 2307.08621) in managed code, in the dialect of torchscale or of flash-linear-attention.</summary>
public sealed unsafe class RetNetModel : LanguageModel
{
    private readonly RetNetConfiguration _configuration;
    private readonly WeightLoader _memory;
    private readonly RetNetWeights _weights;
    private readonly WorkerPool _pool;
    private readonly WorkspacePool<RetNetWorkspace> _workspaces;
    private readonly NativeBuffer<float> _logDecay;
    private readonly float _scale;

    private RetNetModel(RetNetConfiguration configuration, WeightLoader memory, RetNetWeights weights, int threads)
    {
        (_configuration, _memory, _weights) = (configuration, memory, weights);
        _pool = new WorkerPool(threads);
        _workspaces = new WorkspacePool<RetNetWorkspace>(() => new RetNetWorkspace(configuration));
        _logDecay = new NativeBuffer<float>(configuration.Heads);
        weights.LogDecay.CopyTo(_logDecay.Span);
        _scale = 1 / MathF.Sqrt(configuration.KeyWidth);
        Info = Describe();
    }

    /// <inheritdoc/>
    public override ModelInfo Info { get; }

    /// <summary>The model's dimensions and settings.</summary>
    public RetNetConfiguration Configuration => _configuration;

    /// <summary>Loads the weights of a checkpoint.</summary>
    /// <param name="checkpoint">The checkpoint; the model owns it from here on, also when loading fails.</param>
    /// <param name="options">How it is loaded.</param>
    /// <returns>The model.</returns>
    /// <exception cref="CheckpointException">The checkpoint is no complete RetNet.</exception>
    public static RetNetModel Load(Checkpoint checkpoint, ModelLoadOptions options)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(options);
        WeightLoader loader = new(checkpoint, new TensorReader(checkpoint, "decoder."), options.WeightFormat);
        try
        {
            RetNetConfiguration configuration = RetNetConfiguration.Parse(checkpoint.Configuration, checkpoint.ConfigurationFile);
            return new RetNetModel(configuration, loader, RetNetWeights.Load(configuration, loader), options.ResolveThreads());
        }
        catch
        {
            loader.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override SequenceState CreateStateCore(StateOptions options) => new RetNetState(this, _configuration, options);

    /// <inheritdoc/>
    protected override void ForwardCore(in ForwardBatch batch, Span<float> output)
    {
        RetNetWorkspace w = _workspaces.Rent();
        try
        {
            w.Schedule.Start();
            while (w.Schedule.Next(batch))
            {
                batch.CancellationToken.ThrowIfCancellationRequested();
                w.Reserve(w.Schedule.Rows, w.Schedule.Blocks.Length);
                Embed(w, batch.Tokens.Slice(w.Schedule.FirstToken, w.Schedule.Rows));
                FillRotaryTable(w);
                for (int layer = 0; layer < _configuration.Layers; layer++)
                {
                    ThrowIfDisposed(w.Schedule.Blocks);
                    MultiScaleRetention(w, layer);
                    FeedForward(w, _weights.Layers[layer]);
                }

                OutputHead.Write(_pool, batch, w.Schedule, w.X, w.Normalized, _weights.FinalNorm, _configuration.NormEpsilon, _weights.Head, output);
            }
        }
        finally
        {
            _workspaces.Return(w);
        }
    }

    /// <inheritdoc/>
    protected override void ReleaseWeights()
    {
        _pool.Dispose();
        _workspaces.Dispose();
        _logDecay.Dispose();
        _memory.Dispose();
    }

    /// <summary>x = embedding (× √d, normalised, where the checkpoint says so).</summary>
    private void Embed(RetNetWorkspace w, ReadOnlySpan<int> tokens)
    {
        int d = _configuration.Width;
        for (int row = 0; row < tokens.Length; row++)
        {
            Span<float> x = new(w.X + ((long)row * d), d);
            _weights.Embedding.CopyRow(tokens[row], x);
            if (_configuration.EmbeddingScale != 1)
                TensorPrimitives.Multiply(x, _configuration.EmbeddingScale, x);
        }

        if (_weights.EmbeddingNorm is not null)
            Normalization.Rms(w.X, _weights.EmbeddingNorm, w.X, tokens.Length, d, _configuration.NormEpsilon);
    }

    private void FillRotaryTable(RetNetWorkspace w)
    {
        long pairs = _weights.Frequencies.Length;
        foreach (Block block in w.Schedule.Blocks)
            Rotary.FillTable(_weights.Frequencies, block.Position, block.Rows, w.Cosines + (block.FirstRow * pairs), w.Sines + (block.FirstRow * pairs));
    }

    /// <summary>x ← x + W_o ( RMSNorm_head( Retention(q, k, v) ) ⊙ silu(W_g n1(x)) ) with q, k, v = W_q, W_k, W_v · n1(x).</summary>
    private void MultiScaleRetention(RetNetWorkspace w, int layer)
    {
        RetNetConfiguration c = _configuration;
        RetNetLayerWeights weights = _weights.Layers[layer];
        int rows = w.Schedule.Rows;

        Normalization.Rms(w.X, weights.RetentionNorm, w.Normalized, rows, c.Width, c.NormEpsilon);
        Linear.Apply(_pool, weights.Query, null, w.Normalized, rows, w.Query);
        Linear.Apply(_pool, weights.Key, null, w.Normalized, rows, w.Key);
        Linear.Apply(_pool, weights.Value, null, w.Normalized, rows, w.Value);
        ScaleAndRotate(w);
        Retain(w, layer);

        if (weights.Gate is not null)
        {
            int width = rows * c.Heads * c.ValueWidth;
            Linear.Apply(_pool, weights.Gate, null, w.Normalized, rows, w.Gate);
            Activations.SiluGate(new Span<float>(w.Gate, width), new ReadOnlySpan<float>(w.Retained, width));
        }

        Linear.Apply(_pool, weights.Output, null, weights.Gate is null ? w.Retained : w.Gate, rows, w.X, add: true);
    }

    /// <summary>The scale dk^−½ (fla puts it on q, torchscale on k), then the rotation to absolute positions.</summary>
    private void ScaleAndRotate(RetNetWorkspace w)
    {
        RetNetConfiguration c = _configuration;
        int rows = w.Schedule.Rows;
        int pairs = c.KeyWidth / 2;
        if (c.Dialect == RetNetDialect.Fla)
        {
            Multiply(w.Query, (long)rows * c.Heads * c.KeyWidth, _scale);
            Rotary.RotateHalves(w.Query, rows, c.Heads, pairs, w.Cosines, w.Sines);
            Rotary.RotateHalves(w.Key, rows, c.KeyValueHeads, pairs, w.Cosines, w.Sines);
        }
        else
        {
            Multiply(w.Key, (long)rows * c.KeyValueHeads * c.KeyWidth, _scale);
            Rotary.RotateInterleaved(w.Query, rows, c.Heads, pairs, w.Cosines, w.Sines);
            Rotary.RotateInterleaved(w.Key, rows, c.KeyValueHeads, pairs, w.Cosines, w.Sines);
        }

        static void Multiply(float* x, long length, float factor)
        {
            Span<float> values = new(x, checked((int)length));
            TensorPrimitives.Multiply(values, factor, values);
        }
    }

    private void Retain(RetNetWorkspace w, int layer)
    {
        RetNetConfiguration c = _configuration;
        ReadOnlySpan<Block> blocks = w.Schedule.Blocks;
        for (int i = 0; i < blocks.Length; i++)
        {
            Block block = blocks[i];
            RetNetState state = (RetNetState)block.State;
            RetentionForm form = FormOf(block, state.Options.Form);
            w.Slices[i] = new RetentionSlice
            {
                Position = block.Position,
                FirstRow = block.FirstRow,
                Rows = block.Rows,
                Chunk = form == RetentionForm.Parallel ? block.Rows : state.Options.RetentionChunk ?? c.ChunkSize,
                Scaling = ScalingOf(form),
                State = state.Layer(layer),
            };
        }

        long cost = 2L * w.Schedule.Rows * c.Heads * c.KeyWidth * c.ValueWidth;
        _pool.For(blocks.Length * c.Heads, cost, new RetentionJob
        {
            Slices = w.Slices,
            Query = w.Query,
            Key = w.Key,
            Value = w.Value,
            Output = w.Retained,
            LogDecay = _logDecay.Pointer,
            HeadNorm = _weights.Layers[layer].HeadNorm,
            Epsilon = c.NormEpsilon,
            Heads = c.Heads,
            KeyValueHeads = c.KeyValueHeads,
            KeyWidth = c.KeyWidth,
            ValueWidth = c.ValueWidth,
        });
    }

    /// <summary>x ← x + W_down ( act(W_gate n2(x)) ⊙ W_up n2(x) ).</summary>
    private void FeedForward(RetNetWorkspace w, RetNetLayerWeights weights)
    {
        RetNetConfiguration c = _configuration;
        int rows = w.Schedule.Rows;
        Normalization.Rms(w.X, weights.FeedForwardNorm, w.Normalized, rows, c.Width, c.NormEpsilon);
        Linear.Apply(_pool, weights.FeedForwardGate, null, w.Normalized, rows, w.FeedForwardGate);
        Linear.Apply(_pool, weights.FeedForwardUp, null, w.Normalized, rows, w.FeedForwardUp);
        Span<float> gate = new(w.FeedForwardGate, rows * c.FeedForwardWidth);
        ReadOnlySpan<float> up = new(w.FeedForwardUp, rows * c.FeedForwardWidth);
        switch (c.Activation)
        {
            case RetNetActivation.Gelu:
                Activations.GeluGate(gate, up);
                break;
            case RetNetActivation.Relu:
                Activations.ReluGate(gate, up);
                break;
            default:
                Activations.SiluGate(gate, up);
                break;
        }

        Linear.Apply(_pool, weights.FeedForwardDown, null, w.FeedForwardGate, rows, w.X, add: true);
    }

    // On top of a state, one token is a recurrent step, and the parallel form (which has no state) gives way to the recurrent one.
    private static RetentionForm FormOf(Block block, RetentionForm form) =>
        block.Position > 0 && (block.Rows == 1 || form == RetentionForm.Parallel) ? RetentionForm.Recurrent : form;

    private RetentionScaling ScalingOf(RetentionForm form) => (_configuration.Dialect, form) switch
    {
        (RetNetDialect.Fla, _) => RetentionScaling.None,
        (_, RetentionForm.Parallel) => RetentionScaling.TorchScaleParallel,
        (_, RetentionForm.Chunkwise) => RetentionScaling.TorchScaleChunkwise,
        _ => RetentionScaling.Recurrent,
    };

    private ModelInfo Describe()
    {
        RetNetConfiguration c = _configuration;
        string dialect = c.Dialect == RetNetDialect.Fla ? "fla" : "torchscale";
        return new ModelInfo
        {
            Architecture = $"retnet ({dialect})",
            VocabularySize = c.VocabularySize,
            Width = c.Width,
            Layers = c.Layers,
            Heads = c.Heads,
            Parameters = _memory.Parameters,
            WeightFormat = _memory.Format,
            WeightBytes = _memory.Bytes,
            WeightBytesPerToken = _memory.Bytes - (c.TieEmbeddings ? 0 : _weights.Embedding.ByteSize),
            ContextLength = c.ContextLength,
            HasConstantState = true,
            Threads = _pool.Threads,
            StateShape = $"retnet {dialect} {c.Layers}x{c.Heads}x{c.KeyWidth}x{c.ValueWidth}",
            BeginningOfSequenceId = c.BosTokenId,
            EndOfSequenceIds = c.EosTokenIds,
        };
    }
}
