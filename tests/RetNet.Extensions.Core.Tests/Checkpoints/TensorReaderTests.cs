using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;

namespace RetNet.Extensions.Core.Tests.Checkpoints;

public sealed class TensorReaderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public TensorReaderTests() => _folder.Write("config.json", "{}");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Tensors_are_read_with_and_without_the_prefix()
    {
        using Checkpoint plain = Open("plain.safetensors", SafetensorsBytes.Floats(("w", [2, 3], 1)));
        using Checkpoint prefixed = Open("prefixed.safetensors", SafetensorsBytes.Floats(("decoder.w", [2, 3], 1)));

        Assert.Equal("w", new TensorReader(plain, "decoder.").Matrix("w", 2, 3).Name);
        Assert.Equal("decoder.w", new TensorReader(prefixed, "decoder.").Matrix("w", 2, 3).Name);
    }

    [Theory]
    [InlineData("model.layers.0.w", "model.layers.0.w")]
    [InlineData("layers.0.w", "layers.0.w")]
    [InlineData("language_model.model.layers.0.w", "language_model.model.layers.0.w")]
    [InlineData("model.language_model.layers.0.w", "model.language_model.layers.0.w")]
    [InlineData("language_model.layers.0.w", "language_model.layers.0.w")]
    public void Tensors_are_read_with_and_without_the_first_part(string stored, string found)
    {
        using Checkpoint checkpoint = Open("model.safetensors", SafetensorsBytes.Floats((stored, [2, 3], 1)));
        TensorReader reader = new(checkpoint, "language_model.");

        Assert.Equal(found, reader.Matrix("model.layers.0.w", 2, 3).Name);
        Assert.Equal(!stored.Contains("model.l", StringComparison.Ordinal) || stored == "language_model.layers.0.w", reader.IsBaseClass);
        reader.RequireAllRead();
    }

    [Fact]
    public void A_bias_of_zeros_beside_a_matrix_that_was_read_may_stay()
    {
        (string, int[], float) weight = ("a.weight", [2, 3], 1);
        using Checkpoint zeros = Open("zeros.safetensors", SafetensorsBytes.Floats(weight, ("a.bias", [2], 0)));
        using Checkpoint ones = Open("ones.safetensors", SafetensorsBytes.Floats(weight, ("a.bias", [2], 1)));
        using Checkpoint longer = Open("longer.safetensors", SafetensorsBytes.Floats(weight, ("a.bias", [3], 0)));
        using Checkpoint alone = Open("alone.safetensors", SafetensorsBytes.Floats(weight, ("b.bias", [2], 0)));

        ReadAll(zeros);
        AssertRefused(() => ReadAll(ones), "a.bias", "a tensor that the model does not have");
        AssertRefused(() => ReadAll(longer), "a.bias", "a tensor that the model does not have");
        AssertRefused(() => ReadAll(alone), "b.bias", "a tensor that the model does not have");

        static void ReadAll(Checkpoint checkpoint)
        {
            TensorReader reader = new(checkpoint);
            reader.Matrix("a.weight", 2, 3);
            reader.RequireAllRead();
        }
    }

    [Fact]
    public void Missing_tensor_is_named()
    {
        using Checkpoint checkpoint = Open("model.safetensors", SafetensorsBytes.Floats(("w", [2, 3], 1)));

        AssertRefused(() => new TensorReader(checkpoint).Matrix("v", 3, 1), "v", "no such tensor; expected a weight of shape [3 × 1]");
    }

    [Fact]
    public void Other_shape_is_refused()
    {
        using Checkpoint checkpoint = Open("model.safetensors", SafetensorsBytes.Floats(("w", [2, 3], 1)));

        AssertRefused(() => new TensorReader(checkpoint).Matrix("w", 3, 2), "w", "found shape [2 × 3]; expected [3 × 2]");
        AssertRefused(() => new TensorReader(checkpoint).Find("w", [6]), "w", "found shape [2 × 3]; expected [6]");
    }

    [Fact]
    public void Other_type_is_refused()
    {
        using Checkpoint checkpoint = Open(
            "model.safetensors", SafetensorsBytes.File("""{"w":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]}}""", 8));

        AssertRefused(() => new TensorReader(checkpoint).Matrix("w", 1, 1), "w", "Float64");
    }

    [Theory]
    [InlineData("F32")]
    [InlineData("F16")]
    [InlineData("BF16")]
    public void Tensor_of_nothing_but_NaN_is_refused(string type)
    {
        byte[] nan = type switch
        {
            "F32" => MemoryMarshal.AsBytes<float>([float.NaN, float.NaN]).ToArray(),
            "F16" => MemoryMarshal.AsBytes<Half>([Half.NaN, Half.NaN]).ToArray(),
            _ => [0xC0, 0x7F, 0xC0, 0xFF],
        };
        string header = $$$"""{"w":{"dtype":"{{{type}}}","shape":[2,1],"data_offsets":[0,{{{nan.Length}}}]}}""";
        using Checkpoint onlyNaN = Open("nan.safetensors", SafetensorsBytes.File(header, nan));
        nan.AsSpan(nan.Length / 2).Clear();
        using Checkpoint partlyNaN = Open("partly.safetensors", SafetensorsBytes.File(header, nan));

        AssertRefused(() => new TensorReader(onlyNaN).Matrix("w", 2, 1), "w", "NaN");
        Assert.Equal(2, new TensorReader(partlyNaN).Matrix("w", 2, 1).ElementCount);
    }

    [Fact]
    public void Tensors_that_nobody_read_are_named()
    {
        using Checkpoint checkpoint = Open("model.safetensors",
            SafetensorsBytes.Floats(("d.w", [1, 1], 1), ("d.layers.0.inv_freq", [1], 1), ("d.extra", [1, 1], 1), ("stray", [1], 1)));
        TensorReader reader = new(checkpoint, "d.");
        reader.Matrix("w", 1, 1);

        AssertRefused(() => reader.RequireAllRead("layers.*.inv_freq"), "d.extra", "'d.extra', 'stray'");
        AssertRefused(() => reader.RequireAllRead("layers.*.inv_freq", "extra", "stray"), "stray", "does not have");
        reader.Matrix("extra", 1, 1);
        AssertRefused(() => reader.RequireAllRead("layers.*.inv_freq"), "stray", "does not have");
    }

    [Fact]
    public void Nothing_is_left_when_all_tensors_were_read_or_may_be_ignored()
    {
        using Checkpoint checkpoint = Open(
            "model.safetensors", SafetensorsBytes.Floats(("w", [1, 1], 1), ("layers.0.inv_freq", [1], 1), ("angle", [1], 1)));
        TensorReader reader = new(checkpoint);
        reader.Matrix("w", 1, 1);

        reader.RequireAllRead("layers.*.inv_freq", "angle");
    }

    private static void AssertRefused(Action action, string tensor, string message)
    {
        CheckpointException exception = Assert.Throws<CheckpointException>(action);
        Assert.Equal(tensor, exception.Tensor);
        Assert.Contains(message, exception.Message, StringComparison.Ordinal);
    }

    private Checkpoint Open(string name, byte[] bytes) => Checkpoint.Open(_folder.Write(name, bytes));
}
