using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Adapters;

namespace RetNet.Extensions.Conformance;

/// <summary>LoRA adapters against transformers with the weights that PEFT's formula merges.</summary>
public sealed class AdapterGoldenTests
{
    [Theory]
    [InlineData("lora-llama")]
    [InlineData("lora-llama-embeddings")]
    [InlineData("lora-qwen2-layers")]
    [InlineData("lora-qwen2-regex")]
    [InlineData("lora-qwen2-saved")]
    [InlineData("lora-gguf")]
    [InlineData("lora-gguf", "adapter.gguf")]
    public void A_merged_adapter_gives_the_reference_logits(string name, string file = "")
    {
        using GoldenCase golden = new(name);
        ModelAdapter adapter = new(Path.Combine(golden.Folder, file)) { IsMerged = true };
        using LanguageModel model = Load(golden, TestDevice.Device, adapter);

        GoldenCase.AssertClose(golden.Floats("logits"), ModelRun.Batch(model, golden.Sequences(), StateOptions.Default),
            golden.Tolerance("logits"), "logits");
        Assert.Empty(model.Info.Adapters);
    }

    [Theory]
    [InlineData("lora-llama")]
    [InlineData("lora-qwen2-layers")]
    [InlineData("lora-qwen2-regex")]
    [InlineData("lora-gguf")]
    [InlineData("lora-gguf", "adapter.gguf")]
    public void A_held_adapter_gives_the_reference_logits_to_those_who_ask_for_it(string name, string file = "")
    {
        using GoldenCase golden = new(name);
        using LanguageModel model = Load(golden, ComputeDevice.Cpu, new ModelAdapter(Path.Combine(golden.Folder, file)) { Name = "a" });
        using LanguageModel plain = Load(golden, ComputeDevice.Cpu);
        int[][] sequences = golden.Sequences();

        GoldenCase.AssertClose(golden.Floats("logits"), ModelRun.Batch(model, sequences, new StateOptions { Adapter = "a" }),
            golden.Tolerance("logits"), "logits");
        Assert.Equal(ModelRun.Batch(plain, sequences, StateOptions.Default), ModelRun.Batch(model, sequences, StateOptions.Default));
        Assert.Equal(plain.Info.Fingerprint, model.Info.Fingerprint);
    }

    [Fact]
    public void Sequences_with_different_adapters_get_the_same_bits_in_one_batch_as_alone()
    {
        using GoldenCase golden = new("lora-llama"), other = new("lora-gguf");
        using LanguageModel model = Load(golden, ComputeDevice.Cpu, new ModelAdapter(golden.Folder) { Name = "a" },
            new ModelAdapter(other.Folder) { Name = "b", Scale = 0.5f });
        int[] tokens = golden.Sequences()[0];
        string?[] adapters = ["a", null, "b", "a", "b", null, "a"];
        SequenceInput[] inputs = [.. adapters.Select((adapter, i) =>
            new SequenceInput(model.CreateState(new StateOptions { Adapter = adapter }), tokens.Length - i))];
        int[] all = [.. inputs.SelectMany(input => tokens[..input.Count])];
        float[] together = new float[all.Length * model.Info.VocabularySize];

        model.Forward(new ForwardBatch(inputs, all, ForwardOutput.AllLogits), together);

        int row = 0;
        foreach ((SequenceInput input, string? adapter) in inputs.Zip(adapters))
        {
            int values = input.Count * model.Info.VocabularySize;
            float[] alone = ModelRun.Batch(model, [tokens[..input.Count]], new StateOptions { Adapter = adapter });
            Assert.Equal(alone, together.AsSpan(row, values).ToArray());
            using SequenceState state = model.CreateState(new StateOptions { Adapter = adapter });
            Assert.Equal(alone, ModelRun.InPieces(model, state, tokens[..input.Count], ModelRun.OneByOne(input.Count)));
            input.State.Dispose();
            row += values;
        }
    }

