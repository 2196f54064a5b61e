using System.Numerics.Tensors;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models.Decoder;
using RetNet.Extensions.Core.Training.Layers;

namespace RetNet.Extensions.Core.Training.Run;

/// <summary>A linear layer over the mean of a sequence's hidden states: a class, a probability or a number for a whole text.</summary>
public sealed class SequenceHead : IDisposable
{
    private readonly ParameterStore _store;

    /// <summary>Creates a head with new weights: normal with standard deviation width^−½, biases 0.</summary>
    /// <param name="width">Model width d.</param>
    /// <param name="outputs">The number of outputs K: classes, or 1.</param>
    /// <param name="seed">Seed of the weights.</param>
    public SequenceHead(int width, int outputs, int seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(outputs, 1);
        (Width, Outputs) = (width, outputs);
        _store = new ParameterStore([
            WeightDeclaration.Matrix(ScoringHead.WeightName, outputs, width, Initialization.Normal(1 / Math.Sqrt(width))),
            WeightDeclaration.Bias(ScoringHead.BiasName, outputs)]);
        _store.Initialize(seed);
    }

    /// <summary>Model width d.</summary>
    public int Width { get; }

    /// <summary>The number of outputs K.</summary>
    public int Outputs { get; }

    /// <summary><c>score.weight</c>, <c>[K × d]</c>, and <c>score.bias</c>, <c>[K]</c>.</summary>
    internal IReadOnlyList<Parameter> Parameters => _store.Parameters;

    /// <summary>Sets the gradients to 0.</summary>
    internal void ClearGradients() => _store.ClearGradients();

    /// <summary>One pass over labelled sequences: forward, loss, backward through head and model.</summary>
    /// <param name="model">The model under the head.</param>
    /// <param name="batch">The sequences.</param>
    /// <param name="targets">The target of each sequence, see <see cref="SequenceLoss"/>.</param>
    /// <param name="loss">The kind of loss.</param>
    /// <param name="options">Weights of sequences, label smoothing and the like; null for none.</param>
    /// <returns>The mean loss of the sequences, each with its weight.</returns>
    /// <exception cref="ArgumentException">The batch does not fit the model, or the targets do not fit the batch, the loss or the
    /// head.</exception>
    /// <exception cref="OperationCanceledException">The batch's token was cancelled.</exception>
    internal double Step(
        TrainableModel model, in TrainingBatch batch, ReadOnlySpan<float> targets, SequenceLoss loss, SequenceStepOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= SequenceStepOptions.Default;
        Check(model, batch, targets, loss, options);
        ReadOnlySpan<float> means = model.Forward(batch with { Means = true });
        float[] meansGradient = new float[means.Length];
        double sum = Compute(means, targets, loss, options, meansGradient);
        model.Backward(meansGradient);
        return sum;
    }

    /// <summary>The loss of labelled sequences, without gradients.</summary>
    /// <param name="model">The model under the head.</param>
    /// <param name="batch">The sequences.</param>
    /// <param name="targets">The target of each sequence, see <see cref="SequenceLoss"/>.</param>
    /// <param name="loss">The kind of loss.</param>
    /// <param name="options">Weights of sequences and label smoothing; null for none.</param>
    /// <returns>The mean loss of the sequences, each with its weight.</returns>
    /// <exception cref="ArgumentException">The batch does not fit the model, or the targets do not fit the batch, the loss or the
    /// head.</exception>
    /// <exception cref="OperationCanceledException">The batch's token was cancelled.</exception>
    internal double Loss(
        TrainableModel model, in TrainingBatch batch, ReadOnlySpan<float> targets, SequenceLoss loss, SequenceStepOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= SequenceStepOptions.Default;
        Check(model, batch, targets, loss, options);
        return Compute(model.Measure(batch with { Means = true }), targets, loss, options, []);
    }

    /// <summary>The outputs for the mean of a sequence's hidden states: logits of classes, or the number.</summary>
    /// <param name="mean"><c>[d]</c>.</param>
    /// <param name="outputs">Receives <c>[K]</c>.</param>
    internal void Score(ReadOnlySpan<float> mean, Span<float> outputs)
    {
        ReadOnlySpan<float> weight = Parameters[0].Values;
        ReadOnlySpan<float> bias = Parameters[1].Values;
        for (int k = 0; k < Outputs; k++)
            outputs[k] = TensorPrimitives.Dot(weight.Slice(k * Width, Width), mean) + bias[k];
    }

    /// <summary>Copies the weights for scoring. The copy's outputs are those of this head, times <paramref name="scale"/>, plus
    /// <paramref name="shift"/>.</summary>
    /// <param name="scale">Factor of the outputs, such as the deviation of the values that were trained on.</param>
    /// <param name="shift">What is added to them, such as the mean of those values.</param>
    /// <returns>The copy.</returns>
    public ScoringHead ToScoringHead(float scale = 1, float shift = 0)
    {
        float[] weight = Parameters[0].Values.ToArray();
        float[] bias = Parameters[1].Values.ToArray();
        TensorPrimitives.Multiply(weight, scale, weight);
        TensorPrimitives.Multiply(bias, scale, bias);
        TensorPrimitives.Add(bias, shift, bias);
        return new ScoringHead(weight, bias);
    }

