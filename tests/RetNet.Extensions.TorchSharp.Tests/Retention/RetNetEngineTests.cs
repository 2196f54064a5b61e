using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.RetNet;

namespace RetNet.Extensions.TorchSharp.Tests.Retention;

/// <summary>The managed engine and libtorch compute the same RetNet.</summary>
public sealed class RetNetEngineTests
{
    private const float Tolerance = 2e-4f;

    public static TheoryData<string, RetentionForm> Runs
    {
        get
        {
            TheoryData<string, RetentionForm> runs = [];
            foreach (string name in (string[])["retnet-fla-defaults", "retnet-fla-tied-mqa", "retnet-torchscale-gelu-shared",
                "retnet-torchscale-swish"])
            {
                foreach (RetentionForm form in Enum.GetValues<RetentionForm>())
                    runs.Add(name, form);
            }

            return runs;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_batch_of_unequal_sequences_gives_the_same_logits_step_by_step(string name, RetentionForm form)
    {
        using LanguageModel cpu = Models.OnCpu(Models.Golden(name)), torch = Models.OnTorch(Models.Golden(name));
        StateOptions options = new() { Form = form, RetentionChunk = 5 };
        int[] lengths = [1, 7, 12, 20];
        SequenceState[] expected =
            [.. lengths.Select(_ => cpu.CreateState(options))], actual = [.. lengths.Select(_ => torch.CreateState(options))];
        Random random = new(3);
        AssertSame(expected, actual, lengths, random);
        for (int step = 0; step < 4; step++)
            AssertSame(expected, actual, [1, 1, 1, 1], random);
        AssertSame(expected, actual, [3, 1, 2, 1], random);

        // The places of a sequence that left are taken by the next; the others are neighbours no longer.
        (SequenceState e, SequenceState a) = (expected[1], actual[1]);
        e.Dispose();
        a.Dispose();
        AssertSame([expected[3], expected[0], expected[2]], [actual[3], actual[0], actual[2]], [1, 1, 1], random);
        (expected[1], actual[1]) = (cpu.CreateState(options), torch.CreateState(options));
        AssertSame([expected[2], expected[1], expected[0]], [actual[2], actual[1], actual[0]], [1, 4, 1], random);
        AssertSame([expected[2], expected[1], expected[0]], [actual[2], actual[1], actual[0]], [1, 1, 1], random);
        foreach (SequenceState state in (SequenceState[])[.. expected, .. actual])
            state.Dispose();
    }

    [Theory]
    [InlineData(StateFormat.Float32)]
    [InlineData(StateFormat.BFloat16)]
    public void A_state_moves_between_the_engines(StateFormat format)
    {
        string path = Models.Embedded("retnet-tinystories");
        using LanguageModel cpu = Models.OnCpu(path, WeightFormat.Float32), torch = Models.OnTorch(path, WeightFormat.Float32);
        StateOptions options = new() { Format = format };
        int[] prompt = [.. Enumerable.Range(0, 70).Select(i => 5 + (i * 37 % 900))];
        float[] logits = new float[cpu.Info.VocabularySize];
        using SequenceState start = cpu.CreateState(options);
        cpu.Forward(start, prompt, logits);

        using SequenceState there = torch.RestoreState(Models.Saved(start), options);
        Assert.Equal(70, there.Position);
        Assert.Equal(((RetNetState)start).GetMatrix(2, 1), ((RetNetState)there).GetMatrix(2, 1));
        using SequenceState back = cpu.RestoreState(Models.Saved(there), options);
        Assert.Equal(Models.Saved(start).ToArray(), Models.Saved(back).ToArray());

        // In bfloat16 each step rounds a value by 2⁻⁹, now and then to another neighbour.
        float[] expected = new float[logits.Length], actual = new float[logits.Length];
        for (int step = 0; step < 5; step++)
        {
            cpu.Forward(back, [20 + step], expected);
            torch.Forward(there, [20 + step], actual);
            Assert.InRange(Models.Distance(expected, actual), 0, format == StateFormat.Float32 ? 1e-3f : 0.05f);
        }
    }

    [Fact]
    public void A_fork_goes_its_own_way()
    {
        using LanguageModel torch = Models.OnTorch(Models.Golden("retnet-fla-untied"));
        float[] logits = new float[torch.Info.VocabularySize], forked = new float[logits.Length], again = new float[logits.Length];
        using SequenceState state = torch.CreateState();
        torch.Forward(state, [1, 2, 3], logits);
        using SequenceState fork = state.Fork();
        torch.Forward(state, [4], logits);
        torch.Forward(fork, [5], forked);
        Assert.True(Models.Distance(logits, forked) > 1e-3f);
        using SequenceState same = torch.CreateState();
        torch.Forward(same, [1, 2, 3], again);
        torch.Forward(same, [5], again);
        Assert.InRange(Models.Distance(forked, again), 0, Tolerance);
    }

    [Theory]
    [InlineData(WeightFormat.BFloat16, 0.15f)]
    [InlineData(WeightFormat.Float16, 0.02f)]
    public void Half_precision_is_close(WeightFormat format, float tolerance)
    {
        string path = Models.Embedded("retnet-tinystories");
        using LanguageModel cpu = Models.OnCpu(path, WeightFormat.Float32), torch = Models.OnTorch(path, format);
        Assert.Equal(format, torch.Info.WeightFormat);
        int[] tokens = [.. Enumerable.Range(0, 40).Select(i => 5 + (i * 37 % 900))];
        float[] expected = new float[cpu.Info.VocabularySize], actual = new float[expected.Length];
        using SequenceState left = cpu.CreateState(), right = torch.CreateState();
        cpu.Forward(left, tokens, expected);
        torch.Forward(right, tokens, actual);
        Assert.InRange(Models.Distance(expected, actual), 0, tolerance);
    }

    [Fact]
    public void Generating_and_disposing_leaves_no_tensor()
    {
        using LanguageModel torch = Models.OnTorch(Models.Golden("retnet-torchscale-swish"));
        TensorCount.AssertStays(() => Cycle(torch));

        static void Cycle(LanguageModel model)
        {
            float[] logits = new float[2 * model.Info.VocabularySize];
            using SequenceState first = model.CreateState(), second = model.CreateState();
            model.Forward(new ForwardBatch([new(first, 3), new(second, 2)], [1, 2, 3, 4, 5]), logits);
            model.Forward(new ForwardBatch([new(first, 1), new(second, 1)], [6, 7]), logits);
            using SequenceState fork = first.Fork();
            using MemoryStream saved = Models.Saved(fork);
            using SequenceState restored = model.RestoreState(saved);
            Assert.Equal(fork.Position, restored.Position);
        }
    }

    [Fact]
    public void A_loaded_model_leaves_no_tensor_when_it_is_disposed() =>
        TensorCount.AssertStays(() => Models.OnTorch(Models.Golden("retnet-fla-untied")).Dispose());

    private static void AssertSame(SequenceState[] expected, SequenceState[] actual, int[] counts, Random random)
    {
        int vocabulary = expected[0].Model.Info.VocabularySize;
        int[] tokens = [.. Enumerable.Range(0, counts.Sum()).Select(_ => random.Next(vocabulary))];
        float[] left = new float[counts.Length * vocabulary], right = new float[left.Length];
        expected[0].Model.Forward(new ForwardBatch([.. expected.Zip(counts, (state, count) => new SequenceInput(state, count))], tokens),
            left);
        actual[0].Model.Forward(new ForwardBatch([.. actual.Zip(counts, (state, count) => new SequenceInput(state, count))], tokens),
            right);
        Assert.InRange(Models.Distance(left, right), 0, Tolerance);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i].Position, actual[i].Position);
            Assert.Equal(expected[i].ByteSize, actual[i].ByteSize);
        }
    }
}
