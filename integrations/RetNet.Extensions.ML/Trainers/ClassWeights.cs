using static RetNet.Extensions.ML.Models.OptionChecks;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>Computes the weights of classes.</summary>
internal static class ClassWeights
{
    /// <summary>Refuses weights that no class can have.</summary>
    /// <exception cref="ArgumentException">One is negative or no finite number.</exception>
    public static void Check(IReadOnlyList<float>? weights) => Require(
        weights is null || weights.All(weight => weight is >= 0 and < float.PositiveInfinity), nameof(ClassWeights),
        string.Join(", ", weights ?? []), "numbers of 0 or more");

    /// <summary>The weight of each class; empty if all weigh the same.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="classes">The number of classes.</param>
    /// <param name="weights">The caller's weight of each class; null for 1.</param>
    /// <param name="balance">Whether a class's weight is divided by its share of the weight of all rows.</param>
    /// <exception cref="ArgumentException">The number of weights differs from the number of classes.</exception>
    public static float[] Of(LabelledTexts rows, int classes, IReadOnlyList<float>? weights, bool balance)
    {
        if (weights is not null && weights.Count != classes)
            throw new ArgumentException($"ClassWeights has {weights.Count} values; expected {classes}, one per class.");
        if (weights is null && !balance)
            return [];
        float[] ofClass = [.. weights ?? Enumerable.Repeat(1f, classes)];
        if (balance)
        {
            double[] weightOf = new double[classes];
            foreach ((float target, float weight) in rows.Targets.Zip(rows.Weights))
                weightOf[(int)target] += weight;
            int present = weightOf.Count(weight => weight > 0);
            double all = weightOf.Sum();
            for (int i = 0; i < classes; i++)
                ofClass[i] *= weightOf[i] == 0 ? 0 : (float)(all / present / weightOf[i]);
        }

        return ofClass;
    }
}
