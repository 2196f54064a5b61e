using System.Numerics.Tensors;
using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.RetNet;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>
/// Multi-scale retention, <c>x ← x + W_o ( RMSNorm_head( Retention(q, k, v) ) ⊙ silu(W_g n1(x)) )</c> with q, k, v = W_q, W_k, W_v · n1(x).
/// H heads, G key-value heads.
/// </summary>
internal sealed unsafe class RetentionLayer : MixingLayer
{
    // The cheapest chunk, used if the result does not depend on it.
    private const int DefaultChunkLength = 64;

    private readonly RetNetConfiguration _c;
    private readonly int _layer;
    private readonly float[] _logDecay;
    private readonly HalfBlock _half;
    private readonly LinearLayer _projections;
    private readonly NormLayer _headNorm;
    private readonly LinearLayer _output;
    private readonly TrainingScratch _scratch;
    private readonly ScratchRows _kept;
    private readonly NativeBuffer<float> _states = new(0);
    private readonly int _projectionWidth;
    private readonly int _valueWidth;

    /// <summary>The projections are W_q, W_k, W_v and W_g one below the other.</summary>
    public RetentionLayer(
        RetNetConfiguration c, int layer, float[] logDecay, HalfBlock half, LinearLayer projections, NormLayer headNorm,
        LinearLayer output, TrainingScratch scratch)
    {
        (_c, _layer, _logDecay, _half, _projections, _headNorm, _output, _scratch) =
            (c, layer, logDecay, half, projections, headNorm, output, scratch);
        _projectionWidth = projections.Outputs;
        _valueWidth = c.Heads * c.ValueWidth;
        _kept = new ScratchRows([_projectionWidth, _valueWidth, c.Heads, _valueWidth]);
    }

    /// <summary>q, k and v, rotated and scaled, and the gate before its activation, <c>[rows × (H·dk + G·dk + G·dv + H·dv)]</c>.</summary>
    private float* Projected => _kept[0];

    /// <summary>The retention's result, <c>[rows × H·dv]</c>.</summary>
    private float* Retained => _kept[1];

    /// <summary>The factor by which a form scales each row of each head, <c>[rows × H]</c>.</summary>
    private float* RowFactors => _kept[2];

    /// <summary>RMSNorm_head(retained) ⊙ silu(gate), <c>[rows × H·dv]</c>.</summary>
    private float* Gated => _kept[3];

    private int KeyOffset => _c.Heads * _c.KeyWidth;

    private int ValueOffset => KeyOffset + (_c.KeyValueHeads * _c.KeyWidth);

    private int GateOffset => ValueOffset + (_c.KeyValueHeads * _c.ValueWidth);

    public override void Forward(TrainingPass pass, float* x, float* y)
    {
        _kept.Reserve(pass.Rows);
        _projections.Forward(pass.Pool, _half.Input(pass, x), Projected, pass.Rows);
        pass.ForRows(4L * ValueOffset, (from, to) => ScaleAndRotate(pass, Projected, from, to, forward: true));
        Retain(pass, backward: false, null, null);
        GateRetained(pass);
        _half.Add(pass, (target, add) => _output.Forward(pass.Pool, Gated, target, pass.Rows, add), x, y);
    }

    public override void Backward(TrainingPass pass, float* x, float* gradient)
    {
        int rows = pass.Rows;
        float* dGated = _scratch.InnerGradient;
        float* dProjected = _scratch.ProjectionGradient;
        float* dNormalized = _scratch.Branch;

        float* dBranch = _half.OutputGradient(pass, gradient);
        _output.Backward(pass.Pool, Gated, dBranch, dGated, rows);
        if (_c.UseOutputGate)
            GateBackward(pass, dGated, dProjected);
        _headNorm.Backward(pass.Pool, Retained, dGated, dGated, rows * _c.Heads, add: false);
        Retain(pass, backward: true, dGated, dProjected);
        pass.ForRows(4L * ValueOffset, (from, to) => ScaleAndRotate(pass, dProjected, from, to, forward: false));
        _projections.Backward(pass.Pool, _half.Input(pass, x), dProjected, dNormalized, rows);
        _half.AddInputGradient(pass, x, dNormalized, gradient);
    }

