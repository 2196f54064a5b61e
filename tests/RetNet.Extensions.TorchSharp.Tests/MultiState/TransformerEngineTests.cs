using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.Core.Models.Transformer;

namespace RetNet.Extensions.TorchSharp.Tests.MultiState;

/// <summary>The managed engine and libtorch keep the same rows of the same Transformer and compute the same logits.</summary>
public sealed class TransformerEngineTests
{
    private const int K = 12;

    public static TheoryData<string, string> Runs
    {
        get
        {
            TheoryData<string, string> runs = [];
            foreach (string model in (string[])["llama-plain", "mistral-window16", "qwen2-bias", "qwen3-qknorm"])
            {
                foreach (string policy in (string[])["full", "window", "sinks", "h2o", "tova", "ends", "custom"])
                    runs.Add(model, policy);
            }

            return runs;
        }
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void A_batch_of_unequal_sequences_keeps_the_same_rows_step_by_step(string model, string policy)
    {
        StateOptions options = new() { Policy = Policy(policy) };
        using EnginePair pair = new EnginePair(Models.Golden(model)).Add(options).Add(options).Add(options).Add(options);
        pair.Feed(1, 7, 12, 30);
        pair.Decode(14);
        pair.Feed(3, 1, 2, 9);
        pair.Decode(2);

        // The place of a sequence that left is taken by the next; the others are neighbours no longer.
        (TransformerState cpu, TransformerState torch) = pair.Sequences[1];
        cpu.Dispose();
        torch.Dispose();
        pair.Sequences.RemoveAt(1);
        pair.Add(options);
        pair.Feed(1, 1, 1, 20);
        pair.Decode(3);
    }

    [Fact]
    public void Sequences_of_different_policies_are_computed_in_one_batch()
    {
        using EnginePair pair = new(Models.Golden("llama-plain"));
        foreach (string policy in (string[])["full", "tova", "h2o", "window", "tova", "sinks", "custom", "full"])
            pair.Add(new StateOptions { Policy = Policy(policy) });
        pair.Add(new StateOptions { Policy = new Tova(5) }).Add(new StateOptions { Policy = new H2O(1) })
            .Add(new StateOptions { Policy = new Tova(StateSize.Unbounded) });
        pair.Feed(10, 10, 3, 40, 12, 1, 20, 5, 5, 9, 9);
        pair.Decode(6);
    }

    [Theory]
    [InlineData("window")]
    [InlineData("tova")]
    [InlineData("h2o")]
    [InlineData("ends")]
    [InlineData("custom")]
    public void A_prompt_is_cut_after_each_piece(string policy)
    {
        StateOptions options = new() { Policy = Policy(policy), PromptChunk = 8 };
        using EnginePair pair = new EnginePair(Models.Golden("llama-plain")).Add(options).Add(options);
        pair.Feed(70, 33);
        pair.Decode(3);
        pair.Feed(9, 25);
    }

    [Theory]
    [InlineData("full")]
    [InlineData("tova")]
    [InlineData("h2o")]
    [InlineData("window")]
    public void Layers_with_and_without_a_sliding_window_keep_rows_of_their_own(string policy)
    {
        using EditedModel model = new("qwen2-bias");
        model.RepeatLayers(2);
        model.Configure(
            ("use_sliding_window", "true"), ("sliding_window", "9"),
            ("layer_types", """["full_attention", "sliding_attention", "full_attention", "sliding_attention"]"""));
        StateOptions options = new() { Policy = Policy(policy) };
        using EnginePair pair = new EnginePair(model.Folder).Add(options).Add(options);
        pair.Feed(25, 4);
        pair.Decode(16);
        pair.Feed(1, 30);
        pair.Decode(2);
    }

    [Theory]
    [InlineData("tova")]
    [InlineData("h2o")]
    [InlineData("ends")]
    public void Of_equal_scores_the_older_row_stays(string policy)
    {
        using EditedModel model = new("llama-plain");
        model.Clear("k_proj.weight");
        StateOptions options = new() { Policy = Policy(policy) };
        using EnginePair pair = new EnginePair(model.Folder).Add(options).Add(options);
        pair.Feed(30, 5);
        pair.Decode(20);
        if (policy == "tova")
            Assert.Equal(Enumerable.Range(0, K).Select(i => (long)i), pair.Sequences[0].Torch.GetKeptPositions(0));
    }

    [Theory]
    [InlineData("full")]
    [InlineData("tova")]
    public void States_in_bfloat16_are_rounded_alike(string policy)
    {
        StateOptions options = new() { Policy = Policy(policy), Format = StateFormat.BFloat16 };

        // A row is rounded to another neighbour where the last bits of a sum differ: 2⁻⁹ of it.
        using EnginePair pair = new EnginePair(Models.Golden("llama-plain"), tolerance: 0.02f).Add(options).Add(options);
        pair.Feed(20, 9);
        pair.Decode(8);
    }

    [Fact]
    public void States_in_int8_are_refused_and_those_of_the_cpu_are_restored_in_another_format()
    {
        StateOptions integers = new() { Format = StateFormat.Int8 };
        using EnginePair pair = new(Models.Golden("llama-plain"), tolerance: 0.02f);
        Assert.Contains("Format is Int8", Assert.Throws<ArgumentException>(() => pair.Torch.CreateState(integers)).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => pair.Torch.StateBytes(integers, 10));
        TransformerState cpu = (TransformerState)pair.Cpu.CreateState(integers);
        pair.Cpu.Forward(cpu, [3, 4, 5, 6], new float[pair.Cpu.Info.VocabularySize]);
        pair.Sequences.Add((cpu, (TransformerState)pair.Torch.RestoreState(Models.Saved(cpu))));
        pair.Decode(3);
    }

    [Theory]
    [InlineData("full", 0)]
    [InlineData("tova", 70)]
    [InlineData("h2o", 70)]
    [InlineData("window", 70)]
    public void Memory_grows_with_the_rows_and_goes_back_after_a_prompt(string policy, int k)
    {
        StateOptions options = new() { Policy = k == 0 ? Full.Instance : Policy(policy, k) };
        using EnginePair pair = new EnginePair(Models.Golden("llama-plain")).Add(options).Add(options);
        Assert.Equal(0, pair.Sequences[0].Torch.ByteSize);
        pair.Feed(61, 2);
        long small = pair.Sequences[0].Torch.ByteSize;
        Assert.Equal(small, pair.Sequences[1].Torch.ByteSize);
        pair.Decode(5);
        pair.Feed(300, 63);
        pair.Decode(2);

        // 64 rows, and a number in each layer; 71 or 512 of them.
        long gaps = pair.Torch.Info.Layers * sizeof(long);
        Assert.Equal(((small - gaps) / 64 * (k == 0 ? 512 : k + 1)) + gaps, pair.Sequences[0].Torch.ByteSize);
    }

    [Theory]
    [InlineData(WeightFormat.BFloat16, 0.3f)]
    [InlineData(WeightFormat.Float16, 0.05f)]
    public void Half_precision_is_close(WeightFormat format, float tolerance)
    {
        string path = Models.Embedded("llama-tinystories");
        using LanguageModel cpu = Models.OnCpu(path, WeightFormat.Float32), torch = Models.OnTorch(path, format);
        Assert.Equal(format, torch.Info.WeightFormat);
        int[] tokens = [.. Enumerable.Range(0, 40).Select(i => 5 + (i * 37 % 900))];
        float[] expected = new float[cpu.Info.VocabularySize], actual = new float[expected.Length];
        foreach (StateFormat state in (StateFormat[])[StateFormat.Float32, StateFormat.BFloat16])
        {
            using SequenceState left =
                cpu.CreateState(new StateOptions { Format = state }), right = torch.CreateState(new StateOptions { Format = state });
            cpu.Forward(left, tokens, expected);
            torch.Forward(right, tokens, actual);
            Assert.InRange(Models.Distance(expected, actual), 0, tolerance);
            cpu.Forward(left, [7], expected);
            torch.Forward(right, [7], actual);
            Assert.InRange(Models.Distance(expected, actual), 0, tolerance);
        }
    }

    [Fact]
    public void Generating_and_disposing_leaves_no_tensor()
    {
        using LanguageModel torch = Models.OnTorch(Models.Golden("llama-plain"));
        TensorCount.AssertStays(() => Cycle(torch));

        static void Cycle(LanguageModel model)
        {
            float[] logits = new float[2 * model.Info.VocabularySize];
            foreach (string policy in (string[])["full", "tova", "h2o", "sinks", "custom"])
            {
                StateOptions options = new() { Policy = Policy(policy) };
                using SequenceState first = model.CreateState(options), second = model.CreateState(options);
                model.Forward(new ForwardBatch([new(first, 70), new(second, 15)], [.. Enumerable.Range(0, 85)]), logits);
                model.Forward(new ForwardBatch([new(first, 1), new(second, 1)], [6, 7]), logits);
                using SequenceState fork = first.Fork();
                using MemoryStream saved = Models.Saved(fork);
                using SequenceState restored = model.RestoreState(saved, options);
                Assert.Equal(fork.Position, restored.Position);
            }
        }
    }

    internal static IMultiStatePolicy Policy(string name, int k = K) => name switch
    {
        "window" => new Window(k),
        "sinks" => new Sinks(4, k),
        "h2o" => new H2O(k),
        "tova" => new Tova(k),
        "ends" => new Ends(k),
        "custom" => new OwnPolicy(k),
        _ => Full.Instance,
    };

    /// <summary>A custom rule: the first two rows, the newest quarter, and the most attended of the rest.</summary>
    private sealed record Ends(int K) : RulePolicy("ends", K, new KeepRule(AttentionNeeds.Accumulated, first: 2, newestShare: 0.25));

    /// <summary>Keeps the rows that got most attention in all, the newest weighed by the last query.</summary>
    private sealed class OwnPolicy(int k) : IMultiStatePolicy
    {
        public string Name => "own";

        public StateSize Size => k;

        public AttentionNeeds Needs => AttentionNeeds.LastQuery | AttentionNeeds.Accumulated;

        public void Keep(in MultiStateRows rows, Span<bool> keep)
        {
            float[] scores = new float[rows.Count];
            for (int i = 0; i < scores.Length; i++)
                scores[i] = rows.Accumulated[i] + (10 * rows.LastQuery[i]);
            foreach (int row in Enumerable.Range(0, scores.Length).OrderByDescending(i => scores[i]).Take(rows.Limit - 2))
                keep[row] = true;
        }
    }
}
