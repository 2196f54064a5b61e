using RetNet.Extensions.Core.Checkpoints;

namespace RetNet.Extensions.Core.Models.RetNet;

/// <summary>Decays and rotary frequencies. torchscale's are read from the checkpoint if it has them: the paper's runs use other
/// decays.</summary>
internal static class RetNetBuffers
{
    /// <summary>ln γ of each head, <c>[H]</c>.</summary>
    public static float[] Decay(RetNetConfiguration c, TensorReader tensors) =>
        c.Dialect == RetNetDialect.TorchScale && tensors.Contains(RetNetTensorNames.Decay)
            ? Read(tensors, RetNetTensorNames.Decay, c.Heads)
            : RetentionDecay.Logarithms(c.Heads);

    /// <summary>The angle per position of each pair, <c>[dk/2]</c>.</summary>
    public static float[] Frequencies(RetNetConfiguration c, TensorReader tensors)
    {
        if (c.Dialect == RetNetDialect.Fla || !tensors.Contains(RetNetTensorNames.Angle))
            return RetentionFrequencies.Compute(c);

        // Each angle is there twice.
        float[] twice = Read(tensors, RetNetTensorNames.Angle, c.KeyWidth);
        return [.. twice.Where((_, i) => i % 2 == 0)];
    }

    private static float[] Read(TensorReader tensors, string name, int length)
    {
        float[] values = new float[length];
        tensors.Vector(name, length).CopyTo(values);
        return values;
    }
}
