using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Kernels.Linear;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>A RetNet (arXiv 2307.08621) in managed code, in the dialect of torchscale or of flash-linear-attention.</summary>
internal sealed unsafe class RetNetModel : DecoderModel
{
    private readonly RetNetConfiguration _configuration;
    private readonly RetNetWeights _weights;
    private readonly NativeBuffer<float> _logDecay;
    private readonly FirstRotations _rotations;
    private readonly float _scale;

    private RetNetModel(RetNetConfiguration configuration, WeightLoader memory, RetNetWeights weights, int threads)
        : base(memory, weights, new DecoderSettings(configuration.NormEpsilon), threads)
    {
        (_configuration, _weights) = (configuration, weights);
        _logDecay = new NativeBuffer<float>(configuration.Heads);
        weights.LogDecay.CopyTo(_logDecay.Span);
        _rotations = new FirstRotations(weights.Frequencies);
        _scale = 1 / MathF.Sqrt(configuration.KeyWidth);
        Info = Describe(configuration, configuration.Heads, hasConstantState: true, configuration.ContextLength);
    }

    /// <inheritdoc/>
    public override ModelInfo Info { get; }

    /// <summary>Loads the weights of a checkpoint, see <see cref="WeightLoader"/>.</summary>
    /// <exception cref="CheckpointException">The checkpoint is no complete RetNet.</exception>
    public static RetNetModel Load(Checkpoint checkpoint, ModelLoadOptions options)
    {
        RetNetConfiguration c = RetNetConfiguration.Parse(checkpoint.Configuration, checkpoint.ConfigurationFile);
        RetNetLayout layout = new(c);
        return WeightLoader.Load(checkpoint, layout, options, loader => new RetNetModel(
            c, loader, new RetNetWeights(layout, loader, RetNetBuffers.Read(c, layout, loader.Tensors.Buffer)), options.ResolvedThreads));
    }

    /// <inheritdoc/>
    protected override SequenceState CreateStateCore(StateOptions options) => new ManagedRetNetState(this, _configuration, options);

    /// <inheritdoc/>
    private protected override SequenceState CreateBriefStateCore(StateOptions options) =>
        new ManagedRetNetState(this, _configuration, options, isBrief: true);

    /// <inheritdoc/>
    internal override long BriefStateBytes(StateOptions options, int tokens)
    {
        using ManagedRetNetState state = new(this, _configuration, options, isBrief: true);
        return ManagedRetNetState.IsNeededBy(tokens, state.EndsAfter(tokens, 0).Block == tokens) ? StateBytes(options, tokens) : 0;
    }

    /// <inheritdoc/>
    protected override long StateBytesCore(StateOptions options, long tokens)
    {
        RetNetState.Check(options);
        return RetNetState.Bytes(_configuration, options.Format);
    }

    /// <inheritdoc/>
    protected override void ReleaseWeights()
    {
        base.ReleaseWeights();
        _logDecay.Dispose();
    }

    private protected override DecoderWorkspace CreateWorkspace() => new RetNetWorkspace(_configuration);

    /// <summary>Makes room for the states that the wave's blocks need.</summary>
    private protected override void BeginWave(DecoderWorkspace w)
    {
        foreach (Block block in w.Schedule.Blocks)
        {
            if (ManagedRetNetState.IsNeededBy(block))
                _ = ((ManagedRetNetState)block.State).Layer(0);
        }
    }

    /// <summary>x = embedding × √d, then normalised, where the checkpoint says so.</summary>
    private protected override void ScaleEmbedding(DecoderWorkspace w)
    {
        if (_configuration.EmbeddingScale != 1)
            Multiply(w.X, (long)w.Schedule.Rows * _configuration.Width, _configuration.EmbeddingScale);
        if (_weights.EmbeddingNorm is not null)
            Normalization.Rms(Pool, w.X, _weights.EmbeddingNorm, w.X, w.Schedule.Rows, _configuration.Width, _configuration.NormEpsilon);
    }

    private protected override void FillRotaryTables(DecoderWorkspace w)
    {
        foreach (Block block in w.Schedule.Blocks)
        {
            long first = (long)block.FirstRow * _weights.Frequencies.Length;
            _rotations.Fill(block.Position, block.Rows, w.Cosines + first, w.Sines + first);
        }
    }

    private protected override void BeginDrafts(DecoderWorkspace w, int tokens) => ((RetNetWorkspace)w).Drafts.Reserve(tokens);