    public override void Dispose()
    {
        _half.Dispose();
        _headNorm.Dispose();
        _kept.Dispose();
        _states.Dispose();
    }

    /// <summary>The scale dk^−½ (fla puts it on q, torchscale on k) and the rotation; backward, the inverse rotation and the same
    /// scale.</summary>
    private void ScaleAndRotate(TrainingPass pass, float* projected, int from, int to, bool forward)
    {
        int pairs = _c.KeyWidth / 2;
        int heads = _c.Heads + _c.KeyValueHeads;
        bool isFla = _c.Dialect == RetNetDialect.Fla;
        for (int row = from; row < to; row++)
        {
            float* q = projected + ((long)row * _projectionWidth);
            Span<float> scaled = isFla ? new(q, KeyOffset) : new(q + KeyOffset, ValueOffset - KeyOffset);
            TensorPrimitives.Multiply(scaled, 1 / MathF.Sqrt(_c.KeyWidth), scaled);

            // The keys follow the queries: further heads of the row.
            float* cosines = pass.Cosines(0) + ((long)row * pairs);
            float* sines = pass.Sines(0) + ((long)row * pairs);
            if (isFla && forward)
                Rotary.RotateHalves(q, 1, heads, pairs, cosines, sines);
            else if (isFla)
                Rotary.RotateHalvesBack(q, 1, heads, pairs, cosines, sines);
            else if (forward)
                Rotary.RotateInterleaved(q, 1, heads, pairs, cosines, sines);
            else
                Rotary.RotateInterleavedBack(q, 1, heads, pairs, cosines, sines);
        }
    }

    /// <summary>Retention of every sequence and head, or its gradient. Query heads that share a key-value head add to the same gradient,
    /// one after the other.</summary>
    private void Retain(TrainingPass pass, bool backward, float* dRetained, float* dProjected)
    {
        RetentionScaling scaling = _c.ScalingOf(pass.Form);
        int longest = pass.Sequences.Max(sequence => sequence.Length);
        int chunk = ChunkOf(pass, scaling, longest);
        long stateLength = (long)_c.KeyWidth * _c.ValueWidth;
        long statesPerHead = ((longest + chunk - 1) / chunk) + 1;
        long states = pass.Sequences.Count * _c.Heads * statesPerHead * stateLength;
        _states.Reserve(states);
        int shared = _c.Heads / _c.KeyValueHeads;
        long cost = 4L * pass.Rows * _c.Heads * _c.KeyWidth * _c.ValueWidth;
        pass.Pool.For(pass.Sequences.Count * _c.KeyValueHeads, cost, (from, to) =>
        {
            for (int index = from; index < to; index++)
            {
                int sequence = index / _c.KeyValueHeads;
                int keyValueHead = index % _c.KeyValueHeads;
                for (int head = keyValueHead * shared; head < (keyValueHead + 1) * shared; head++)
                {
                    float* headStates = _states.Pointer + (((sequence * _c.Heads) + head) * statesPerHead * stateLength);
                    RetainHead(pass, sequence, head, keyValueHead, scaling, chunk, headStates, backward, dRetained, dProjected);
                }
            }
        });
    }

