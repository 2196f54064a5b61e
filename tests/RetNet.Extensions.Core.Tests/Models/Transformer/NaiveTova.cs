using System.Numerics.Tensors;

namespace RetNet.Extensions.Core.Tests.Models.Transformer;

/// <summary>A layer's multi-state under TOVA as the paper has it (arXiv 2401.06104, section 3.2), in double precision: softmax attention
/// over the rows; a full state drops the rows of least attention, averaged over the query heads.</summary>
/// <param name="size">k.</param>
/// <param name="group">Query heads that share keys and values.</param>
internal sealed class NaiveTova(int size, int group)
{
    private List<Token> _rows = [];

    /// <summary>The positions of the rows that are kept.</summary>
    public IEnumerable<long> Kept => _rows.Select(row => row.Position);

    /// <summary>By what share the attention to the last row kept exceeded that to the first one dropped; infinite if none was.</summary>
    public double Margin { get; private set; }

    /// <summary>Feeds tokens, each of which attends to all rows up to its own, and cuts the state after the last.</summary>
    /// <returns>The outputs, <c>[tokens][heads][w]</c>.</returns>
    public double[][][] Feed(IReadOnlyList<Token> tokens)
    {
        double[][][] outputs = new double[tokens.Count][][];
        double[] attention = [];
        for (int i = 0; i < tokens.Count; i++)
        {
            _rows.Add(tokens[i]);
            double[][] weights = [.. tokens[i].Queries.Select((query, head) => Weights(query, head / group))];
            outputs[i] = [.. weights.Select((weight, head) => Mix(weight, head / group))];
            attention = [.. Enumerable.Range(0, _rows.Count).Select(row => weights.Average(weight => weight[row]))];
        }

        int[] ranking = [.. Enumerable.Range(0, _rows.Count).OrderByDescending(row => attention[row])];
        Margin = _rows.Count > size ? (attention[ranking[size - 1]] / attention[ranking[size]]) - 1 : double.PositiveInfinity;
        _rows = [.. ranking.Take(size).Order().Select(row => _rows[row])];
        return outputs;
    }

    private double[] Weights(double[] query, int head)
    {
        double[] scores = [.. _rows.Select(row => TensorPrimitives.Dot<double>(query, row.Keys[head]))];
        TensorPrimitives.SoftMax<double>(scores, scores);
        return scores;
    }

    private double[] Mix(double[] weights, int head)
    {
        double[] output = new double[_rows[0].Values[head].Length];
        for (int row = 0; row < weights.Length; row++)
            TensorPrimitives.MultiplyAdd(_rows[row].Values[head], weights[row], output, output);
        return output;
    }

    /// <summary>A token's heads.</summary>
    /// <param name="Position">Its position.</param>
    /// <param name="Queries">Scaled and rotated, <c>[heads][w]</c>.</param>
    /// <param name="Keys">Rotated, <c>[key-value heads][w]</c>.</param>
    /// <param name="Values"><c>[key-value heads][w]</c>.</param>
    public sealed record Token(long Position, double[][] Queries, double[][] Keys, double[][] Values);
}
