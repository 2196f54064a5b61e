using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Core.Models.Experts;

/// <summary>Chooses the experts of tokens by the router's scores, and their weights; an index is a token.</summary>
/// <param name="options">E experts, of which a token passes k.</param>
/// <param name="scores"><c>[tokens × E]</c>; are overwritten.</param>
/// <param name="chosen">Receives the experts, the one with the highest score first (of equal scores the first expert), <c>[tokens ×
/// k]</c>.</param>
/// <param name="weights">Receives their weights, <c>[tokens × k]</c>.</param>
internal readonly unsafe struct ExpertChoiceJob(ExpertOptions options, float* scores, int* chosen, float* weights) : IRangeJob
{
    private readonly int _count = options.Count;
    private readonly int _k = options.PerToken;
    private readonly bool _normalizes = options.NormalizesWeights;

    public void Run(int from, int to)
    {
        for (long token = from; token < to; token++)
            Choose(new(scores + (token * _count), _count), new(chosen + (token * _k), _k), new(weights + (token * _k), _k));
    }

    private void Choose(Span<float> all, Span<int> experts, Span<float> shares)
    {
        Highest(all, experts);
        if (!_normalizes)
            Softmax.InPlace(all);
        for (int j = 0; j < experts.Length; j++)
            shares[j] = all[experts[j]];
        if (_normalizes)
            Softmax.InPlace(shares);
    }

    /// <summary>The indices of the highest scores, in descending order of the scores.</summary>
    private static void Highest(ReadOnlySpan<float> all, Span<int> experts)
    {
        for (int expert = 0; expert < all.Length; expert++)
        {
            int place = Math.Min(expert, experts.Length);
            while (place > 0 && all[expert] > all[experts[place - 1]])
            {
                if (place < experts.Length)
                    experts[place] = experts[place - 1];
                place--;
            }

            if (place < experts.Length)
                experts[place] = expert;
        }
    }
}