    private void RetainHead(
        TrainingPass pass, int sequence, int head, int keyValueHead, RetentionScaling scaling, int chunk, float* states, bool backward,
        float* dRetained,
        float* dProjected)
    {
        (int firstRow, int length, long position) = pass.Sequences[sequence];
        long row = (long)firstRow * _projectionWidth;
        int query = head * _c.KeyWidth;
        int key = KeyOffset + (keyValueHead * _c.KeyWidth);
        int value = ValueOffset + (keyValueHead * _c.ValueWidth);
        long outputOffset = ((long)firstRow * _valueWidth) + (head * _c.ValueWidth);
        RetentionGradientHead retention = new()
        {
            KeyWidth = _c.KeyWidth,
            ValueWidth = _c.ValueWidth,
            LogDecay = _logDecay[head],
            Scaling = scaling,
            Chunk = chunk,
            Query = Projected + row + query,
            Key = Projected + row + key,
            Value = Projected + row + value,
            Stride = _projectionWidth,
            OutputStride = _valueWidth,
            RowFactors = RowFactors + ((long)firstRow * _c.Heads) + head,
            RowFactorStride = _c.Heads,
            States = states,
        };
        if (backward)
        {
            retention.Backward(position, length, dRetained + outputOffset, dProjected + row + query, dProjected + row + key,
                dProjected + row + value, add: head % (_c.Heads / _c.KeyValueHeads) > 0);
            return;
        }

        int stateLength = _c.KeyWidth * _c.ValueWidth;
        Span<float> before = new(states, stateLength);
        Span<float> carried = pass.State is null ? [] : new(pass.State.Layer(sequence, _layer) + ((long)head * stateLength), stateLength);
        if (pass.State is null)
            before.Clear();
        else
            carried.CopyTo(before);
        retention.Forward(position, length, Retained + outputOffset);
        if (pass.State is not null)
            new ReadOnlySpan<float>(states + ((long)((length + chunk - 1) / chunk) * stateLength), stateLength).CopyTo(carried);
    }

    // Only the scaling of torchscale's chunkwise form depends on the chunk; elsewhere a chunk longer than the sequence is the sequence.
    private int ChunkOf(TrainingPass pass, RetentionScaling scaling, int longest)
    {
        if (pass.Form == RetentionForm.Parallel)
            return longest;
        if (scaling == RetentionScaling.TorchScaleChunkwise)
            return pass.ChunkLength > 0 ? pass.ChunkLength : _c.ChunkSize;
        return Math.Min(pass.ChunkLength > 0 ? pass.ChunkLength : DefaultChunkLength, longest);
    }

    /// <summary>gated = RMSNorm_head(retained) ⊙ silu(gate).</summary>
    private void GateRetained(TrainingPass pass) => pass.ForRows(8L * _valueWidth, (from, to) =>
    {
        using ThreadScratch.Scope rented = ThreadScratch.Rent(_valueWidth);
        float* normalized = rented.Pointer;
        for (int row = from; row < to; row++)
        {
            float* target = Gated + ((long)row * _valueWidth);
            float* retained = Retained + ((long)row * _valueWidth);
            if (!_c.UseOutputGate)
            {
                _headNorm.Forward(_headNorm.Weight(), retained, target, _c.Heads);
                continue;
            }

            _headNorm.Forward(_headNorm.Weight(), retained, normalized, _c.Heads);
            Span<float> gate = new(target, _valueWidth);
            new ReadOnlySpan<float>(Projected + ((long)row * _projectionWidth) + GateOffset, _valueWidth).CopyTo(gate);
            Activations.SiluGate(gate, new ReadOnlySpan<float>(normalized, _valueWidth));
        }
    });

    /// <summary>Turns the gradient of the gated rows into that of the normalised ones, in place, and writes that of the gate.</summary>
    private void GateBackward(TrainingPass pass, float* gradient, float* dProjected) => pass.ForRows(16L * _valueWidth, (from, to) =>
    {
        using ThreadScratch.Scope rented = ThreadScratch.Rent(_valueWidth);
        float* normalized = rented.Pointer;
        for (int row = from; row < to; row++)
        {
            _headNorm.Forward(_headNorm.Weight(), Retained + ((long)row * _valueWidth), normalized, _c.Heads);
            ReadOnlySpan<float> gate = new(Projected + ((long)row * _projectionWidth) + GateOffset, _valueWidth);
            Span<float> dGate = new(dProjected + ((long)row * _projectionWidth) + GateOffset, _valueWidth);
            Span<float> dRow = new(gradient + ((long)row * _valueWidth), _valueWidth);
            Activations.SiluGateBackward(gate, new ReadOnlySpan<float>(normalized, _valueWidth), dRow, dGate, dRow);
        }
    });
}
