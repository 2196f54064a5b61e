using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Microsoft.ML.Internal;

/// <summary>One row of weights [features] and a bias for each output.</summary>
internal sealed class LinearModel
{
    private const float LearningRate = 0.5f;
    private const float Epsilon = 1e-6f;

    private readonly int _features;
    private readonly float[] _weights;
    private readonly float[] _biases;

    private LinearModel(int features, float[] weights, float[] biases)
    {
        _features = features;
        _weights = weights;
        _biases = biases;
    }

    public delegate void GradientOf(Span<float> scores, float label);

    public int Outputs => _biases.Length;

    public static LinearModel Train(List<LinearExample> examples, int features, int outputs, GradientOf gradient, int iterations, Random random)
    {
        LinearModel model = new(features, new float[outputs * features], new float[outputs]);
        float[] weightSquares = new float[outputs * features];
        float[] biasSquares = new float[outputs];
        float[] scores = new float[outputs];
        int[] order = [.. Enumerable.Range(0, examples.Count)];
        for (int iteration = 0; iteration < iterations; iteration++)
        {
            random.Shuffle(order);
            foreach (int index in order)
            {
                LinearExample example = examples[index];
                model.Score(example.Features, scores);
                gradient(scores, example.Label);
                for (int output = 0; output < outputs; output++)
                {
                    if (scores[output] == 0)
                        continue;
                    Update(ref model._biases[output], ref biasSquares[output], scores[output]);
                    ReadOnlySpan<float> values = example.Features.GetValues();
                    ReadOnlySpan<int> indices = example.Features.GetIndices();
                    for (int i = 0; i < values.Length; i++)
                    {
                        int weight = (output * features) + (example.Features.IsDense ? i : indices[i]);
                        Update(ref model._weights[weight], ref weightSquares[weight], scores[output] * values[i]);
                    }
                }
            }
        }

        return model;
    }

    public static LinearModel Read(BinaryReader reader)
    {
        float[] biases = ValueCodec.ReadValues<float>(reader);
        float[] weights = ValueCodec.ReadValues<float>(reader);
        Contracts.CheckDecode(biases.Length > 0 && weights.Length % biases.Length == 0, "Corrupt model file");
        return new LinearModel(weights.Length / biases.Length, weights, biases);
    }

    public void Write(BinaryWriter writer)
    {
        ValueCodec.WriteValues(writer, _biases);
        ValueCodec.WriteValues(writer, _weights);
    }

    public void Score(in VBuffer<float> features, Span<float> scores)
    {
        Contracts.Check(features.Length == _features, $"Input is of length {features.Length}, but predictor expected length {_features}");
        ReadOnlySpan<float> values = features.GetValues();
        ReadOnlySpan<int> indices = features.GetIndices();
        for (int output = 0; output < scores.Length; output++)
        {
            ReadOnlySpan<float> weights = _weights.AsSpan(output * _features, _features);
            float score = _biases[output];
            for (int i = 0; i < values.Length; i++)
                score += weights[features.IsDense ? i : indices[i]] * values[i];
            scores[output] = score;
        }
    }

    private static void Update(ref float parameter, ref float squares, float gradient)
    {
        squares += gradient * gradient;
        parameter -= LearningRate * gradient / (MathF.Sqrt(squares) + Epsilon);
    }
}
