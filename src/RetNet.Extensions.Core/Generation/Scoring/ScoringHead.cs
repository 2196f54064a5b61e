using System.Diagnostics.CodeAnalysis;
using System.Numerics.Tensors;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Safetensors;

namespace RetNet.Extensions.Core.Generation.Scoring;

/// <summary>A trained linear layer over the mean of a text's hidden states: logits of classes, or a number. Safe for concurrent
/// calls.</summary>
[Experimental("RETNET001")]
public sealed class ScoringHead
{
    internal const string WeightName = "score.weight";
    internal const string BiasName = "score.bias";

    private readonly float[] _weight;
    private readonly float[] _bias;

    /// <param name="weight"><c>[outputs × width]</c>.</param>
    /// <param name="bias"><c>[outputs]</c>.</param>
    internal ScoringHead(float[] weight, float[] bias) => (_weight, _bias, Width) = (weight, bias, weight.Length / bias.Length);

    /// <summary>Width d of the hidden states.</summary>
    public int Width { get; }

    /// <summary>The number of outputs K.</summary>
    public int Outputs => _bias.Length;

    /// <summary>The layer's weights, <c>[K × d]</c>.</summary>
    public ReadOnlySpan<float> Weight => _weight;

    /// <summary>The layer's bias, <c>[K]</c>.</summary>
    public ReadOnlySpan<float> Bias => _bias;

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <param name="stream">The stream; what follows the last tensor is not read.</param>
    /// <param name="name">The name of the stream in errors.</param>
    /// <returns>The head.</returns>
    /// <exception cref="CheckpointException">The content is malformed, or not that of a head.</exception>
    public static ScoringHead Read(Stream stream, string name)
    {
        using SafetensorsFile file = SafetensorsFile.Read(stream, name);
        float[] bias = Values(file, BiasName);
        float[] weight = Values(file, WeightName);
        return bias.Length > 0 && weight.Length % bias.Length == 0
            ? new ScoringHead(weight, bias)
            : throw CheckpointException.ForTensor(
                name, WeightName, $"{weight.Length} values", $"as many for each of the {bias.Length} values of '{BiasName}'");
    }

    /// <summary>Writes a safetensors file: <c>score.weight</c>, <c>[K × d]</c>, and <c>score.bias</c>, <c>[K]</c>.</summary>
    /// <param name="stream">Receives the file.</param>
    public void Write(Stream stream) => SafetensorsWriter.Write(stream, [
        new TensorSource(WeightName, [Outputs, Width], () => _weight),
        new TensorSource(BiasName, [Outputs], () => _bias)]);

    /// <summary>The outputs for the mean of a text's hidden states.</summary>
    /// <param name="pooled"><c>[d]</c>.</param>
    /// <returns><c>[K]</c>.</returns>
    /// <exception cref="ArgumentException">The mean has another width.</exception>
    public float[] Score(float[] pooled)
    {
        ArgumentNullException.ThrowIfNull(pooled);
        float[] outputs = new float[Outputs];
        for (int k = 0; k < outputs.Length; k++)
            outputs[k] = TensorPrimitives.Dot(_weight.AsSpan(k * Width, Width), pooled) + _bias[k];
        return outputs;
    }

    private static float[] Values(SafetensorsFile file, string name) => file.Tensors.TryGetValue(name, out TensorView? tensor)
        ? tensor.ToFloats()
        : throw CheckpointException.ForTensor(file.Path, name, "no such tensor", "one");
}
