using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.TorchSharp.Models.Decoder;
using RetNet.Extensions.TorchSharp.Models.RetNet;
using RetNet.Extensions.TorchSharp.Models.Transformer;
using RetNet.Extensions.TorchSharp.Native;

namespace RetNet.Extensions.TorchSharp.Tests.Generation;

/// <summary>libtorch's errors where states are copied, written and read, and where a device is measured.</summary>
public sealed class FailedStateTests
{
    [Theory]
    [InlineData("retnet-tinystories")]
    [InlineData("llama-tinystories")]
    public void Errors_of_libtorch_name_the_device(string name)
    {
        using LanguageModel model = Models.OnTorch(Models.Embedded(name));
        float[] logits = new float[model.Info.VocabularySize];
        List<SequenceState> states = [.. Enumerable.Range(0, 3).Select(_ => model.CreateState())];
        foreach (SequenceState one in states)
            model.Forward(one, [1, 2, 3], logits);
        using MemoryStream saved = Models.Saved(states[2]);

        // The place beside the last state's is the next that is taken.
        Slot place = states[2] is TorchRetNetState retnet ? retnet.Slot : ((TorchTransformerState)states[2]).Slot;
        Tensor[] tensors = place.Slab.Tensors;
        Tensor[] whole = [.. tensors];
        using Tensor broken = torch.zeros(1);
        Array.Fill(tensors, broken);

        Fails(() => states[2].Save(Stream.Null));
        Fails(() => states[2].Fork());
        Fails(() => states[0].Fork());
        Fails(() => model.RestoreState(saved));
        whole.CopyTo(tensors, 0);

        // What failed holds no place.
        states.Add(states[0].Fork());
        Slot next = states[3] is TorchRetNetState other ? other.Slot : ((TorchTransformerState)states[3]).Slot;
        Assert.Equal((place.Slab, place.Index + 1), (next.Slab, next.Index));
        Assert.Equal(Models.Saved(states[0]).ToArray(), Models.Saved(states[3]).ToArray());
        states.ForEach(state => state.Dispose());
    }

    [Fact]
    public void A_device_that_cannot_be_measured_is_named()
    {
        Fails(() => DeviceBandwidth.Measure(Models.Torch, bytes: -sizeof(float)));

        Assert.Null(DeviceBandwidth.Measure(Models.Torch, bytes: 1L << 48));
        Assert.InRange(DeviceBandwidth.Measure(Models.Torch, bytes: 1 << 20)!.Value, 1, double.MaxValue);
    }

    private static void Fails(Action use)
    {
        DeviceException error = Assert.Throws<DeviceException>(use);
        Assert.Equal(Models.Torch, error.Device);
        Assert.StartsWith("libtorch failed on torch: ", error.Message, StringComparison.Ordinal);
    }
}