    [Fact]
    public void Merged_adapters_add_up()
    {
        using GoldenCase golden = new("lora-gguf");
        ModelAdapter half = new(golden.Folder) { IsMerged = true, Scale = 0.5f };
        using LanguageModel model = Load(golden, TestDevice.Device, half, half with { Path = Path.Combine(golden.Folder, "adapter.gguf") });

        GoldenCase.AssertClose(golden.Floats("logits"), ModelRun.Batch(model, golden.Sequences(), StateOptions.Default),
            golden.Tolerance("logits"), "logits");
    }

    [Fact]
    public void A_saved_state_is_restored_only_with_its_adapter()
    {
        using GoldenCase golden = new("lora-llama");
        StateOptions a = new() { Adapter = "a" };
        using LanguageModel model = Load(golden, ComputeDevice.Cpu, new ModelAdapter(golden.Folder) { Name = "a" });
        using LanguageModel stronger = Load(golden, ComputeDevice.Cpu, new ModelAdapter(golden.Folder) { Name = "a", Scale = 2 });
        using SequenceState state = model.CreateState(a);
        model.Forward(state, [1, 2, 3], new float[model.Info.VocabularySize]);
        using MemoryStream saved = new();
        state.Save(saved);

        using SequenceState restored = Restore(model, a);
        Assert.Equal(3, restored.Position);
        Assert.Throws<InvalidDataException>(() => Restore(model, StateOptions.Default));
        Assert.Throws<InvalidDataException>(() => Restore(stronger, a));

        SequenceState Restore(LanguageModel by, StateOptions options)
        {
            saved.Position = 0;
            return by.RestoreState(saved, options);
        }
    }

    [Theory]
    [InlineData("lora-llama-embeddings", "lm_head")]
    [InlineData("lora-qwen2-saved", "lm_head")]
    public void What_can_only_be_merged_is_refused_by_name_when_it_is_to_be_held(string name, string tensor)
    {
        using GoldenCase golden = new(name);

        Exception exception = Assert.ThrowsAny<Exception>(() => Load(golden, ComputeDevice.Cpu, new ModelAdapter(golden.Folder)));

        Assert.Contains(tensor, exception.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(ModelAdapter.IsMerged), exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_adapter_that_is_not_held_is_refused_by_name()
    {
        using GoldenCase golden = new("lora-llama");
        using LanguageModel model = Load(golden, ComputeDevice.Cpu, new ModelAdapter(golden.Folder));

        ArgumentException exception = Assert.Throws<ArgumentException>(() => model.CreateState(new StateOptions { Adapter = "other" }));

        Assert.Contains("'other'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("lora-llama", exception.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => model.StateBytes(new StateOptions { Adapter = "other" }, 1));
    }

    [Fact]
    public void Decoding_with_adapters_allocates_no_more_than_without()
    {
        using GoldenCase golden = new("lora-llama");
        using LanguageModel model = Load(golden, ComputeDevice.Cpu, new ModelAdapter(golden.Folder) { Name = "a" });
        Assert.Equal(Allocated(null), Allocated("a"));

        long Allocated(string? adapter)
        {
            using SequenceState one = model.CreateState(new StateOptions { Adapter = adapter }), other = model.CreateState();
            SequenceInput[] inputs = [new(one, 1), new(other, 1)];
            float[] logits = new float[2 * model.Info.VocabularySize];
            for (int i = 0; i < 40; i++)
                model.Forward(new ForwardBatch(inputs, [1, 2]), logits);
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 20; i++)
                model.Forward(new ForwardBatch(inputs, [1, 2]), logits);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    private static LanguageModel Load(GoldenCase golden, ComputeDevice device, params ModelAdapter[] adapters)
    {
        string folder = Path.Combine(GoldenCase.Root, golden.Description.GetProperty("base").GetString()!);
        return LanguageModel.Load(folder, new ModelLoadOptions { Threads = TestDevice.Threads, Device = device, Adapters = adapters });
    }
}
