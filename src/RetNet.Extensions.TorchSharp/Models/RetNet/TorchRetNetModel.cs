using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.TorchSharp.Kernels;
using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.RetNet;

/// <summary>A RetNet (arXiv 2307.08621) on libtorch, in the dialect of torchscale or of flash-linear-attention.</summary>
internal sealed class TorchRetNetModel : TorchDecoderModel
{
    private readonly RetNetConfiguration _configuration;
    private readonly TorchRetNetWeights _weights;
    private readonly Dictionary<StateFormat, SlotPool> _states;
    private readonly float _scale;
    private readonly RetNetSteps _steps;

    private TorchRetNetModel(RetNetConfiguration configuration, TorchWeightLoader memory, TorchRetNetWeights weights, ComputeDevice device)
        : base(memory, weights, device, configuration.NormEpsilon)
    {
        (_configuration, _weights) = (configuration, weights);
        _scale = 1 / MathF.Sqrt(configuration.KeyWidth);
        _states = new[] { StateFormat.Float32, StateFormat.BFloat16 }
            .ToDictionary(
                format => format, format => new SlotPool(slots => Guard(() => AllocateStates(slots, format)),
                    RetNetState.Bytes(configuration, format)));
        _steps = new RetNetSteps(configuration, weights, Type, Device);
        Info = Describe(configuration, configuration.Heads, hasConstantState: true, configuration.ContextLength);
    }

    /// <inheritdoc/>
    public override ModelInfo Info { get; }

