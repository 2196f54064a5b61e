using System.Numerics.Tensors;
using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Models.Transformer.Rotations;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>
/// Causal attention over all tokens of a sequence, <c>x ← x + W_o Attention(q, K, V)</c> with q, k, v = W_q, W_k, W_v · n1(x). H heads, G
/// key-value heads of width w.
/// </summary>
internal sealed unsafe class AttentionLayer : MixingLayer
{
    private readonly TransformerConfiguration _c;
    private readonly int _layer;
    private readonly HalfBlock _half;
    private readonly LinearLayer _projections;
    private readonly NormLayer? _queryNorm;
    private readonly NormLayer? _keyNorm;
    private readonly Parameter? _sinks;
    private readonly LinearLayer _output;
    private readonly TrainingScratch _scratch;
    private readonly ScratchRows _kept;
    private readonly int _projectionWidth;
    private readonly int _queryWidth;
    private readonly int _keyWidth;

    /// <summary>The projections are W_q, W_k and W_v one below the other; the norms of queries and keys, and the sinks,
    /// may be null.</summary>
    public AttentionLayer(
        TransformerConfiguration c, int layer, HalfBlock half, LinearLayer projections, NormLayer? queryNorm, NormLayer? keyNorm,
        Parameter? sinks, LinearLayer output, TrainingScratch scratch)
    {
        (_c, _layer, _half, _projections, _queryNorm, _keyNorm, _sinks, _output, _scratch) =
            (c, layer, half, projections, queryNorm, keyNorm, sinks, output, scratch);
        _queryWidth = c.Heads * c.HeadWidth;
        _keyWidth = c.KeyValueHeads * c.HeadWidth;
        _projectionWidth = projections.Outputs;
        int normalized = queryNorm is null ? 0 : _queryWidth + _keyWidth;
        _kept = new ScratchRows([_projectionWidth, _queryWidth, c.Heads, normalized]);
    }

    /// <summary>q, k and v, <c>[rows × (H + 2G)·width]</c>: q and k normalised and rotated, and q scaled.</summary>
    private float* Projected => _kept[0];

    /// <summary><c>[rows × H·width]</c>.</summary>
    private float* Attended => _kept[1];

    /// <summary>ln Σ e^score of each row and head, <c>[rows × H]</c>.</summary>
    private float* LogSums => _kept[2];

    /// <summary>q and k before their norms, heads of all rows one after the other: <c>[rows × H·width]</c>, then <c>[rows ×
    /// G·width]</c>.</summary>
    private float* BeforeNorm => _kept[3];

    /// <summary>How many parts of a row's queries, and of its keys, are normalised on their own.</summary>
    private (int Queries, int Keys) NormalizedParts => _c.QueryKeyNorm == QueryKeyNorm.Whole ? (1, 1) : (_c.Heads, _c.KeyValueHeads);

    public override void Forward(TrainingPass pass, float* x, float* y)
    {
        _kept.Reserve(pass.Rows);
        _projections.Forward(pass.Pool, _half.Input(pass, x), Projected, pass.Rows);
        if (_c.QueryKeyNorm != QueryKeyNorm.PerHeadRotated)
            Normalize(pass);
        pass.ForRows(4L * (_queryWidth + _keyWidth), (from, to) => Rotate(pass, from, to));
        if (_c.QueryKeyNorm == QueryKeyNorm.PerHeadRotated)
            Normalize(pass);
        pass.ForRows(_queryWidth, (from, to) => ScaleQueries(pass, Projected, from, to));
        Attend(pass, backward: false, null, null);
        _half.Add(pass, (target, add) => _output.Forward(pass.Pool, Attended, target, pass.Rows, add), x, y);
    }

    public override void Backward(TrainingPass pass, float* x, float* gradient)
    {
        int rows = pass.Rows;
        float* dAttended = _scratch.InnerGradient;
        float* dProjected = _scratch.ProjectionGradient;
        float* dNormalized = _scratch.Branch;

        float* dBranch = _half.OutputGradient(pass, gradient);
        _output.Backward(pass.Pool, Attended, dBranch, dAttended, rows);
        Attend(pass, backward: true, dAttended, dProjected);
        if (_sinks is not null)
            SinkBackward(rows, dAttended);
        pass.ForRows(_queryWidth, (from, to) => ScaleQueries(pass, dProjected, from, to));
        if (_c.QueryKeyNorm == QueryKeyNorm.PerHeadRotated)
            NormBackward(pass, dProjected);
        pass.ForRows(4L * (_queryWidth + _keyWidth), (from, to) => RotateBack(pass, dProjected, from, to));
        if (_c.QueryKeyNorm != QueryKeyNorm.PerHeadRotated)
            NormBackward(pass, dProjected);
        _projections.Backward(pass.Pool, _half.Input(pass, x), dProjected, dNormalized, rows);
        _half.AddInputGradient(pass, x, dNormalized, gradient);
    }