    /// <summary>Releases the weights.</summary>
    public void Dispose() => _store.Dispose();

    /// <summary>The mean loss; and its gradient, that of the means and that of the head, unless <paramref name="meansGradient"/> is
    /// empty.</summary>
    private double Compute(
        ReadOnlySpan<float> means, ReadOnlySpan<float> targets, SequenceLoss loss, SequenceStepOptions options, Span<float> meansGradient)
    {
        double weights = 0;
        for (int i = 0; i < targets.Length; i++)
            weights += options.WeightOf(i);
        double sum = 0;
        float[] outputs = new float[Outputs];
        for (int i = 0; i < targets.Length; i++)
        {
            ReadOnlySpan<float> mean = means.Slice(i * Width, Width);
            Score(mean, outputs);

            // From here on outputs holds the gradient of the scores.
            double share = weights == 0 ? 0 : options.WeightOf(i) / weights;
            sum += share * LossAndGradient(outputs, targets[i], loss, options.LabelSmoothing);
            if (meansGradient.IsEmpty)
                continue;
            TensorPrimitives.Multiply(outputs, (float)(share * options.Scale), outputs);
            Backward(mean, outputs, meansGradient.Slice(i * Width, Width));
        }

        return sum;
    }

    private void Backward(ReadOnlySpan<float> mean, ReadOnlySpan<float> dOutputs, Span<float> dMean)
    {
        ReadOnlySpan<float> weight = Parameters[0].Values;
        Span<float> dWeight = Parameters[0].Gradient;
        Span<float> dBias = Parameters[1].Gradient;
        for (int k = 0; k < Outputs; k++)
        {
            Span<float> row = dWeight.Slice(k * Width, Width);
            TensorPrimitives.MultiplyAdd(mean, dOutputs[k], row, row);
            TensorPrimitives.MultiplyAdd(weight.Slice(k * Width, Width), dOutputs[k], dMean, dMean);
            dBias[k] += dOutputs[k];
        }
    }

    /// <summary>The loss of one sequence; its gradient replaces the scores.</summary>
    private static double LossAndGradient(Span<float> scores, float target, SequenceLoss loss, float smoothing)
    {
        switch (loss)
        {
            case SequenceLoss.CrossEntropy:
                return SoftmaxLoss(scores, (int)target, smoothing);
            case SequenceLoss.Logistic:
                // ln(1 + e^−|s|) + max(s, 0) − s·y, which does not overflow.
                double y = (target * (1 - smoothing)) + (smoothing / 2);
                double s = scores[0];
                scores[0] = (float)((1 / (1 + Math.Exp(-s))) - y);
                return Math.Log(1 + Math.Exp(-Math.Abs(s))) + Math.Max(s, 0) - (s * y);
            default:
                double error = scores[0] - target;
                scores[0] = (float)error;
                return error * error / 2;
        }
    }

    // The target distribution is (1 − ε) on the class and ε spread over all.
    private static double SoftmaxLoss(Span<float> scores, int target, float smoothing)
    {
        double largest = TensorPrimitives.Max<float>(scores);
        double sum = 0;
        foreach (float score in scores)
            sum += Math.Exp(score - largest);
        double logSum = largest + Math.Log(sum);
        double loss = 0;
        for (int k = 0; k < scores.Length; k++)
        {
            double wanted = (smoothing / scores.Length) + (k == target ? 1 - smoothing : 0);
            loss += wanted * (logSum - scores[k]);
            scores[k] = (float)(Math.Exp(scores[k] - logSum) - wanted);
        }

        return loss;
    }

    private void Check(
        TrainableModel model, in TrainingBatch batch, ReadOnlySpan<float> targets, SequenceLoss loss, SequenceStepOptions options)
    {
        if (model.Width != Width)
        {
            throw new ArgumentException($"The head reads hidden states of width {Width}; the model's width is {model.Width}.",
                nameof(model));
        }

        if (targets.Length != batch.Lengths.Length)
            throw new ArgumentException($"There are {targets.Length} targets for {batch.Lengths.Length} sequences.", nameof(targets));
        if (loss != SequenceLoss.CrossEntropy && Outputs != 1)
            throw new ArgumentException($"The loss {loss} takes one output; the head has {Outputs}.", nameof(loss));
        options.Check(targets.Length);
        foreach (float target in targets)
        {
            bool fits = loss switch
            {
                SequenceLoss.CrossEntropy => target >= 0 && target < Outputs && target == MathF.Truncate(target),
                SequenceLoss.Logistic => target is 0 or 1,
                _ => float.IsFinite(target),
            };
            if (!fits)
                throw new ArgumentException($"Target {target} does not fit the loss {loss} with {Outputs} outputs.", nameof(targets));
        }
    }
}
