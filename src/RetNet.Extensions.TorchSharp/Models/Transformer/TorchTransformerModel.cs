using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.TorchSharp.Kernels;
using RetNet.Extensions.TorchSharp.Models.Decoder;

namespace RetNet.Extensions.TorchSharp.Models.Transformer;

/// <summary>A Transformer decoder of the Llama family on libtorch, seen as a multi-state RNN (arXiv 2401.06104): a policy decides which
/// rows each layer keeps.</summary>
/// <remarks>Kept keys keep their rotary angle, and new queries use their true position, not the number of kept rows.</remarks>
internal sealed class TorchTransformerModel : TorchDecoderModel
{
    private readonly TransformerConfiguration _configuration;
    private readonly TorchTransformerWeights _weights;
    private readonly TransformerFormulas _formulas;
    private readonly RowPools _states;
    private readonly StepAttention _attention;
    private readonly PromptAttention _prompts;
    private readonly TransformerSteps? _steps;

    private TorchTransformerModel(
        TransformerConfiguration configuration, TorchWeightLoader memory, TorchTransformerWeights weights, ComputeDevice device)
        : base(memory, weights, device, configuration.NormEpsilon)
    {
        (_configuration, _weights, _formulas) = (configuration, weights, new TransformerFormulas(configuration));
        _states = new RowPools(configuration, Device, Guard);
        AttentionMath math = new(configuration, Type, [.. weights.Layers.Select(layer => layer.Sinks)]);
        (_attention, _prompts) = (new StepAttention(configuration, math), new PromptAttention(configuration, math, _formulas));
        _steps = TransformerSteps.Serves(configuration) ? new TransformerSteps(configuration, weights, Type, Device) : null;
        Info = Describe(configuration, configuration.Heads, hasConstantState: false, configuration.ContextLength);
    }

    /// <inheritdoc/>
    public override ModelInfo Info { get; }

    /// <summary>Loads the weights of a checkpoint onto the device.</summary>
    /// <exception cref="CheckpointException">The checkpoint is no complete Transformer of the family.</exception>
    public static TorchTransformerModel Load(Checkpoint checkpoint, ModelLoadOptions options)
    {
        TransformerConfiguration c = TransformerConfiguration.ReadForInference(checkpoint);
        TransformerLayout layout = new(c);
        TorchWeightLoader loader = new(checkpoint, layout, options.WeightFormat, options.Device);
        try
        {
            return new TorchTransformerModel(c, loader, new TorchTransformerWeights(c, layout, loader), options.Device);
        }
        catch
        {
            loader.Dispose();
            throw;
        }
    }

    /// <summary>Makes room for the first rows of every sequence before anything changes, so that a sequence that cannot grow does not spoil
    /// the others.</summary>
    protected override void Reserve(in ForwardBatch batch)
    {
        foreach (SequenceInput input in batch.Sequences)
        {
            ((TorchTransformerState)input.State)
                .Reserve(Math.Min(input.Count, input.State.EndsAfter(input.Total, input.Before).Block - input.Before));
        }
    }

    /// <inheritdoc/>
    protected override SequenceState CreateStateCore(StateOptions options)
    {
        RowPools.Check(options);
        return new TorchTransformerState(this, _configuration, options, _states);
    }

    /// <inheritdoc/>
    protected override long StateBytesCore(StateOptions options, long tokens)
    {
        RowPools.Check(options);
        return RowCapacity.Bytes(_configuration, options.Format, new RowCapacity(_configuration, options, BlockRows).Until(tokens));
    }

    /// <inheritdoc/>
    protected override Tensor? Step(in ForwardBatch batch, BlockSchedule schedule)
    {
        if (_steps is null || !TransformerStepWave.IsServed(schedule.Blocks))
            return null;
        batch.CancellationToken.ThrowIfCancellationRequested();
        return _steps.Apply(
            new TransformerStepWave(batch.Tokens.Slice(schedule.FirstToken, schedule.Rows), schedule.Blocks, Device));
    }

    /// <inheritdoc/>
    protected override TorchWave BeginWave(BlockSchedule schedule) =>
        new TorchTransformerWave(schedule, _configuration, _weights, Device);

    /// <inheritdoc/>
    protected override Tensor ScaleEmbedding(Tensor x) =>
        _configuration.EmbeddingScale == 1 ? x : x.mul_(_configuration.EmbeddingScale);

    /// <inheritdoc/>
    protected override Tensor Input(Tensor x, Tensor norm) => _formulas.Input(x, norm);

    /// <inheritdoc/>
    protected override Tensor Added(Tensor y, Tensor norm, Tensor? outputNorm) => _formulas.Added(y, norm, outputNorm);

    /// <inheritdoc/>
    protected override Tensor BoundLogits(Tensor logits) => _formulas.BoundLogits(logits);

    /// <summary>W_o · Attention(q, K, V) over the multi-state, which grows by the new rows and is cut afterwards.</summary>
    protected override Tensor MixTokens(TorchWave wave, int layer, Tensor x)
    {
        TransformerConfiguration c = _configuration;
        TorchTransformerLayerWeights weights = _weights.Layers[layer];
        TorchTransformerWave rows = (TorchTransformerWave)wave;

        Tensor normalised = Input(x, weights.MixingNorm).to(Type);
        Tensor[] projected = TorchMath.Linear(normalised, weights.Projections, weights.ProjectionBias)
            .split([c.Heads * c.HeadWidth, c.KeyValueHeads * c.HeadWidth, c.KeyValueHeads * c.HeadWidth], -1);
        Tensor query = _formulas.Heads(projected[0], weights.QueryNorm, heads => rows.Rotations.RotateQueries(heads, layer));
        Tensor key = _formulas.Heads(projected[1], weights.KeyNorm, heads => rows.Rotations.Rotate(heads, layer));
        Tensor value = projected[2].reshape(wave.Rows, c.KeyValueHeads, c.HeadWidth);

        Tensor attended = torch.empty([wave.Rows, c.Heads, c.HeadWidth], dtype: torch.float32, device: Device);
        foreach (StepRun run in rows.Steps)
            run.Rows.Put(attended, _attention.Apply(run, layer, run.Rows.Take(query), run.Rows.Take(key), run.Rows.Take(value)));
        foreach (WaveSequence sequence in rows.Prompts)
        {
            Block block = sequence.Block;
            Tensor Of(Tensor all) => all.narrow(0, block.FirstRow, block.Rows);
            Of(attended).copy_(_prompts.Apply(sequence, layer, Of(rows.RowPositions), Of(query), Of(key), Of(value)));
        }

        return TorchMath.Linear(attended.reshape(wave.Rows, -1).to(Type), weights.Output, weights.OutputBias);
    }

    /// <inheritdoc/>
    protected override Tensor Activate(Tensor gate, Tensor up) => _formulas.Activate(gate, up);

    /// <inheritdoc/>
    protected override void ReleaseWeights()
    {
        _steps?.Dispose();
        base.ReleaseWeights();
    }

    /// <inheritdoc/>
    protected override void EndWave(TorchWave wave)
    {
        foreach (Block block in wave.Blocks)
        {
            if (block.EndsInput)
                ((TorchTransformerState)block.State).Trim();
        }
    }
}