    public override void Dispose()
    {
        _half.Dispose();
        _queryNorm?.Dispose();
        _keyNorm?.Dispose();
        _kept.Dispose();
    }

    /// <summary>The gradient of a sink s: ds = −Σ_i e^(s − l_i) do_i·o_i, as its share e^(s − l) of the softmax weighs nothing.</summary>
    private void SinkBackward(int rows, float* dAttended)
    {
        for (int head = 0; head < _c.Heads; head++)
        {
            float sum = 0;
            for (long row = 0; row < rows; row++)
            {
                long at = (row * _queryWidth) + (head * _c.HeadWidth);
                float share = MathF.Exp(_sinks!.ValuePointer[head] - LogSums[(row * _c.Heads) + head]);
                sum -= share * TensorPrimitives.Dot(
                    new ReadOnlySpan<float>(dAttended + at, _c.HeadWidth), new ReadOnlySpan<float>(Attended + at, _c.HeadWidth));
            }

            _sinks!.GradientPointer[head] += sum;
        }
    }

    private void Normalize(TrainingPass pass)
    {
        if (_queryNorm is not { } queryNorm || _keyNorm is not { } keyNorm)
            return;
        float* queryWeight = queryNorm.Weight(), keyWeight = keyNorm.Weight();
        pass.ForRows(4L * (_queryWidth + _keyWidth), (from, to) =>
        {
            for (int row = from; row < to; row++)
            {
                float* q = Projected + ((long)row * _projectionWidth), k = q + _queryWidth;
                float* queries = BeforeNorm + ((long)row * _queryWidth);
                float* keys = BeforeNorm + ((long)pass.Rows * _queryWidth) + ((long)row * _keyWidth);
                new ReadOnlySpan<float>(q, _queryWidth).CopyTo(new Span<float>(queries, _queryWidth));
                new ReadOnlySpan<float>(k, _keyWidth).CopyTo(new Span<float>(keys, _keyWidth));
                queryNorm.Forward(queryWeight, queries, q, NormalizedParts.Queries);
                keyNorm.Forward(keyWeight, keys, k, NormalizedParts.Keys);
            }
        });
    }

    private void Rotate(TrainingPass pass, int from, int to)
    {
        LayerRotation rotation = _c.Rotation(_layer);
        if (rotation == LayerRotation.None)
            return;
        int pairs = _c.RotaryWidth / 2;
        for (long row = from; row < to; row++)
        {
            // The keys follow the queries: further heads of the row.
            Rotary.RotatePart(_c.RotatesNeighbours, Projected + (row * _projectionWidth), 1, _c.Heads + _c.KeyValueHeads, _c.HeadWidth,
                pairs, pass.Cosines((int)rotation) + (row * pairs), pass.Sines((int)rotation) + (row * pairs));
        }
    }

    private void RotateBack(TrainingPass pass, float* dProjected, int from, int to)
    {
        LayerRotation rotation = _c.Rotation(_layer);
        if (rotation == LayerRotation.None)
            return;
        int pairs = _c.RotaryWidth / 2;
        for (long row = from; row < to; row++)
        {
            Rotary.RotatePartBack(_c.RotatesNeighbours, dProjected + (row * _projectionWidth), 1, _c.Heads + _c.KeyValueHeads, _c.HeadWidth,
                pairs, pass.Cosines((int)rotation) + (row * pairs), pass.Sines((int)rotation) + (row * pairs));
        }
    }

