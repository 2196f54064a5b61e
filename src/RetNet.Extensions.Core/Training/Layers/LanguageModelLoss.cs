using System.Numerics.Tensors;
using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Kernels.Threads;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>The language-model head with its loss, logits = cap(s · W_lm h) and the mean cross-entropy, for some rows at a time: all logits
/// of a batch are never held.</summary>
/// <param name="head">W_lm, <c>[vocabulary × d]</c>.</param>
/// <param name="vocabulary">Rows of W_lm.</param>
/// <param name="width">d.</param>
/// <param name="settings">s and the cap.</param>
internal sealed unsafe class LanguageModelLoss(Parameter head, int vocabulary, int width, DecoderSettings settings) : IDisposable
{
    // 8 MB of logits.
    private const int LogitsPerBlock = 1 << 21;

    private readonly LinearLayer _head = new(head, vocabulary, width);
    private readonly NativeBuffer<float> _logits = new(0);
    private double[] _losses = [];

    /// <summary>The mean loss over the targets that are not −1; 0 where there is none.</summary>
    /// <param name="pass">The batch.</param>
    /// <param name="hidden">The normalised hidden states, <c>[rows × d]</c>.</param>
    /// <param name="targets">The next token of each row, or −1.</param>
    /// <param name="weight">Factor of the loss in the gradient.</param>
    /// <param name="gradient">Receives the gradient of the hidden states, <c>[rows × d]</c>; null for the loss alone.</param>
    public double Compute(TrainingPass pass, float* hidden, ReadOnlySpan<int> targets, float weight, float* gradient)
    {
        int rows = targets.Length;
        int counted = rows - targets.Count(-1);
        int blockRows = Math.Clamp(LogitsPerBlock / vocabulary, 1, rows);
        _logits.Reserve((long)blockRows * vocabulary);
        if (_losses.Length < rows)
            _losses = new double[rows];

        float scale = counted == 0 ? 0 : weight / counted;
        fixed (int* target = targets)
        {
            for (int first = 0; first < rows; first += blockRows)
            {
                pass.CancellationToken.ThrowIfCancellationRequested();
                int count = Math.Min(blockRows, rows - first);
                float* h = hidden + ((long)first * width);
                _head.Forward(pass.Pool, h, _logits.Pointer, count);
                CrossEntropyRows(pass.Pool, target + first, count, scale, _losses.AsMemory(first, count));
                if (gradient is not null)
                    _head.Backward(pass.Pool, h, _logits.Pointer, gradient + ((long)first * width), count);
            }
        }

        double sum = 0;
        for (int row = 0; row < rows; row++)
            sum += _losses[row];
        return counted == 0 ? 0 : sum / counted;
    }

    public void Dispose() => _logits.Dispose();

    private void CrossEntropyRows(WorkerPool pool, int* targets, int count, float scale, Memory<double> losses)
    {
        float* logits = _logits.Pointer;
        pool.For(count, 8L * count * vocabulary, (from, to) =>
        {
            for (int row = from; row < to; row++)
                losses.Span[row] = CrossEntropyRow(new Span<float>(logits + ((long)row * vocabulary), vocabulary), targets[row], scale);
        });
    }

    /// <summary>The loss of a row of W_lm h, which becomes its gradient.</summary>
    private double CrossEntropyRow(Span<float> row, int target, float scale)
    {
        if (settings.HasPlainLogits)
            return CrossEntropy.Row(row, target, scale);
        if (settings.LogitSoftCap is not { } cap)
        {
            TensorPrimitives.Multiply(row, settings.LogitScale, row);
            double loss = CrossEntropy.Row(row, target, scale);
            TensorPrimitives.Multiply(row, settings.LogitScale, row);
            return loss;
        }

        using ThreadScratch.Scope rented = ThreadScratch.Rent(row.Length);
        Span<float> slope = new(rented.Pointer, row.Length);
        SoftCap.Apply(row, settings.LogitScale, cap);
        SoftCap.Slope(row, settings.LogitScale, cap, slope);
        double capped = CrossEntropy.Row(row, target, scale);
        TensorPrimitives.Multiply(row, slope, row);
        return capped;
    }
}
