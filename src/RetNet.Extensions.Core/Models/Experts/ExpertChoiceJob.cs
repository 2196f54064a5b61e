using System.Numerics.Tensors;
using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Core.Models.Experts;

/// <summary>Chooses the experts of tokens and their weights p by the router's outputs z; an index is a token.</summary>
/// <param name="options">E experts, of which a token passes k.</param>
/// <param name="scores">z, <c>[tokens × E]</c>; becomes s = softmax(z) or σ(z), unless the weights are a softmax over the chosen z.</param>
/// <param name="bias">b, <c>[E]</c>; null for none.</param>
/// <param name="chosen">Receives the experts, the one with the highest s + b first (of equal ones the first expert), <c>[tokens ×
/// k]</c>.</param>
/// <param name="weights">Receives p = c s / Σ s over the chosen experts, or c s, <c>[tokens × k]</c>.</param>
internal readonly unsafe struct ExpertChoiceJob(ExpertOptions options, float* scores, float* bias, int* chosen, float* weights) : IRangeJob
{
    // Where every chosen score is rounded to 0, all weights are.
    private const float Smallest = 1e-20f;

    private readonly int _count = options.Count;
    private readonly int _k = options.PerToken;
    private readonly bool _isSigmoid = options.SigmoidScores;
    private readonly int _groups = options.Groups;
    private readonly int _groupsPerToken = options.GroupsPerToken;
    private readonly bool _normalizes = options.NormalizesWeights;
    private readonly float _scale = options.WeightScale;

    public void Run(int from, int to)
    {
        for (long token = from; token < to; token++)
            Choose(new(scores + (token * _count), _count), new(chosen + (token * _k), _k), new(weights + (token * _k), _k));
    }

    private void Choose(Span<float> z, Span<int> experts, Span<float> p)
    {
        // Scores grow with z, and other z may be rounded to the same score.
        if (bias is null)
            Highest(z, experts);
        else
            HighestWithBias(z, experts);

        // Divided by their sum, the chosen scores of a softmax are one over the chosen z.
        bool isOverChosen = _normalizes && !_isSigmoid;
        if (!isOverChosen)
            Score(z);
        for (int j = 0; j < experts.Length; j++)
            p[j] = z[experts[j]];
        if (isOverChosen)
            Softmax.InPlace(p);
        else if (_normalizes)
            RowScaling.Divide(p, TensorPrimitives.Sum<float>(p) + Smallest);
        if (_scale != 1)
            TensorPrimitives.Multiply(p, _scale, p);
    }

    private void Score(Span<float> z)
    {
        if (_isSigmoid)
            TensorPrimitives.Sigmoid(z, z);
        else
            Softmax.InPlace(z);
    }

    private void HighestWithBias(ReadOnlySpan<float> z, Span<int> experts)
    {
        Span<float> biased = stackalloc float[_count];
        z.CopyTo(biased);
        Score(biased);
        TensorPrimitives.Add(biased, new ReadOnlySpan<float>(bias, _count), biased);
        if (_groups > 1)
            ExcludeGroups(biased);
        Highest(biased, experts);
    }

    private void ExcludeGroups(Span<float> biased)
    {
        int size = _count / _groups;
        Span<float> sums = stackalloc float[_groups];
        Span<int> kept = stackalloc int[_groupsPerToken];
        for (int group = 0; group < _groups; group++)
            sums[group] = SumOfHighestTwo(biased.Slice(group * size, size));
        Highest(sums, kept);
        for (int group = 0; group < _groups; group++)
        {
            if (!kept.Contains(group))
                biased.Slice(group * size, size).Fill(float.NegativeInfinity);
        }
    }

    private static float SumOfHighestTwo(ReadOnlySpan<float> values)
    {
        float first = float.NegativeInfinity, second = float.NegativeInfinity;
        foreach (float value in values)
            (first, second) = value > first ? (value, first) : (first, MathF.Max(value, second));
        return first + second;
    }

    /// <summary>The indices of the highest values, in descending order of the values.</summary>
    private static void Highest(ReadOnlySpan<float> all, Span<int> indices)
    {
        for (int index = 0; index < all.Length; index++)
        {
            int place = Math.Min(index, indices.Length);
            while (place > 0 && all[index] > all[indices[place - 1]])
            {
                if (place < indices.Length)
                    indices[place] = indices[place - 1];
                place--;
            }

            if (place < indices.Length)
                indices[place] = index;
        }
    }
}
