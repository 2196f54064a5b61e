using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.Core.Models.Transformer;

namespace RetNet.Extensions.Conformance;

/// <summary>Policies against the TOVA repository: logits, kept positions and scores after every step.</summary>
public sealed class MultiStateGoldenTests
{
    private const int K = 12;
    private const int PromptTokens = 24;
    private const int ShortPrompt = 5;
    private const int Chunk = 8;

    [Theory]
    [InlineData("tova", true)]
    [InlineData("tova", false)]
    [InlineData("window", true)]
    [InlineData("window", false)]
    [InlineData("window4", true)]
    [InlineData("window4", false)]
    [InlineData("h2o", true)]
    [InlineData("h2o", false)]
    [InlineData("tova_chunked", true)]
    [InlineData("tova_chunked", false)]
    [InlineData("h2o_chunked", false)]
    [InlineData("tova_short", false)]
    [InlineData("h2o_short", false)]
    public void Policy_keeps_the_reference_rows_and_gives_its_logits(string name, bool greedy) => Run("tova-llama", name, greedy);

    public static IEnumerable<object[]> Architectures =>
        from architecture in TestDevice.Architectures
        from policy in new[] { "tova", "window", "window4", "h2o", "tova_chunked" }
        select new object[] { architecture, policy };

    [Theory]
    [MemberData(nameof(Architectures))]
    public void Policy_keeps_the_reference_rows_of_every_architecture(string architecture, string policy) =>
        Run(architecture, policy, greedy: false);

    private static void Run(string architecture, string name, bool greedy)
    {
        using GoldenCase golden = new(architecture);
        using LanguageModel model = ModelRun.Load(golden.Folder);
        string run = $"{name}.{(greedy ? "greedy" : "forced")}";
        bool isShort = name.EndsWith("_short", StringComparison.Ordinal);
        bool isChunked = name.EndsWith("_chunked", StringComparison.Ordinal);
        int promptTokens = isShort ? ShortPrompt : PromptTokens;
        int[] prompt = golden.Sequences("prompt_ids")[0][..promptTokens];
        RecordingPolicy policy = new(CreatePolicy(name.Split('_')[0]));
        using TransformerState state = (TransformerState)model.CreateState(new StateOptions
        {
            Policy = policy,
            PromptChunk = isChunked ? Chunk : 0
        });

        float tolerance = golden.Tolerance("logits");
        float[] logits = ModelRun.InPieces(model, state, prompt, [promptTokens]);
        GoldenCase.AssertClose(golden.Floats(golden.Has($"{run}.prompt_logits") ? $"{run}.prompt_logits" : "prompt_logits"), logits,
            tolerance, "prompt_logits");
        AssertKept(golden, state, run, step: 0);

        int vocabulary = model.Info.VocabularySize;
        long[] fed = greedy ? golden.Integers($"{run}.step_tokens") : golden.Integers("forced_tokens");
        float[] expected = golden.Floats($"{run}.step_logits");
        ReadOnlySpan<float> last = logits.AsSpan((promptTokens - 1) * vocabulary);
        for (int step = 0; step < fed.Length; step++)
        {
            int token = (int)fed[step];
            if (greedy)
                Assert.Equal(token, System.Numerics.Tensors.TensorPrimitives.IndexOfMax(last));
            policy.Recorded.Clear();
            float[] stepLogits = new float[vocabulary];
            model.Forward(state, [token], stepLogits);
            GoldenCase.AssertClose(expected.AsSpan(step * vocabulary, vocabulary), stepLogits, tolerance, $"step_logits {step}");
            AssertKept(golden, state, run, step + 1);
            AssertScores(golden, policy, run, step);
            last = stepLogits;
        }
    }

    [Fact]
    public void Chunked_prompt_is_cut_after_every_chunk_as_the_reference_does()
    {
        using GoldenCase golden = new("tova-llama");
        using LanguageModel model = ModelRun.Load(golden.Folder);
        int[] prompt = golden.Sequences("prompt_ids")[0];
        foreach (string name in new[] { "tova", "h2o" })
        {
            using TransformerState state = (TransformerState)model.CreateState(new StateOptions
            {
                Policy = CreatePolicy(name),
                PromptChunk = 0
            });
            int chunk = 0;
            ModelRun.InPieces(model, state, prompt, [Chunk, Chunk, Chunk],
                _ => AssertRows(golden, state, $"{name}_chunked.forced.chunk_kept", chunk++));
        }
    }

    private static IMultiStatePolicy CreatePolicy(string name) => name switch
    {
        "tova" => new Tova(K),
        "window" => new Window(K),
        "window4" => new Sinks(4, K),
        "h2o" => new H2O(K),
        _ => throw new ArgumentException(name),
    };

    private static void AssertKept(GoldenCase golden, TransformerState state, string run, int step) =>
        AssertRows(golden, state, $"{run}.kept", step);

    private static void AssertRows(GoldenCase golden, TransformerState state, string tensor, int index)
    {
        int[] shape = golden.Shape(tensor);
        long[] kept = golden.Integers(tensor);
        for (int layer = 0; layer < shape[1]; layer++)
        {
            long[] expected = [.. kept.Skip(((index * shape[1]) + layer) * shape[2]).Take(shape[2]).Where(position => position >= 0)];
            Assert.Equal(expected, state.GetKeptPositions(layer));
        }
    }

    private static void AssertScores(GoldenCase golden, RecordingPolicy policy, string run, int step)
    {
        if (!golden.Has($"{run}.scores"))
            return;
        int[] shape = golden.Shape($"{run}.scores");
        float[] scores = golden.Floats($"{run}.scores");
        foreach ((int layer, float[] recorded) in policy.Recorded)
        {
            ReadOnlySpan<float> expected = scores.AsSpan(((step * shape[1]) + layer) * shape[2], recorded.Length);
            GoldenCase.AssertClose(expected, recorded, golden.Tolerance("scores"), $"scores {step}, layer {layer}");
        }
    }

    /// <summary>Delegates to a policy and records the scores that it receives.</summary>
    private sealed class RecordingPolicy(IMultiStatePolicy inner) : IMultiStatePolicy
    {
        public Dictionary<int, float[]> Recorded { get; } = [];

        public string Name => inner.Name;

        public StateSize Size => inner.Size;

        public AttentionNeeds Needs => inner.Needs;

        public void Keep(in MultiStateRows rows, Span<bool> keep)
        {
            Recorded[rows.Layer] = [.. rows.LastQuery, .. rows.Accumulated];
            inner.Keep(rows, keep);
        }
    }
}
