using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.Experts;
using RetNet.Extensions.Core.Models.Transformer.Attention;
using RetNet.Extensions.Core.Models.Transformer.Rotations;

namespace RetNet.Extensions.Core.Models.Transformer.Managed;

/// <summary>
/// A Transformer decoder of the Llama family in managed code, seen as a multi-state RNN (arXiv 2401.06104): a policy decides which key and
/// value rows each layer keeps. What tells the architectures apart is data of their <see cref="TransformerConfiguration"/>.
/// </summary>
/// <remarks>Kept keys keep their rotary angle, and new queries use their true position, not the number of kept rows.</remarks>
internal sealed unsafe class TransformerModel : DecoderModel
{
    private readonly TransformerConfiguration _configuration;
    private readonly TransformerWeights _weights;
    private readonly RotaryEmbedding _rotation;
    private readonly RotaryEmbedding _localRotation;

    private TransformerModel(TransformerConfiguration configuration, WeightLoader memory, TransformerWeights weights, int threads)
        : base(memory, weights, configuration.Settings, threads)
    {
        (_configuration, _weights) = (configuration, weights);
        _rotation = new RotaryEmbedding(configuration.RopeTheta, configuration.RotaryWidth, configuration.RotaryScaling);
        _localRotation = new RotaryEmbedding(configuration.LocalRopeTheta, configuration.RotaryWidth, null);
        Info = Describe(configuration, configuration.Heads, hasConstantState: false, configuration.ContextLength);
    }

    /// <inheritdoc/>
    public override ModelInfo Info { get; }

    /// <summary>Loads the weights of a checkpoint, see <see cref="WeightLoader"/>.</summary>
    /// <exception cref="CheckpointException">The checkpoint is no complete Transformer of the family.</exception>
    public static TransformerModel Load(Checkpoint checkpoint, ModelLoadOptions options)
    {
        TransformerConfiguration c = TransformerConfiguration.ReadForInference(checkpoint);
        TransformerLayout layout = new(c);
        return WeightLoader.Load(checkpoint, layout, options, loader => new TransformerModel(
            c, loader, new TransformerWeights(layout, loader), options.ResolvedThreads));
    }

    /// <inheritdoc/>
    protected override SequenceState CreateStateCore(StateOptions options) => new ManagedTransformerState(this, _configuration, options);

    /// <inheritdoc/>
    protected override long StateBytesCore(StateOptions options, long tokens)
    {
        TransformerState.Check(options);
        return ManagedTransformerState.MostBytes(_configuration, options, tokens);
    }

    /// <inheritdoc/>
    internal override long BriefStateBytes(StateOptions options, int tokens)
    {
        using ManagedTransformerState state = new(this, _configuration, options);
        return state.EndsAfter(tokens, 0).Block == tokens
            ? LayerRows.Bytes(_configuration.KeyValueHeads, _configuration.HeadWidth, options.Format, tokens)
            : StateBytes(options, tokens);
    }

    private protected override DecoderWorkspace CreateWorkspace() => new TransformerWorkspace(_configuration)
    {
        Experts = _configuration.UsedExperts is { } experts ? new ExpertWorkspace(experts, _configuration.Width) : null,
    };

    private protected override void BeginWave(DecoderWorkspace w)
    {
        foreach (Block block in w.Schedule.Blocks)
        {
            ManagedTransformerState state = (ManagedTransformerState)block.State;
            if (block.DraftTokens == 0)
                state.Reserve(block);
            else if (block.Ahead == 0)
                state.ReserveDraft(block.DraftTokens);
        }
    }

    private protected override void BeginDrafts(DecoderWorkspace w, int tokens) => ((TransformerWorkspace)w).Undo.Clear();

    private protected override void EndDraft(DecoderWorkspace w, in Draft draft, int seen) =>
        ((ManagedTransformerState)draft.State).EndDraft(draft.Tokens, seen, ((TransformerWorkspace)w).Undo);

    private protected override delegate*<Span<float>, ReadOnlySpan<float>, void> Activation => _configuration.Activation switch
    {
        FeedForwardActivation.Silu => &Activations.SiluGate,
        FeedForwardActivation.GeluTanh => &Activations.GeluTanhGate,
        FeedForwardActivation.ClampedSwiglu => &Activations.ClampedSwigluGate,
        _ => throw new NotSupportedException($"The activation {_configuration.Activation} is not supported on the CPU."),
    };

    private protected override void ScaleEmbedding(DecoderWorkspace w)
    {
        if (_configuration.EmbeddingScale != 1)
            RowScaling.Apply(w.X, _configuration.EmbeddingScale, w.X, w.Schedule.Rows * _configuration.Width);
    }

