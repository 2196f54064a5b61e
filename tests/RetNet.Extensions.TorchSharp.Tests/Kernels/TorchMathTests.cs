using RetNet.Extensions.TorchSharp.Kernels;
using RetNet.Extensions.TorchSharp.Models.RetNet;

namespace RetNet.Extensions.TorchSharp.Tests.Kernels;

/// <summary>Wrong shapes and types end in an exception, never in native code.</summary>
public sealed class TorchMathTests
{
    [Fact]
    public void A_linear_layer_refuses_another_width_or_type()
    {
        using DisposeScope scope = torch.NewDisposeScope();
        Tensor weight = torch.zeros(3, 4);
        Assert.Equal([2, 3], TorchMath.Linear(torch.zeros(2, 4), weight).shape);
        ArgumentException width = Assert.Throws<ArgumentException>(() => TorchMath.Linear(torch.zeros(2, 5), weight));
        Assert.Contains("4 inputs", width.Message, StringComparison.Ordinal);
        Assert.Contains("gets 5", width.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => TorchMath.Linear(torch.zeros(2, 4, dtype: torch.bfloat16), weight));
    }

    [Fact]
    public void Retention_refuses_tokens_that_are_no_whole_chunks()
    {
        using DisposeScope scope = torch.NewDisposeScope();
        ChunkDecays decays = new([-0.1f], chunks: 2, length: 3, torch.CPU);
        Tensor six = torch.zeros(1, 1, 6, 2), five = torch.zeros(1, 1, 5, 2);
        Assert.Equal(
            [1, 1, 6, 2], ChunkwiseRetention.Compute(six, six, six, null, decays, Core.Models.RetNet.RetentionScaling.None).Output.shape);
        Assert.Throws<ArgumentException>(() => ChunkwiseRetention.Compute(six, five, six, null, decays,
            Core.Models.RetNet.RetentionScaling.None));
    }
}
