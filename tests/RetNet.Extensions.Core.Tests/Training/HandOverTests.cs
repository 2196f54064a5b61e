using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Training;

namespace RetNet.Extensions.Core.Tests.Training;

/// <summary>A trained model gives its memory to a model for inference.</summary>
public unsafe class HandOverTests
{
    private static readonly ModelLoadOptions Options = new() { WeightFormat = WeightFormat.Float32, Threads = 1 };

    [Theory]
    [MemberData(nameof(SmallModels.Names), MemberType = typeof(SmallModels))]
    public void The_model_for_inference_computes_what_a_written_and_loaded_one_does_bit_for_bit(string name)
    {
        using TrainableModel model = SmallModels.CreateTrained(name);
        using LanguageModel written = SmallModels.Reload(model);

        using LanguageModel handed = model.ToLanguageModel(Options);

        Assert.Equal(Logits(written), Logits(handed));
        Assert.Equal(written.Info, handed.Info with { EndOfSequenceIds = written.Info.EndOfSequenceIds });
    }

    [Fact]
    public void Nothing_is_copied_on_the_CPU()
    {
        using TrainableModel model = SmallModels.CreateTrained("torchscale");
        Dictionary<string, nint> places = model.Parameters.Concat(model.Buffers).ToDictionary(parameter => parameter.Name,
            parameter => (nint)parameter.ValuePointer);

        using Checkpoint checkpoint = model.ToCheckpoint("trained");

        Assert.Equal(places, checkpoint.Tensors.ToDictionary(tensor => tensor.Key, tensor => (nint)tensor.Value.Memory));
        Assert.All(checkpoint.Tensors.Values, tensor => Assert.Equal("trained/model.safetensors", tensor.File));
    }

    [Fact]
    public void A_model_that_was_handed_over_is_disposed_and_may_be_disposed_again()
    {
        TrainableModel model = SmallModels.Create("llama");
        Parameter parameter = model.Parameters[0];
        (int[] tokens, int[] lengths, int[] targets) = SmallModels.Batch();

        using LanguageModel handed = model.ToLanguageModel(Options);
        model.Dispose();

        Assert.Throws<ObjectDisposedException>(() => model.Step(new TrainingBatch(tokens, lengths), targets));
        Assert.Throws<ObjectDisposedException>(() => parameter.Values.Length);
        Assert.Throws<ObjectDisposedException>(() => model.ToCheckpoint("trained"));
        Assert.NotEmpty(Logits(handed));
    }

    [Fact]
    public void A_shared_checkpoint_survives_a_device_that_cannot_load_it()
    {
        using TrainableModel model = SmallModels.CreateTrained("fla");
        using LanguageModel written = SmallModels.Reload(model);
        using Checkpoint trained = model.ToCheckpoint("trained");
        ModelLoadOptions elsewhere = Options with { Device = new ComputeDevice(DeviceKind.Cuda, 99) };

        Assert.Throws<DeviceException>(() => LanguageModel.Load(trained.Share(), elsewhere));
        using LanguageModel onTheCpu = LanguageModel.Load(trained.Share(), Options);

        Assert.Equal(Logits(written), Logits(onTheCpu));
    }

    [Fact]
    public void Tensors_live_until_the_last_owner_of_their_checkpoint_is_disposed()
    {
        using TrainableModel model = SmallModels.CreateTrained("fla");
        string name = model.Parameters[0].Name;
        float[] values = model.Parameters[0].Values.ToArray(), read = new float[values.Length];
        Checkpoint first = model.ToCheckpoint("trained"), second = first.Share();
        TensorView tensor = first.Tensors[name];

        first.Dispose();
        first.Dispose();
        second.Tensors[name].CopyTo(read);

        Assert.Equal(values, read);
        Assert.Throws<ObjectDisposedException>(first.Share);
        second.Dispose();
        Assert.Throws<ObjectDisposedException>(() => tensor.CopyTo(read));
    }

    private static float[] Logits(LanguageModel model)
    {
        (int[] tokens, _, _) = SmallModels.Batch();
        float[] logits = new float[tokens.Length * SmallModels.Vocabulary];
        using SequenceState state = model.CreateState();
        model.Forward(new ForwardBatch([new SequenceInput(state, tokens.Length)], tokens, ForwardOutput.AllLogits), logits);
        return logits;
    }
}
