using System.Numerics.Tensors;
using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Memory;
using RetNet.Extensions.Core.Models.Experts;

namespace RetNet.Extensions.Core.Training.Layers;

/// <summary>
/// A sparse mixture of experts, <c>F(n) = Σ_j p_j F_j(n)</c> over the experts j that a token chooses (arXiv 2401.04088, section 2.1), and
/// one that every token passes where there is one.
/// </summary>
/// <remarks>The choice itself has no gradient; the router learns through the weights p of the chosen experts. Each expert computes all
/// tokens that chose it at once: a pair of a token and an expert has a row.</remarks>
internal sealed unsafe class ExpertNetworkLayer : NetworkLayer
{
    private readonly ExpertOptions _options;
    private readonly LinearLayer _router;
    private readonly Parameter? _selectionBias;
    private readonly ExpertLayer[] _experts;
    private readonly SharedExpertLayer? _shared;
    private readonly GateFunction _gate;
    private readonly int _width;
    private readonly ExpertWorkspace _pairs;

    // act(gate) ⊙ up of each pair, and the gradients of what a pair computes.
    private readonly ScratchRows _hidden;

    /// <param name="options">E experts of inner width f, k of them per token.</param>
    /// <param name="router">W_r, <c>[E × d]</c>.</param>
    /// <param name="selectionBias">What is added to scores where experts are chosen, <c>[E]</c>; null for none.</param>
    /// <param name="experts">The experts.</param>
    /// <param name="shared">The one that every token passes; null for none.</param>
    /// <param name="gate">act, with the product.</param>
    /// <param name="width">d.</param>
    public ExpertNetworkLayer(
        ExpertOptions options, LinearLayer router, Parameter? selectionBias, ExpertLayer[] experts, SharedExpertLayer? shared,
        GateFunction gate, int width)
    {
        (_options, _router, _selectionBias, _experts, _shared, _gate, _width) =
            (options, router, selectionBias, experts, shared, gate, width);

        // The expert of all tokens has its own memory.
        _pairs = new ExpertWorkspace(options with { SharedWidth = 0, HasSharedGate = false }, width);
        int f = options.PerToken * options.Width;
        _hidden = new ScratchRows([f, f, 2 * f, options.PerToken * width, options.Count]);
    }

    private float* Hidden => _hidden[0];

    private float* DHidden => _hidden[1];

    private float* DBranches => _hidden[2];

    /// <summary>The gradient of each pair's result, then that of its input.</summary>
    private float* DPairs => _hidden[3];

    private float* DScores => _hidden[4];

    public override void Forward(TrainingPass pass, float* n, float* y, bool add)
    {
        int rows = pass.Rows, k = _options.PerToken, f = _options.Width;
        _pairs.Reserve(rows);
        _hidden.Reserve(rows);
        _router.Forward(pass.Pool, n, _pairs.Scores, rows);
        float* bias = _selectionBias is null ? null : _selectionBias.ValuePointer;
        ExpertChoiceJob choice = new(_options, _pairs.Scores, bias, _pairs.Chosen, _pairs.Weights);
        pass.Pool.For(rows, (long)rows * _options.Count * k, choice);
        _pairs.GroupByExpert(rows);
        Gather(pass, n, _pairs.Inputs);
        _shared?.Forward(pass, n);
        for (int i = 0; i < _experts.Length; i++)
        {
            (int first, int count) = _pairs.RowsOf(i);
            if (count == 0)
                continue;
            float* input = _pairs.Inputs + ((long)first * _width);
            long inner = (long)first * f;
            _experts[i].GateUp.Forward(pass.Pool, input, _pairs.Branches + (2 * inner), count);
            Activate(pass, first, count);
            _experts[i].Down.Forward(pass.Pool, Hidden + inner, _pairs.Outputs + ((long)first * _width), count);
        }

        ExpertPairs pairs = _pairs.Pairs;
        pass.ForRows((long)k * _width, (from, to) =>
        {
            for (long token = from; token < to; token++)
            {
                Span<float> sum = new(y + (token * _width), _width);
                if (!add)
                    sum.Clear();
                for (int j = 0; j < k; j++)
                    TensorPrimitives.MultiplyAdd(pairs.Row(pairs.Outputs, token, j, _width), pairs.Weight(token, j), sum, sum);
                _shared?.Add(token, sum);
            }
        });
    }

