using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.TorchSharp.Kernels;
using RetNet.Extensions.TorchSharp.Native;

namespace RetNet.Extensions.TorchSharp.Models.Decoder;

/// <summary>What the decoders of this engine share: waves of tokens, embedding, feed-forward network and head. A family adds how its layers
/// remember.</summary>
/// <remarks>The residual stream, norms, softmax and logits are float32; matrices and their inputs have the type of the weights.</remarks>
internal abstract class TorchDecoderModel : LanguageModel
{
    // Enough rows to fill a GPU, and a bound on the scratch memory.
    private const int WaveRows = 2048;

    // The logits of a large vocabulary take the most memory, so they are computed for fewer rows at a time.
    private const int LogitRows = 256;

    private readonly TorchWeightLoader _memory;
    private readonly TorchWeights _weights;
    private readonly ComputeDevice _device;
    private readonly float _epsilon;

    protected TorchDecoderModel(TorchWeightLoader memory, TorchWeights weights, ComputeDevice device, float epsilon) =>
        (_memory, _weights, _device, _epsilon) = (memory, weights, device, epsilon);

    public sealed override int BlockRows => WaveRows;

    protected sealed override bool ChoosesTokens => true;

    /// <summary>The device's name in libtorch.</summary>
    protected torch.Device Device => _memory.Device;

    /// <summary>The type of matrices and activations.</summary>
    protected torch.ScalarType Type => _memory.Type;

    /// <summary>Groups the rows of a wave and makes room for them in the states of the sequences.</summary>
    protected abstract TorchWave BeginWave(BlockSchedule schedule);

    /// <summary>Changes the embedding, <c>[rows × d]</c>, float32, as the family requires.</summary>
    protected virtual Tensor ScaleEmbedding(Tensor x) => x;

    /// <summary>What the first half of a block adds to the residual stream: retention or attention of n1(x).</summary>
    /// <param name="wave">The result of <see cref="BeginWave"/>.</param>
    /// <param name="layer">The block's number.</param>
    /// <param name="x"><c>[rows × d]</c>, float32.</param>
    /// <returns><c>[rows × d]</c>.</returns>
    protected abstract Tensor MixTokens(TorchWave wave, int layer, Tensor x);

    /// <summary>gate = act(gate) ⊙ up in the feed-forward network: act is silu unless a family overrides it.</summary>
    protected virtual Tensor Activate(Tensor gate, Tensor up) => TorchMath.SiluGate(gate, up);

    /// <summary>What half a block reads of x, <c>[rows × d]</c>, float32: n(x) unless a family says otherwise.</summary>
    protected virtual Tensor Input(Tensor x, Tensor norm) => TorchMath.RmsNorm(x, norm, _epsilon);

    /// <summary>What half a block adds to the residual stream, <c>[rows × d]</c>: what it computes, unless a family says
    /// otherwise.</summary>
    protected virtual Tensor Added(Tensor y, Tensor norm, Tensor? outputNorm) => y;

    /// <summary>Changes logits, float32, as the family requires.</summary>
    protected virtual Tensor BoundLogits(Tensor logits) => logits;

    /// <summary>All layers for a wave with one token of each sequence, in fewer operations than <see cref="MixTokens"/> takes.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="schedule">The wave.</param>
    /// <returns>The residual stream after the last layer, <c>[rows × d]</c>, float32; null where the wave is of another kind.</returns>
    protected virtual Tensor? Step(in ForwardBatch batch, BlockSchedule schedule) => null;

    /// <summary>Called when all layers of a wave are done.</summary>
    protected virtual void EndWave(TorchWave wave)
    {
    }

    /// <summary>The facts that every family has, taken from its weights.</summary>
    protected ModelInfo Describe(ModelConfiguration configuration, int heads, bool hasConstantState, int contextLength)
    {
        Tensor embedding = _weights.Embedding;
        bool isTied = ReferenceEquals(embedding, _weights.Head);
        return new ModelInfo
        {
            Architecture = configuration.Architecture,
            VocabularySize = (int)_weights.Head.size(0),
            HasHead = _weights.HasHead,
            Width = (int)_weights.Head.size(1),
            Layers = _weights.Layers.Length,
            Heads = heads,
            Parameters = _memory.Parameters,
            WeightFormat = Type switch
            {
                torch.ScalarType.BFloat16 => WeightFormat.BFloat16,
                torch.ScalarType.Float16 => WeightFormat.Float16,
                _ => WeightFormat.Float32,
            },
            WeightBytes = _memory.Bytes,
            WeightBytesPerToken =
                _memory.Bytes - _memory.UnreadBytes - (isTied ? 0 : embedding.NumberOfElements * embedding.element_size()),
            ContextLength = contextLength,
            HasConstantState = hasConstantState,
            Threads = Device.type == DeviceType.CPU ? torch.get_num_threads() : 1,
            Device = _device,
            StateShape = configuration.StateShape,
            Fingerprint = _memory.Tensors.Fingerprint(configuration),
            BeginningOfSequenceId = configuration.BosTokenId,
            EndOfSequenceIds = configuration.EosTokenIds,
        };
    }

    /// <summary>Runs code of libtorch; its errors are explained: if memory runs out, the exception says what would fit.</summary>
    public T Guard<T>(Func<T> compute)
    {
        try
        {
            return compute();
        }
        catch (ExternalException exception)
        {
            throw Explain(exception);
        }
    }