    /// <summary>Loads the weights of a checkpoint onto the device.</summary>
    /// <exception cref="CheckpointException">The checkpoint is no complete RetNet.</exception>
    public static TorchRetNetModel Load(Checkpoint checkpoint, ModelLoadOptions options)
    {
        RetNetConfiguration c = RetNetConfiguration.Parse(checkpoint.Configuration, checkpoint.ConfigurationFile);
        RetNetLayout layout = new(c);
        TorchWeightLoader loader = new(checkpoint, layout, options.WeightFormat, options.Device);
        try
        {
            return new TorchRetNetModel(
                c, loader, new TorchRetNetWeights(layout, loader, RetNetBuffers.Read(c, layout, loader.Tensors.Buffer)), options.Device);
        }
        catch
        {
            loader.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override SequenceState CreateStateCore(StateOptions options)
    {
        RetNetState.Check(options);
        return new TorchRetNetState(this, _configuration, options, _states[options.Format]);
    }

    /// <inheritdoc/>
    protected override long StateBytesCore(StateOptions options, long tokens)
    {
        RetNetState.Check(options);
        return RetNetState.Bytes(_configuration, options.Format);
    }

    /// <inheritdoc/>
    protected override TorchWave BeginWave(BlockSchedule schedule) =>
        new TorchRetNetWave(schedule, _configuration, _weights, Device);

    /// <inheritdoc/>
    protected override Tensor? Step(in ForwardBatch batch, BlockSchedule schedule)
    {
        foreach (Block block in schedule.Blocks)
        {
            TorchRetNetState state = (TorchRetNetState)block.State;
            RetentionScaling scaling = _configuration.ScalingOf(state.FormOf(block));
            if (block.Rows != 1 || scaling is not (RetentionScaling.None or RetentionScaling.Recurrent))
                return null;
        }

        batch.CancellationToken.ThrowIfCancellationRequested();
        int rows = schedule.Rows;
        StepOrder order = new(schedule.Blocks, static block => ((TorchRetNetState)block.State).Slot, static _ => typeof(RetNetSteps));
        long[] tokensAndPositions = new long[2 * rows];
        for (int row = 0; row < rows; row++)
        {
            tokensAndPositions[row] = batch.Tokens[schedule.FirstToken + order.RowInWave(row)];
            tokensAndPositions[rows + row] = schedule.Blocks[order.RowInWave(row)].Position;
        }

        return order.ToWave(_steps.Apply(torch.tensor(tokensAndPositions, [2, rows], torch.int64, Device),
            [.. order.Runs.Select(run => run.View(0))]));
    }

    /// <summary>x = embedding × √d, then normalised, where the checkpoint says so.</summary>
    protected override Tensor ScaleEmbedding(Tensor x)
    {
        if (_configuration.EmbeddingScale != 1)
            x.mul_(_configuration.EmbeddingScale);
        return _weights.EmbeddingNorm is null ? x : TorchMath.RmsNorm(x, _weights.EmbeddingNorm, _configuration.NormEpsilon);
    }

    /// <inheritdoc/>
    protected override Tensor Activate(Tensor gate, Tensor up) => TorchRetNetMath.Activate(_configuration.Activation, gate, up);

    /// <summary>W_o ( RMSNorm_head( Retention(q, k, v) ) ⊙ silu(W_g n1(x)) ) with q, k, v = W_q, W_k, W_v · n1(x).</summary>
    protected override Tensor MixTokens(TorchWave wave, int layer, Tensor x)
    {
        RetNetConfiguration c = _configuration;
        TorchRetNetLayerWeights weights = _weights.Layers[layer];
        TorchRetNetWave rows = (TorchRetNetWave)wave;

        Tensor normalised = TorchMath.RmsNorm(x, weights.MixingNorm, c.NormEpsilon).to(Type);
        Tensor[] projected = TorchMath.Linear(normalised, weights.Projections).split(TorchRetNetMath.ProjectionWidths(c), -1);
        (Tensor query, Tensor key) = TorchRetNetMath.ScaleAndRotate(c, _scale, projected[0], projected[1], rows.Cosines, rows.Sines);
        Tensor value = TorchRetNetMath.PerHead(projected[2], c.KeyValueHeads, c.Heads);

        Tensor retained = torch.empty(wave.Rows, c.Heads, c.ValueWidth, dtype: torch.float32, device: Device);
        foreach (SlotRun run in rows.Steps)
            run.Put(retained, Step(run, layer, rows, query, key, value));
        foreach (TorchRetNetWave.PromptPiece piece in rows.Prompts)
            retained.narrow(0, piece.FirstRow, piece.Rows).copy_(Prompt(piece, layer, rows, query, key, value));

        Tensor output = TorchMath.RmsNorm(retained, weights.HeadNorm, c.NormEpsilon).reshape(wave.Rows, -1).to(Type);
        return TorchMath.Linear(c.UseOutputGate ? TorchMath.SiluGate(projected[3], output) : output, weights.Output);
    }

    /// <summary>One recurrent step of neighbours: <c>U ← γ U + kᵀ v</c>, <c>o = q U</c>.</summary>
    /// <returns><c>[n × H × dv]</c>, float32.</returns>
    private Tensor Step(SlotRun run, int layer, TorchRetNetWave rows, Tensor query, Tensor key, Tensor value)
    {
        (int heads, int dk, int dv) = (_configuration.Heads, _configuration.KeyWidth, _configuration.ValueWidth);
        Tensor state = run.View(0, layer);
        Tensor wide = state.to(torch.float32);
        wide.mul_(rows.Decay).addcmul_(run.Take(key).unsqueeze(-1), run.Take(value).to(torch.float32).unsqueeze(-2), 1);
        if (state.dtype != torch.float32)
            state.copy_(wide);
        Tensor output = TorchMath.Product(run.Take(query).reshape(run.Count * heads, 1, dk), wide.reshape(run.Count * heads, dk, dv))
            .reshape(run.Count, heads, dv);
        return rows.RecurrentSums is null ? output : output / run.Take(rows.RecurrentSums.transpose(0, 1)).unsqueeze(-1);
    }

    /// <summary>A piece of a prompt, its chunks side by side.</summary>
    /// <returns><c>[rows × H × dv]</c>, float32.</returns>
    private Tensor Prompt(TorchRetNetWave.PromptPiece piece, int layer, TorchRetNetWave rows, Tensor query, Tensor key, Tensor value)
    {
        Tensor state = piece.State.Slot.View(0).select(0, layer);
        (Tensor output, Tensor after) = ChunkwiseRetention.Compute(
            HeadsFirst(query), HeadsFirst(key), HeadsFirst(value), piece.StartsEmpty ? null : state.to(torch.float32).unsqueeze(0),
            piece.Decays, piece.Scaling, rows.RecurrentSums?.narrow(1, piece.FirstRow, piece.Rows), piece.ChunkSum);
        state.copy_(after.squeeze(0));
        return output.squeeze(0).transpose(0, 1);

        Tensor HeadsFirst(Tensor wave) => wave.narrow(0, piece.FirstRow, piece.Rows).to(Type).transpose(0, 1).unsqueeze(0);
    }

    /// <inheritdoc/>
    protected override void ReleaseWeights()
    {
        _steps.Dispose();
        base.ReleaseWeights();
    }

    private Tensor[] AllocateStates(int slots, StateFormat format)
    {
        RetNetConfiguration c = _configuration;
        torch.ScalarType type = format == StateFormat.BFloat16 ? torch.bfloat16 : torch.float32;
        return [torch.empty([c.Layers, slots, c.Heads, c.KeyWidth, c.ValueWidth], dtype: type, device: Device).DetachFromDisposeScope()];
    }
}