    /// <summary>A draft leaves the matrices as they were: the tokens that were seen update them now.</summary>
    private protected override void EndDraft(DecoderWorkspace w, in Draft draft, int seen)
    {
        RetNetConfiguration c = _configuration;
        ManagedRetNetState state = (ManagedRetNetState)draft.State;
        long cost = 2L * seen * c.Layers * c.Heads * c.KeyWidth * c.ValueWidth;
        Pool.For(c.Layers * c.Heads, cost, ((RetNetWorkspace)w).Drafts.Update(state, draft.FirstRow, seen, _logDecay.Pointer));
    }

    private protected override void MixTokens(DecoderWorkspace w, int layer) => MultiScaleRetention((RetNetWorkspace)w, layer);

    private protected override delegate*<Span<float>, ReadOnlySpan<float>, void> Activation => _configuration.Activation switch
    {
        RetNetActivation.Gelu => &Activations.GeluGate,
        RetNetActivation.Relu => &Activations.ReluGate,
        _ => &Activations.SiluGate,
    };

    /// <summary>x ← x + W_o ( RMSNorm_head( Retention(q, k, v) ) ⊙ silu(W_g n1(x)) ) with q, k, v = W_q, W_k, W_v · n1(x).</summary>
    private void MultiScaleRetention(RetNetWorkspace w, int layer)
    {
        RetNetConfiguration c = _configuration;
        RetNetLayerWeights weights = _weights.Layers[layer];
        int rows = w.Schedule.Rows;

        Normalization.Rms(Pool, w.X, weights.MixingNorm, w.Normalized, rows, c.Width, c.NormEpsilon);
        LinearPart query = new(
            weights.Query, null, w.Query), key = new(weights.Key, null, w.Key), value = new(weights.Value, null, w.Value);
        if (weights.Gate is null)
            w.Project(Pool, w.Normalized, [query, key, value]);
        else
            w.Project(Pool, w.Normalized, [query, key, value, new(weights.Gate, null, w.Gate)]);
        ScaleAndRotate(w);
        Retain(w, layer);
        if (weights.Gate is null)
        {
            Normalization.Rms(Pool, w.Retained, weights.HeadNorm, w.Retained, rows * c.Heads, c.ValueWidth, c.NormEpsilon);
            w.Project(Pool, w.Retained, [new(weights.Output, null, w.X, add: true)]);
        }
        else
        {
            Normalization.RmsGate(
                Pool, &Activations.SiluGate, w.Gate, w.Retained, weights.HeadNorm, rows, c.Heads, c.ValueWidth, c.NormEpsilon);
            w.Project(Pool, w.Gate, [new(weights.Output, null, w.X, add: true)]);
        }
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
    }

    private void Retain(RetNetWorkspace w, int layer)
    {
        RetNetConfiguration c = _configuration;
        int slices = 0;
        foreach (Block block in w.Schedule.Blocks)
        {
            if (block.DraftTokens > 0)
                w.Drafts.Keep(layer, block, w.Key, w.Value);
            if (block.Ahead > 0)
                continue;
            ManagedRetNetState state = (ManagedRetNetState)block.State;
            RetentionForm form = state.FormOf(block);
            w.Slices[slices++] = new RetentionSlice
            {
                Position = block.Position,
                FirstRow = block.FirstRow,
                Rows = Math.Max(block.Rows, block.DraftTokens),
                IsDraft = block.DraftTokens > 0,
                Chunk = form == RetentionForm.Parallel ? block.Rows : state.Chunk,
                Scaling = c.ScalingOf(form),
                Format = state.Format,
                State = ManagedRetNetState.IsNeededBy(block) ? state.Layer(layer) : null,
                EndsSequence = block.EndsSequence,
            };
        }

        long cost = 2L * w.Schedule.Rows * c.Heads * c.KeyWidth * c.ValueWidth;
        Pool.For(slices * c.Heads, cost, new RetentionJob
        {
            Slices = w.Slices,
            Query = w.Query,
            Key = w.Key,
            Value = w.Value,
            Output = w.Retained,
            LogDecay = _logDecay.Pointer,
            Heads = c.Heads,
            KeyValueHeads = c.KeyValueHeads,
            KeyWidth = c.KeyWidth,
            ValueWidth = c.ValueWidth,
        });
    }

    private static void Multiply(float* x, long length, float factor) => RowScaling.Apply(x, factor, x, checked((int)length));
}