    /// <summary>Scales queries, or their gradients.</summary>
    private void ScaleQueries(TrainingPass pass, float* projected, int from, int to)
    {
        for (int row = from; row < to; row++)
        {
            Span<float> queries = new(projected + ((long)row * _projectionWidth), _queryWidth);
            TensorPrimitives.Multiply(queries, _c.AttentionScale, queries);
            if (_c.QueryGrowth == 0)
                continue;
            float factor = 1 + (_c.QueryGrowth * MathF.Log(1 + (pass.Positions[row] / _c.QueryGrowthLength)));
            TensorPrimitives.Multiply(queries, factor, queries);
        }
    }

    /// <summary>Turns the gradients of normalised queries and keys into those of the projected ones, through copies without gaps between
    /// the rows.</summary>
    private void NormBackward(TrainingPass pass, float* dProjected)
    {
        if (_queryNorm is not { } queryNorm || _keyNorm is not { } keyNorm)
            return;
        int rows = pass.Rows;
        float* dense = _scratch.InnerGradient;
        Gather(pass, dProjected, 0, _queryWidth, dense, toDense: true);
        queryNorm.Backward(pass.Pool, BeforeNorm, dense, dense, rows * NormalizedParts.Queries, add: false);
        Gather(pass, dProjected, 0, _queryWidth, dense, toDense: false);

        Gather(pass, dProjected, _queryWidth, _keyWidth, dense, toDense: true);
        keyNorm.Backward(pass.Pool, BeforeNorm + ((long)rows * _queryWidth), dense, dense, rows * NormalizedParts.Keys, add: false);
        Gather(pass, dProjected, _queryWidth, _keyWidth, dense, toDense: false);
    }

    /// <summary>Attention of every sequence and head, or its gradient. Query heads that share a key-value head add to the same gradient,
    /// one after the other.</summary>
    private void Attend(TrainingPass pass, bool backward, float* dAttended, float* dProjected)
    {
        int shared = _c.Heads / _c.KeyValueHeads;
        long cost = pass.Sequences.Sum(sequence => 2L * _c.Heads * sequence.Length * sequence.Length * _c.HeadWidth);
        pass.Pool.For(pass.Sequences.Count * _c.KeyValueHeads, cost, (from, to) =>
        {
            for (int index = from; index < to; index++)
            {
                TrainingSequence sequence = pass.Sequences[index / _c.KeyValueHeads];
                int keyValueHead = index % _c.KeyValueHeads;
                for (int head = keyValueHead * shared; head < (keyValueHead + 1) * shared; head++)
                    AttendHead(sequence, head, keyValueHead, backward, dAttended, dProjected);
            }
        });
    }

    private void AttendHead(TrainingSequence sequence, int head, int keyValueHead, bool backward, float* dAttended, float* dProjected)
    {
        long row = (long)sequence.FirstRow * _projectionWidth;
        int query = head * _c.HeadWidth;
        int key = _queryWidth + (keyValueHead * _c.HeadWidth);
        int value = key + _keyWidth;
        long output = ((long)sequence.FirstRow * _queryWidth) + (head * _c.HeadWidth);
        AttentionGradientHead attention = new()
        {
            HeadWidth = _c.HeadWidth,
            SlidingWindow = _c.SlidingWindow(_layer) ?? 0,
            SoftCap = _c.AttentionSoftCap,
            Query = Projected + row + query,
            QueryStride = _projectionWidth,
            Key = Projected + row + key,
            KeyStride = _projectionWidth,
            Value = Projected + row + value,
            ValueStride = _projectionWidth,
            Output = Attended + output,
            OutputStride = _queryWidth,
            LogSums = LogSums + ((long)sequence.FirstRow * _c.Heads) + head,
            LogSumStride = _c.Heads,
            Sink = _sinks is null ? float.NegativeInfinity : _sinks.ValuePointer[head],
        };
        if (backward)
        {
            attention.Backward(sequence.Length, dAttended + output, dProjected + row + query, dProjected + row + key,
                dProjected + row + value, add: head % (_c.Heads / _c.KeyValueHeads) > 0);
        }
        else
        {
            attention.Forward(sequence.Length);
        }
    }

    private void Gather(TrainingPass pass, float* projected, int offset, int width, float* dense, bool toDense) =>
        pass.ForRows(width, (from, to) =>
    {
        for (int row = from; row < to; row++)
        {
            Span<float> apart = new(projected + ((long)row * _projectionWidth) + offset, width);
            Span<float> together = new(dense + ((long)row * width), width);
            (toDense ? apart : together).CopyTo(toDense ? together : apart);
        }
    });
}