    /// <inheritdoc/>
    protected sealed override void ForwardCore(in ForwardBatch batch, Span<float> output) => Run(batch, output, [], []);

    protected sealed override void ForwardAndChooseCore(in ForwardBatch batch, ReadOnlySpan<Sampler?> samplers, Span<int> tokens) =>
        Run(batch, [], samplers, tokens);

    /// <inheritdoc/>
    protected override void ReleaseWeights() => _memory.Dispose();

    private DeviceException Explain(ExternalException exception) => TorchErrors.Explain(_device, exception, cause =>
        TorchErrors.OutOfMemory(_device, Info.WeightBytes, StateBytes(null, Info.ContextLength ?? 1), Info, cause));

    /// <summary>Wave after wave: with samplers the tokens that they choose, else the output that the batch asks for.</summary>
    private void Run(in ForwardBatch batch, Span<float> output, ReadOnlySpan<Sampler?> samplers, Span<int> tokens)
    {
        using IDisposable noGrad = torch.no_grad();
        BlockSchedule schedule = new(WaveRows);
        schedule.Start();
        try
        {
            while (schedule.Next(batch))
            {
                using DisposeScope scope = torch.NewDisposeScope();
                Tensor x = Step(batch, schedule) ?? Compute(batch, schedule);
                if (samplers.IsEmpty)
                {
                    Write(batch.Output, schedule, x, output);
                }
                else if (LastRows(schedule) is { Length: > 0 } rows)
                {
                    TokenChooser.Choose(Logits(Select(x, rows)), samplers.Slice(schedule.FirstEnding, rows.Length),
                        tokens[schedule.FirstEnding..]);
                }
            }
        }
        catch (ExternalException exception)
        {
            throw Explain(exception);
        }
    }

    private void Write(ForwardOutput kind, BlockSchedule schedule, Tensor x, Span<float> output)
    {
        switch (kind)
        {
            case ForwardOutput.AllHidden:
                CopyToHost(TorchMath.RmsNorm(x, _weights.FinalNorm, _epsilon), output[(schedule.FirstToken * Info.Width)..]);
                break;
            case ForwardOutput.AllLogits:
                AllLogits(x, output[(schedule.FirstToken * Info.VocabularySize)..]);
                break;
            default:
                if (LastRows(schedule) is { Length: > 0 } rows)
                    CopyToHost(Logits(Select(x, rows)), output[(schedule.FirstEnding * Info.VocabularySize)..]);
                break;
        }
    }

    /// <summary>All layers for the rows of a wave.</summary>
    /// <returns>The residual stream after the last, <c>[rows × d]</c>, float32.</returns>
    private Tensor Compute(in ForwardBatch batch, BlockSchedule schedule)
    {
        batch.CancellationToken.ThrowIfCancellationRequested();
        TorchWave wave = BeginWave(schedule);
        Tensor tokens = torch.tensor(batch.Tokens.Slice(schedule.FirstToken, schedule.Rows).ToArray(), torch.int64, Device);
        Tensor x = ScaleEmbedding(_weights.Embedding.index_select(0, tokens).to(torch.float32));
        for (int layer = 0; layer < _weights.Layers.Length; layer++)
        {
            ThrowIfDisposed(batch);
            using DisposeScope scope = torch.NewDisposeScope();
            TorchLayerWeights weights = _weights.Layers[layer];
            x.add_(Added(MixTokens(wave, layer, x), weights.MixingNorm, weights.MixingOutputNorm));
            x.add_(Added(FeedForward(weights, x), weights.FeedForwardNorm, weights.FeedForwardOutputNorm));
        }

        EndWave(wave);
        return x;
    }

    /// <summary>F(n2(x)).</summary>
    private Tensor FeedForward(TorchLayerWeights weights, Tensor x) =>
        weights.FeedForward.Apply(Input(x, weights.FeedForwardNorm), Type, Activate);

    /// <summary>W_lm n_f(x) in float32, bounded as the family requires.</summary>
    private Tensor Logits(Tensor x) =>
        BoundLogits(TorchMath.Linear(TorchMath.RmsNorm(x, _weights.FinalNorm, _epsilon).to(Type), _weights.Head).to(torch.float32));

    private void AllLogits(Tensor x, Span<float> output)
    {
        for (int row = 0; row < x.size(0); row += LogitRows)
        {
            using DisposeScope scope = torch.NewDisposeScope();
            CopyToHost(Logits(x.narrow(0, row, Math.Min(LogitRows, x.size(0) - row))), output[(row * Info.VocabularySize)..]);
        }
    }

    // The last rows of the sequences whose tokens end in the wave, up to the last whose logits are needed.
    private static int[] LastRows(BlockSchedule schedule)
    {
        List<int> rows = [];
        int read = 0;
        foreach (Block block in schedule.Blocks)
        {
            if (!block.EndsForward)
                continue;
            rows.Add(block.FirstRow + block.Rows - 1);
            if (block.EndsInput)
                read = rows.Count;
        }

        return [.. rows.Take(read)];
    }

    private static Tensor Select(Tensor x, int[] rows) =>
        rows.Length == x.size(0) ? x : x.index_select(0, torch.tensor(rows, torch.int64, x.device));

    private static void CopyToHost(Tensor values, Span<float> output) =>
        MemoryMarshal.Cast<byte, float>(values.contiguous().cpu().bytes).CopyTo(output);
}