    public override void Backward(TrainingPass pass, float* n, float* dy, float* dn)
    {
        int k = _options.PerToken, f = _options.Width;
        Gather(pass, dy, DPairs);
        _shared?.Backward(pass, n, dy);
        GradientOfWeights(pass);
        for (int i = 0; i < _experts.Length; i++)
        {
            (int first, int count) = _pairs.RowsOf(i);
            if (count == 0)
                continue;
            float* input = _pairs.Inputs + ((long)first * _width);
            float* dPairs = DPairs + ((long)first * _width);
            long inner = (long)first * f;
            _experts[i].Down.Backward(pass.Pool, Hidden + inner, dPairs, DHidden + inner, count);
            ActivateBackward(pass, first, count);
            _experts[i].GateUp.Backward(pass.Pool, input, DBranches + (2 * inner), dPairs, count);
        }

        // Of the router first, which does not add.
        _router.Backward(pass.Pool, n, DScores, dn, pass.Rows);
        ExpertPairs pairs = _pairs.Pairs;
        float* dInputs = DPairs;
        pass.ForRows((long)k * _width, (from, to) =>
        {
            for (long token = from; token < to; token++)
            {
                Span<float> sum = new(dn + (token * _width), _width);
                for (int j = 0; j < k; j++)
                    TensorPrimitives.Add(sum, pairs.Row(dInputs, token, j, _width), sum);
                _shared?.AddGradient(token, sum);
            }
        });
    }

    public override void Dispose()
    {
        _pairs.Dispose();
        _hidden.Dispose();
        _shared?.Dispose();
    }

    /// <summary>Copies each token's row to those of its pairs.</summary>
    private void Gather(TrainingPass pass, float* rows, float* target)
    {
        ExpertPairs pairs = _pairs.Pairs;
        pass.ForRows((long)_options.PerToken * _width, (from, to) =>
        {
            for (long token = from; token < to; token++)
            {
                for (int j = 0; j < _options.PerToken; j++)
                    new ReadOnlySpan<float>(rows + (token * _width), _width).CopyTo(pairs.Row(target, token, j, _width));
            }
        });
    }

    /// <summary>dp_j = dy · F_j(n), which becomes the gradient of the scores; and dy becomes that of each pair, p_j dy.</summary>
    private void GradientOfWeights(TrainingPass pass)
    {
        ExpertPairs pairs = _pairs.Pairs;
        int k = _options.PerToken;
        float* dPairs = DPairs;
        float* dScores = DScores;
        pass.ForRows(2L * k * _width, (from, to) =>
        {
            Span<float> dWeights = stackalloc float[k];
            for (long token = from; token < to; token++)
            {
                for (int j = 0; j < k; j++)
                {
                    Span<float> gradient = pairs.Row(dPairs, token, j, _width);
                    dWeights[j] = TensorPrimitives.Dot<float>(gradient, pairs.Row(pairs.Outputs, token, j, _width));
                    TensorPrimitives.Multiply(gradient, pairs.Weight(token, j), gradient);
                }

                ScoreGradient(token, dWeights, new(dScores + (token * _options.Count), _options.Count));
            }
        });
    }

    /// <summary>The gradient of z, with m = Σ_j p_j dp_j, and p_i = 0 for an expert that was not chosen. It is p_i (dp_i − m / c) of
    /// weights that are normalised, and p_i dp_i of others. σ multiplies it by 1 − s_i; the softmax subtracts s_i m from the latter, and
    /// nothing from the former, as the sum that it divides by is cancelled there.</summary>
    private void ScoreGradient(long token, ReadOnlySpan<float> dWeights, Span<float> dScores)
    {
        int k = dWeights.Length;
        ReadOnlySpan<float> weights = new(_pairs.Weights + (token * k), k);
        ReadOnlySpan<float> scores = new(_pairs.Scores + (token * dScores.Length), dScores.Length);
        float sum = TensorPrimitives.Dot(weights, dWeights);
        float mean = _options.NormalizesWeights ? sum / _options.WeightScale : 0;
        if (_options.NormalizesWeights || _options.SigmoidScores)
            dScores.Clear();
        else
            TensorPrimitives.Multiply(scores, -sum, dScores);
        for (int j = 0; j < k; j++)
        {
            int expert = _pairs.Chosen[(token * k) + j];
            float slope = _options.SigmoidScores ? 1 - scores[expert] : 1;
            dScores[expert] += weights[j] * (dWeights[j] - mean) * slope;
        }
    }

    private void Activate(TrainingPass pass, int first, int count)
    {
        int f = _options.Width;
        pass.Pool.For(count, 4L * count * f, (from, to) =>
        {
            for (long row = first + from; row < first + to; row++)
            {
                float* branches = _pairs.Branches + (2 * row * f);
                Span<float> target = new(Hidden + (row * f), f);
                new ReadOnlySpan<float>(branches, f).CopyTo(target);
                _gate.Forward(target, new(branches + f, f));
            }
        });
    }

    private void ActivateBackward(TrainingPass pass, int first, int count)
    {
        int f = _options.Width;
        pass.Pool.For(count, 8L * count * f, (from, to) =>
        {
            for (long row = first + from; row < first + to; row++)
            {
                float* branches = _pairs.Branches + (2 * row * f), dBranches = DBranches + (2 * row * f);
                _gate.Backward(
                    new(branches, f), new(branches + f, f), new(DHidden + (row * f), f), new(dBranches, f), new(dBranches + f, f));
            }
        });
    }
}

/// <summary>The linear layers of one expert.</summary>
internal sealed record ExpertLayer(LinearLayer GateUp, LinearLayer Down);
