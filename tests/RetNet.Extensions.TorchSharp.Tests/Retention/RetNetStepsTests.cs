using System.Text.RegularExpressions;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models.RetNet;
using RetNet.Extensions.TorchSharp.Models.RetNet;

namespace RetNet.Extensions.TorchSharp.Tests.Retention;

/// <summary>What a decoded token costs beside its arithmetic: launches and garbage.</summary>
public sealed partial class RetNetStepsTests
{
    private const int MostLaunches = 20;

    [Theory]
    [InlineData("retnet-fla-defaults")]
    [InlineData("retnet-fla-tied-mqa")]
    [InlineData("retnet-torchscale-gelu-shared")]
    [InlineData("retnet-torchscale-swish")]
    public void A_layer_takes_at_most_twenty_launches_in_float32(string name)
    {
        using Checkpoint checkpoint = Checkpoint.Open(Models.Golden(name));
        RetNetConfiguration c = RetNetConfiguration.Parse(checkpoint.Configuration, checkpoint.ConfigurationFile);
        string source = RetNetSteps.Source(c, torch.float32, hasHeadNormWeight: c.Dialect == RetNetDialect.Fla);
        string layer = source[..source.IndexOf("def step", StringComparison.Ordinal)];

        // A copy to a state of another type is not made, and float32 stays as it is.
        string[] launches = [.. Launch().Matches(layer).Select(match => match.Value).Where(value => value != "copy_(")];
        Assert.True(launches.Length <= MostLaunches, $"{launches.Length}: {string.Join(' ', launches)}");
    }

    [Theory]
    [InlineData(WeightFormat.Float32)]
    [InlineData(WeightFormat.BFloat16)]
    public void A_decoded_token_leaves_little_garbage(WeightFormat format) =>
        Garbage.AssertLittle(Models.Embedded("retnet-tinystories"), format);

    // What computes something; views, and changes to the type that a tensor has, do not.
    [GeneratedRegex(@"\b(rms_norm|linear|addmm|addcmul_?|mul_|add_|roll|matmul|silu|gelu|relu|copy_|complex)\(| [*/] ")]
    private static partial Regex Launch();
}
