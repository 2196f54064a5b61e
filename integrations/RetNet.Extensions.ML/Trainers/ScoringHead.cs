using System.Numerics.Tensors;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Safetensors;
using RetNet.Extensions.Core.Training.Run;
using RetNet.Extensions.ML.Interop;

namespace RetNet.Extensions.ML.Trainers;

/// <summary>A trained <see cref="SequenceHead"/> for scoring: a linear layer over the mean of a text's hidden states.</summary>
/// <param name="weight"><c>[outputs × width]</c>.</param>
/// <param name="bias"><c>[outputs]</c>.</param>
internal sealed class ScoringHead(float[] weight, float[] bias)
{
    private const string WeightName = "score.weight";
    private const string BiasName = "score.bias";

    private readonly int _width = weight.Length / bias.Length;

    /// <summary>Takes the weights of a trained head.</summary>
    /// <param name="head">The head.</param>
    /// <param name="scale">Factor of its outputs.</param>
    /// <param name="shift">The value that is then added to them.</param>
    public static ScoringHead From(SequenceHead head, float scale = 1, float shift = 0)
    {
        float[] weight = head.Parameters.Single(parameter => parameter.Name == WeightName).Values.ToArray();
        float[] bias = head.Parameters.Single(parameter => parameter.Name == BiasName).Values.ToArray();
        TensorPrimitives.Multiply(weight, scale, weight);
        TensorPrimitives.MultiplyAdd(bias, scale, Enumerable.Repeat(shift, bias.Length).ToArray(), bias);
        return new ScoringHead(weight, bias);
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="FormatException">The weights have other sizes.</exception>
    public static ScoringHead Read(Stream stream, int outputs, int width)
    {
        using SafetensorsFile file = SafetensorsFile.Read(stream, ArchiveNames.Head);
        return new ScoringHead(Values(file, WeightName, (long)outputs * width), Values(file, BiasName, outputs));
    }

    /// <summary>Writes a safetensors file.</summary>
    public void Write(Stream stream) => SafetensorsWriter.Write(stream, [
        new TensorSource(WeightName, [bias.Length, _width], () => weight),
        new TensorSource(BiasName, [bias.Length], () => bias)]);

    /// <summary>The outputs for a pooled hidden state.</summary>
    /// <param name="pooled"><c>[width]</c>.</param>
    /// <returns><c>[outputs]</c>.</returns>
    public float[] Score(float[] pooled)
    {
        float[] outputs = new float[bias.Length];
        for (int k = 0; k < outputs.Length; k++)
            outputs[k] = TensorPrimitives.Dot(weight.AsSpan(k * _width, _width), pooled) + bias[k];
        return outputs;
    }

    private static float[] Values(SafetensorsFile file, string name, long length)
    {
        if (!file.Tensors.TryGetValue(name, out TensorView? tensor) || tensor.ElementCount != length)
        {
            throw new FormatException($"The model archive is damaged: '{ArchiveNames.Head}' has {tensor?.ElementCount ?? 0} values of "
                + $"'{name}'; expected {length}.");
        }

        float[] values = new float[length];
        tensor.CopyTo(values);
        return values;
    }
}