    private protected override void FillRotaryTables(DecoderWorkspace workspace)
    {
        TransformerWorkspace w = (TransformerWorkspace)workspace;
        bool hasLocal = _configuration.LayerRotations.Contains(LayerRotation.Local);
        foreach (Block block in w.Schedule.Blocks)
        {
            long first = (long)block.FirstRow * w.Frequencies.Length;
            Fill(_rotation, block, w.Cosines + first, w.Sines + first);
            if (hasLocal)
                Fill(_localRotation, block, w.LocalCosines + first, w.LocalSines + first);
        }

        void Fill(RotaryEmbedding rotation, Block block, float* cosines, float* sines) => Rotary.FillTable(
            rotation.Frequencies(block.Length, w.Frequencies), block.Position, block.Rows, cosines, sines, rotation.Factor);
    }

    private protected override void MixTokens(DecoderWorkspace w, int layer) => Attention((TransformerWorkspace)w, layer);

    private protected override void EndWave(DecoderWorkspace w)
    {
        foreach (Block block in w.Schedule.Blocks)
        {
            if (block.EndsInput && !block.EndsSequence)
                ((ManagedTransformerState)block.State).Trim();
        }
    }

    /// <summary>x ← x + W_o · Attention(q, K, V) over the multi-state, which grows by the new rows and is cut afterwards.</summary>
    private void Attention(TransformerWorkspace w, int layer)
    {
        TransformerLayerWeights weights = _weights.Layers[layer];

        BeginHalf(w, weights.MixingNorm);
        w.Project(Pool, w.Normalized, [
            new(weights.Query, weights.QueryBias, w.Query), new(weights.Key, weights.KeyBias, w.Key),
            new(weights.Value, weights.ValueBias, w.Value)]);
        if (_configuration.QueryKeyNorm != QueryKeyNorm.PerHeadRotated)
            NormalizeQueriesAndKeys(w, weights);
        Rotate(w, layer);
        if (_configuration.QueryKeyNorm == QueryKeyNorm.PerHeadRotated)
            NormalizeQueriesAndKeys(w, weights);
        ScaleQueries(w);

        int tokensInTurn = 1;
        for (int turn = 0; turn < tokensInTurn; turn++)
        {
            tokensInTurn = w.TakeTurn(layer, turn);
            Append(w, layer);
            Attend(w, layer);
            Cut(w, layer);
        }

        float* y = AddsHalvesDirectly ? w.X : w.Normalized;
        w.Project(Pool, w.Attended, [new(weights.Output, weights.OutputBias, y, add: AddsHalvesDirectly)]);
        if (!AddsHalvesDirectly)
            EndHalf(w, weights.MixingNorm, weights.MixingOutputNorm);
    }

    private void NormalizeQueriesAndKeys(TransformerWorkspace w, TransformerLayerWeights weights)
    {
        TransformerConfiguration c = _configuration;
        if (c.QueryKeyNorm == QueryKeyNorm.None)
            return;
        bool perHead = c.QueryKeyNorm != QueryKeyNorm.Whole;
        Normalize(w.Query, weights.QueryNorm, c.Heads);
        Normalize(w.Key, weights.KeyNorm, c.KeyValueHeads);

        void Normalize(float* x, float* norm, int heads)
        {
            (int rows, int width) = perHead ? (w.Schedule.Rows * heads, c.HeadWidth) : (w.Schedule.Rows, heads * c.HeadWidth);
            Normalization.Rms(Pool, x, norm, x, rows, width, c.NormEpsilon);
        }
    }

    private void Rotate(TransformerWorkspace w, int layer)
    {
        TransformerConfiguration c = _configuration;
        LayerRotation rotation = c.Rotation(layer);
        if (rotation == LayerRotation.None)
            return;
        bool isLocal = rotation == LayerRotation.Local;
        float* cosines = isLocal ? w.LocalCosines : w.Cosines, sines = isLocal ? w.LocalSines : w.Sines;
        Turn(w.Query, c.Heads);
        Turn(w.Key, c.KeyValueHeads);

        void Turn(float* x, int heads) => Rotary.RotatePart(
            c.RotatesNeighbours, x, w.Schedule.Rows, heads, c.HeadWidth, c.RotaryWidth / 2, cosines, sines);
    }

    /// <summary>Scales queries instead of scores, and lets them grow with their position where the configuration says so.</summary>
    private void ScaleQueries(TransformerWorkspace w)
    {
        TransformerConfiguration c = _configuration;
        int width = c.Heads * c.HeadWidth;
        RowScaling.Apply(w.Query, c.AttentionScale, w.Query, w.Schedule.Rows * width);
        if (c.QueryGrowth == 0)
            return;
        foreach (Block block in w.Schedule.Blocks)
        {
            for (int i = 0; i < block.Rows; i++)
            {
                float factor = 1 + (c.QueryGrowth * MathF.Log(1 + ((block.Position + i) / c.QueryGrowthLength)));
                float* query = w.Query + ((long)(block.FirstRow + i) * width);
                RowScaling.Apply(query, factor, query, width);
            }
        }
    }

