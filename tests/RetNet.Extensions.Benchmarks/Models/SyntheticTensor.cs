using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Models.Decoder;

namespace RetNet.Extensions.Benchmarks.Models;

/// <summary>A tensor of random values, the same at every call and for every file that it is written to.</summary>
/// <param name="Name">Its name in a Hugging Face folder; the values depend on it and on the size.</param>
/// <param name="GgufName">Its name in a GGUF file; empty for a RetNet's, which has none.</param>
/// <param name="Rows">Outputs; 1 for the weight of a norm.</param>
/// <param name="Columns">Inputs.</param>
internal sealed record SyntheticTensor(string Name, string GgufName, int Rows, int Columns)
{
    private const double StandardDeviation = 0.02;

    /// <summary>True for the weight of a norm, all ones.</summary>
    public bool IsNorm { get; init; }

    /// <summary>True for a matrix that GGUF files keep in float32: the router of experts.</summary>
    public bool IsRouter { get; init; }

    /// <summary>The number of matrices that lie one after the other in a tensor of experts; 1 for a matrix.</summary>
    public int Experts { get; init; } = 1;

    /// <summary>Heads whose rows GGUF has in another order than Hugging Face; 0 for a tensor without rotary.</summary>
    public int RotaryHeads { get; init; }

    public long Count => (long)Rows * Columns;

    public TensorSource Source => new(Name, IsNorm ? [Columns] : [Rows, Columns], () => Values());

    /// <summary>A tensor for a weight of a layout.</summary>
    public static SyntheticTensor Of(WeightDeclaration weight, string ggufName) => weight.Shape is [int rows, int columns]
        ? new(weight.Name, ggufName, rows, columns)
        : new(weight.Name, ggufName, 1, weight.Shape[0]) { IsNorm = true };

    /// <summary>The values, <c>[rows × columns]</c>.</summary>
    public float[] Values()
    {
        float[] values = new float[Count];
        if (IsNorm)
        {
            values.AsSpan().Fill(1);
            return values;
        }

        // A generator of its own for each row: the rows can be drawn at once.
        Parallel.For(0, Rows, row => FillRow(values.AsSpan(row * Columns, Columns), Seed(row)));
        return values;
    }

    /// <summary>
    /// The values in GGUF's order: a head's rotary pairs are neighbours (2i, 2i+1) there and half a head apart (i, i + w/2) in a Hugging
    /// Face folder.
    /// </summary>
    public float[] GgufValues()
    {
        float[] values = Values();
        if (RotaryHeads == 0)
            return values;
        float[] ordered = new float[values.Length];
        int width = Rows / RotaryHeads;
        for (int row = 0; row < Rows; row++)
        {
            int head = row / width, i = row % width;
            int target = (head * width) + (i < width / 2 ? 2 * i : (2 * (i - (width / 2))) + 1);
            values.AsSpan(row * Columns, Columns).CopyTo(ordered.AsSpan(target * Columns));
        }

        return ordered;
    }

    // Box and Muller's two normal deviates of two uniform ones.
    private static void FillRow(Span<float> row, ulong seed)
    {
        for (int i = 0; i < row.Length; i += 2)
        {
            double radius = StandardDeviation * Math.Sqrt(-2 * Math.Log(Uniform(ref seed)));
            (double sine, double cosine) = Math.SinCos(2 * Math.PI * Uniform(ref seed));
            row[i] = (float)(radius * cosine);
            if (i + 1 < row.Length)
                row[i + 1] = (float)(radius * sine);
        }
    }

    // FNV-1a of the name, then of the row.
    private ulong Seed(int row)
    {
        ulong hash = 14695981039346656037;
        foreach (char c in Name)
            hash = (hash ^ c) * 1099511628211;
        return (hash ^ (uint)row) * 1099511628211;
    }

    // In (0, 1).
    private static double Uniform(ref ulong state) => ((SplitMix64.Next(ref state) >> 11) + 0.5) / (1L << 53);
}