    private void Append(TransformerWorkspace w, int layer)
    {
        int width = _configuration.KeyValueHeads * _configuration.HeadWidth;
        foreach (Block block in w.Turn)
        {
            LayerRows rows = ((ManagedTransformerState)block.State).BeginLayer(layer);
            if (block.Ahead > 0 && ((ManagedTransformerState)block.State).DropsRows(layer))
                w.Undo.BeginToken(rows, block.Ahead);
            for (int i = 0; i < block.Rows; i++)
            {
                long offset = (long)(block.FirstRow + i) * width;
                rows.Append(block.Position + i, w.Key + offset, w.Value + offset);
            }
        }
    }

    private void Attend(TransformerWorkspace w, int layer)
    {
        TransformerConfiguration c = _configuration;
        ReadOnlySpan<Block> blocks = w.Turn;
        long weights = 0, segments = 0;
        foreach (Block block in blocks)
        {
            ManagedTransformerState state = (ManagedTransformerState)block.State;
            weights += WeightsOf(state, layer);
            segments += SegmentsOf(block, layer);
        }

        float* freeWeights = w.AttentionWeights(weights), freeSegments = w.AttentionSegments(segments);
        AttentionJob job = new()
        {
            Slices = w.Slices,
            Query = w.Query,
            Output = w.Attended,
            Heads = c.Heads,
            KeyValueHeads = c.KeyValueHeads,
            HeadWidth = c.HeadWidth,
            SlidingWindow = c.SlidingWindow(layer) ?? 0,
            SoftCap = c.AttentionSoftCap ?? 0,
            Sinks = _weights.Layers[layer].Sinks,
        };
        long cost = 0;
        int units = 0;
        for (int i = 0; i < blocks.Length; i++)
        {
            Block block = blocks[i];
            ManagedTransformerState state = (ManagedTransformerState)block.State;
            LayerRows rows = state.Layer(layer);
            AttentionNeeds needs = NeedsOf(state);
            long size = WeightsOf(state, layer);
            bool isShared = block.DraftTokens > 0 && !state.DropsRows(layer);
            int later = isShared ? block.DraftTokens - 1 - block.Ahead : 0;
            w.Slices[i] = new AttentionSlice
            {
                FirstRow = block.FirstRow,
                Rows = block.Rows,
                Steps = !isShared ? 1 : block.Ahead == 0 ? block.DraftTokens : 0,
                Position = block.Position,
                Count = rows.Count - later,
                Capacity = rows.Capacity,
                Format = state.Format,
                Keys = rows.Keys,
                Values = rows.Values,
                KeyScales = rows.KeyScales,
                ValueScales = rows.ValueScales,
                Positions = rows.Positions,
                LastQuery = block.EndsStep && (needs & AttentionNeeds.LastQuery) != 0 ? freeWeights : null,
                Sums = (needs & AttentionNeeds.Accumulated) != 0 ? freeWeights + (size / 2) : null,
                Segments = freeSegments,
            };
            freeWeights += size;
            freeSegments += SegmentsOf(block, layer);
            units += job.Units(w.Slices[i]);
            cost += 2L * c.Heads * rows.Count * block.Rows * c.HeadWidth;
        }

        Pool.For(units, cost, job);
        if (segments > 0)
            Pool.For(blocks.Length * c.Heads, segments + weights, new AttentionMergeJob(job));
    }

    /// <summary>Memory for the attention weights that the policy reads: those of the last query and the sums, each <c>[H ×
    /// count]</c>.</summary>
    private long WeightsOf(ManagedTransformerState state, int layer) =>
        NeedsOf(state) == AttentionNeeds.None ? 0 : 2L * _configuration.Heads * state.Layer(layer).Count;

    /// <summary>Memory for the results of the segments, see <see cref="AttentionSlice.Segments"/>.</summary>
    private long SegmentsOf(Block block, int layer) => block.Rows > 1 ? 0
        : (long)AttentionJob.SegmentsOf(
            ((ManagedTransformerState)block.State).Layer(layer).Count) * _configuration.Heads * (_configuration.HeadWidth + 2);

    private static AttentionNeeds NeedsOf(ManagedTransformerState state) => state.Limit is null ? AttentionNeeds.None : state.Policy.Needs;

    private void Cut(TransformerWorkspace w, int layer)
    {
        ReadOnlySpan<Block> blocks = w.Turn;
        for (int i = 0; i < blocks.Length; i++)
        {
            Block block = blocks[i];
            ManagedTransformerState state = (ManagedTransformerState)block.State;
            LayerRows rows = state.Layer(layer);
            if (w.Slices[i].Sums is not null)
                StateCut.Accumulate(rows, w.Slices[i], _configuration.Heads);
            if (block.EndsStep && state.Limit is { } limit)
                w.Cut.Apply(rows, layer, state.Policy, limit, w.Slices[i], _configuration.Heads);
            if (_configuration.SlidingWindow(layer) is { } window)
                w.Cut.Forget(rows, block.Position + block.Rows, window);
        }
    }
}
