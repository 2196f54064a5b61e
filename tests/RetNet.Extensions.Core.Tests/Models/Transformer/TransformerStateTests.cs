using FsCheck;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Tests.Generation;

namespace RetNet.Extensions.Core.Tests.Models.Transformer;

public sealed class TransformerStateTests : IDisposable
{
    private const int K = 20;

    // Keys and values of 2 heads of 8 floats, position, accumulated attention and slot; 2 layers.
    private const long BytesPerRow = 2 * ((2 * 2 * 8 * sizeof(float)) + 8 + 4 + 4);

    private readonly SyntheticModel _llama = SyntheticModel.Llama();

    public static TheoryData<string> Policies => ["full", "window", "sinks", "h2o", "tova"];

    [Theory]
    [MemberData(nameof(Policies))]
    public void Kept_positions_ascend_and_are_at_most_k(string policy)
    {
        using TransformerState state = Create(policy);
        int[] tokens = SyntheticModel.Tokens(80);
        foreach (int piece in (ReadOnlySpan<int>)[50, 1, 1, 1, 7, 20])
        {
            SyntheticModel.Feed(state, tokens.AsSpan((int)state.Position, piece));
            for (int layer = 0; layer < 2; layer++)
            {
                long[] kept = state.GetKeptPositions(layer);
                Assert.Equal(policy == "full" ? state.Position : K, kept.Length);
                Assert.Equal(kept.Distinct().Order(), kept);
                Assert.InRange(kept[^1], 0, state.Position - 1);
            }
        }
    }

    [Fact]
    public void Layers_keep_sets_of_their_own()
    {
        using TransformerState state = Create("tova");
        SyntheticModel.Feed(state, SyntheticModel.Tokens(200));
        Assert.NotEqual(state.GetKeptPositions(0), state.GetKeptPositions(1));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Below_k_rows_every_policy_computes_what_the_full_cache_does(string policy)
    {
        int[] tokens = SyntheticModel.Tokens(K);
        using TransformerState full = Create("full");
        using TransformerState state = Create(policy);
        Assert.Equal(SyntheticModel.Feed(full, tokens), SyntheticModel.Feed(state, tokens));
    }

    [Property(MaxTest = 20)]
    public void Any_split_of_a_prompt_gives_the_full_cache_the_same_logits(PositiveInt[] pieces)
    {
        int[] tokens = SyntheticModel.Tokens(280);
        using TransformerState whole = Create("full");
        using TransformerState split = Create("full");
        SyntheticModel.AssertClose(SyntheticModel.Feed(whole, tokens),
            SyntheticModel.FeedPieces(split, tokens, pieces.Select(piece => piece.Get * 5 % 90)), 1e-4f);
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void A_prompt_in_chunks_equals_feeding_the_chunks_one_by_one(string policy)
    {
        int[] tokens = SyntheticModel.Tokens(300);
        using TransformerState chunked = Create(policy, promptChunk: 32);
        using TransformerState pieces = Create(policy);
        float[] expected = SyntheticModel.FeedPieces(pieces, tokens, Enumerable.Repeat(32, 9));
        SyntheticModel.AssertClose(expected, SyntheticModel.Feed(chunked, tokens), policy == "full" ? 1e-4f : 0);
        Assert.Equal(pieces.GetKeptPositions(1), chunked.GetKeptPositions(1));
    }

    [Theory]
    [InlineData("tova", 32)]
    [InlineData("h2o", 32)]
    [InlineData("window", 300)]
    [InlineData("tova", 300)]
    public void Memory_stays_within_k_and_a_chunk_during_a_prompt_and_within_k_and_one_row_after_it(string name, int chunk)
    {
        MeasuringPolicy policy = new(Policy(name));
        using TransformerState state = (TransformerState)_llama.Model.CreateState(new StateOptions
        {
            Policy = policy,
            PromptChunk = chunk
        });
        policy.State = state;
        SyntheticModel.Feed(state, SyntheticModel.Tokens(1000), ForwardOutput.LastLogits);
        Assert.InRange(policy.LargestByteSize, BytesPerRow * K, BytesPerRow * (K + chunk));
        Assert.InRange(state.ByteSize, BytesPerRow * K, BytesPerRow * (K + 1));
        for (int i = 0; i < 50; i++)
            SyntheticModel.Feed(state, [i % 50], ForwardOutput.LastLogits);
        Assert.InRange(state.ByteSize, BytesPerRow * K, BytesPerRow * (K + 1));
        Assert.Equal(1050, state.Position);
    }

    [Property(MaxTest = 30)]
    public void A_state_never_holds_more_than_its_budget_says(PositiveInt[] pieces, bool mistral, NonNegativeInt name, NonNegativeInt chunk)
    {
        using SyntheticModel model = SyntheticModel.Llama(slidingWindow: mistral ? 40 : null);
        MeasuringPolicy measuring = new(Policy(new[] { "full", "window", "sinks", "h2o", "tova" }[name.Get % 5]));
        StateOptions options = new() { Policy = measuring, PromptChunk = chunk.Get % 3 == 0 ? null : 16 * (chunk.Get % 3 - 1) };
        using SequenceState state = model.Model.CreateState(options);
        measuring.State = state;
        foreach (int piece in pieces.Select(piece => piece.Get * 11 % 600))
        {
            if (piece > 0)
                SyntheticModel.Feed(state, SyntheticModel.Tokens(piece), ForwardOutput.LastLogits);
            Assert.InRange(Math.Max(measuring.LargestByteSize, state.ByteSize), 0, model.Model.StateBytes(options, state.Position));
        }
    }

    [Fact]
    public void A_budget_is_the_rows_that_a_policy_keeps_and_the_longest_piece_between_two_cuts()
    {
        LanguageModel model = _llama.Model;
        Assert.Equal(0, model.StateBytes(null, 0));
        Assert.Equal(4500 * BytesPerRow, model.StateBytes(null, 4000));
        Assert.Equal((K + 32) * BytesPerRow, model.StateBytes(new StateOptions { Policy = new Tova(K), PromptChunk = 32 }, 4000));
        Assert.Equal((K + StateOptions.WholePromptLimit) * BytesPerRow,
            model.StateBytes(new StateOptions { Policy = new Tova(K) }, 1_000_000));
        Assert.InRange(model.StateBytes(null, long.MaxValue), 1, long.MaxValue);
        Assert.Throws<ArgumentOutOfRangeException>(() => model.StateBytes(null, -1));
        Assert.Throws<ArgumentException>(() => model.StateBytes(new StateOptions { PromptChunk = -1 }, 10));
    }

    [Fact]
    public void Memory_goes_back_when_a_whole_input_is_read_and_not_after_each_piece()
    {
        using TransformerState state = Create("tova");
        int[] tokens = SyntheticModel.Tokens(300);
        float[] logits = new float[_llama.Model.Info.VocabularySize];
        for (int fed = 0; fed < tokens.Length; fed += 100)
        {
            SequenceInput piece = new(state, 100) { Before = fed, After = 200 - fed };
            _llama.Model.Forward(new ForwardBatch([piece], tokens.AsSpan(fed, 100)), logits);
            if (fed < 200)
                Assert.InRange(state.ByteSize, tokens.Length * BytesPerRow, (tokens.Length + 64) * BytesPerRow);
        }

        Assert.Equal((K + 1) * BytesPerRow, state.ByteSize);
    }

    [Fact]
    public void Prompts_above_the_limit_are_cut_in_chunks_by_default()
    {
        MeasuringPolicy policy = new(new Window(K));
        using TransformerState state = (TransformerState)_llama.Model.CreateState(new StateOptions { Policy = policy });
        policy.State = state;
        SyntheticModel.Feed(state, SyntheticModel.Tokens(StateOptions.WholePromptLimit + 1), ForwardOutput.LastLogits);

        // Memory grows by an eighth at least.
        Assert.InRange(policy.LargestByteSize, 1, BytesPerRow * (K + StateOptions.DefaultPromptChunk) * 9 / 8);
    }

    [Fact]
    public void Memory_is_resized_a_few_times_only_while_a_bounded_state_fills()
    {
        using SequenceState state = _llama.Model.CreateState(new StateOptions { Policy = new Tova(300) });
        SyntheticModel.Feed(state, SyntheticModel.Tokens(70));
        HashSet<long> sizes = [];
        for (int i = 0; i < 320; i++)
        {
            SyntheticModel.Feed(state, [i % 50], ForwardOutput.LastLogits);
            sizes.Add(state.ByteSize);
        }

        Assert.InRange(sizes.Count, 1, 5);
        Assert.InRange(sizes.Max(), 1, BytesPerRow * 301);
    }

    [Fact]
    public void A_sliding_window_forgets_rows_without_changing_the_logits()
    {
        using SyntheticModel mistral = SyntheticModel.Llama(slidingWindow: 40);
        int[] tokens = SyntheticModel.Tokens(200);
        using TransformerState atOnce = (TransformerState)mistral.Model.CreateState();
        using TransformerState steps = (TransformerState)mistral.Model.CreateState();

        // The prompt at once sees all rows behind a mask; single steps have only the rows that are left.
        float[] expected = SyntheticModel.Feed(atOnce, tokens);
        SyntheticModel.AssertClose(expected, SyntheticModel.FeedPieces(steps, tokens, Enumerable.Repeat(1, 200)), 2e-5f);
        Assert.Equal(Enumerable.Range(161, 39).Select(i => (long)i), steps.GetKeptPositions(0));
        Assert.Equal(steps.GetKeptPositions(1), atOnce.GetKeptPositions(1));
        SyntheticModel.Feed(atOnce, SyntheticModel.Tokens(900));
        Assert.InRange(atOnce.ByteSize, 1, BytesPerRow * 41);
    }

    [Fact]
    public void Attention_scores_above_88_give_finite_logits()
    {
        using SyntheticModel model = SyntheticModel.Llama(scale: 20);
        using SequenceState state = model.Model.CreateState();
        Assert.All(SyntheticModel.FeedPieces(state, SyntheticModel.Tokens(40), [20, 1, 1]), logit => Assert.True(float.IsFinite(logit)));
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void Forked_and_restored_states_go_on_with_the_same_bits(string policy)
    {
        StateOptions options = new() { Policy = Policy(policy) };
        using TransformerState state = Create(policy);
        SyntheticModel.FeedPieces(state, SyntheticModel.Tokens(60), [50, 1, 1, 1]);
        using TransformerState fork = (TransformerState)state.Fork();
        Assert.Equal((60, state.ByteSize), (fork.Position, fork.ByteSize));
        using MemoryStream saved = new(SyntheticModel.Save(state));
        using TransformerState restored = (TransformerState)_llama.Model.RestoreState(saved, options);
        Assert.Equal(saved.Length, saved.Position);
        int[] more = SyntheticModel.Tokens(20, seed: 2);
        float[] expected = SyntheticModel.FeedPieces(state, more, Enumerable.Repeat(1, 20));
        Assert.Equal(expected, SyntheticModel.FeedPieces(fork, more, Enumerable.Repeat(1, 20)));
        Assert.Equal(expected, SyntheticModel.FeedPieces(restored, more, Enumerable.Repeat(1, 20)));
        for (int layer = 0; layer < 2; layer++)
        {
            Assert.Equal(state.GetKeptPositions(layer), fork.GetKeptPositions(layer));
            Assert.Equal(state.GetKeptPositions(layer), restored.GetKeptPositions(layer));
        }
    }

    [Fact]
    public void Each_prefix_of_a_saved_state_is_refused()
    {
        using TransformerState state = Create("full");
        SyntheticModel.Feed(state, SyntheticModel.Tokens(3));
        byte[] saved = SyntheticModel.Save(state);
        for (int length = 0; length < saved.Length; length++)
            Assert.Throws<InvalidDataException>(() => _llama.Model.RestoreState(new MemoryStream(saved, 0, length)));
    }

    [Theory]
    [InlineData(-1, "-1 rows")]
    [InlineData(4, "4 rows")]
    [InlineData(int.MaxValue, "rows")]
    public void A_hostile_number_of_rows_is_refused(int count, string says)
    {
        using TransformerState state = Create("full");
        SyntheticModel.Feed(state, SyntheticModel.Tokens(3));
        byte[] saved = SavedStates.With(SyntheticModel.Save(state), CountOffset(), BitConverter.GetBytes(count));
        InvalidDataException exception = Assert.Throws<InvalidDataException>(() => _llama.Model.RestoreState(new MemoryStream(saved)));
        Assert.Contains(says, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_of_rows_that_the_file_does_not_hold_reserves_no_memory_for_them()
    {
        using TransformerState state = Create("full");
        byte[] saved = SavedStates.With(
            SyntheticModel.Save(state), CountOffset() - 8, [.. BitConverter.GetBytes(long.MaxValue),
                .. BitConverter.GetBytes(int.MaxValue)]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        InvalidDataException exception = Assert.Throws<InvalidDataException>(() => _llama.Model.RestoreState(new MemoryStream(saved)));
        Assert.Contains("truncated", exception.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
    }

    [Fact]
    public void More_rows_than_the_policy_keeps_are_refused()
    {
        using TransformerState state = Create("full");
        SyntheticModel.Feed(state, SyntheticModel.Tokens(30));
        InvalidDataException exception = Assert.Throws<InvalidDataException>(
            () => _llama.Model.RestoreState(new MemoryStream(SyntheticModel.Save(state)), new StateOptions { Policy = new Tova(K) }));
        Assert.Contains($"expected 0 to {K}", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(2, "same position")]
    [InlineData(3, "position 3; expected 0 to 2")]
    [InlineData(-1, "position -1; expected 0 to 2")]
    public void Positions_that_repeat_or_lie_outside_the_sequence_are_refused(long position, string says)
    {
        using TransformerState state = Create("full");
        SyntheticModel.Feed(state, SyntheticModel.Tokens(3));
        byte[] saved = SavedStates.With(SyntheticModel.Save(state), CountOffset() + 4, BitConverter.GetBytes(position));
        InvalidDataException exception = Assert.Throws<InvalidDataException>(() => _llama.Model.RestoreState(new MemoryStream(saved)));
        Assert.Contains(says, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_size_as_a_part_of_the_context_counts_the_models_own()
    {
        using TransformerState state =
            (TransformerState)_llama.Model.CreateState(new StateOptions { Policy = new Window(StateSize.Parse("5%")) });
        Assert.Equal(20, state.Limit);
        Assert.Throws<ArgumentException>(() => _llama.Model.CreateState(new StateOptions { PromptChunk = -1 }));
    }

    public void Dispose() => _llama.Dispose();

    private static IMultiStatePolicy Policy(string name) => name switch
    {
        "window" => new Window(K),
        "sinks" => new Sinks(4, K),
        "h2o" => new H2O(K),
        "tova" => new Tova(K),
        _ => Full.Instance,
    };

    private TransformerState Create(string policy, int? promptChunk = null) =>
        (TransformerState)_llama.Model.CreateState(new StateOptions { Policy = Policy(policy), PromptChunk = promptChunk });

    private int CountOffset() => SavedStates.ContentOffset(_llama.Model);

    /// <summary>Looks at the state's size whenever the engine asks what to keep.</summary>
    private sealed class MeasuringPolicy(IMultiStatePolicy inner) : IMultiStatePolicy
    {
        public SequenceState? State { get; set; }

        public long LargestByteSize { get; private set; }

        public string Name => inner.Name;

        public StateSize Size => inner.Size;

        public AttentionNeeds Needs => inner.Needs;

        public void Keep(in MultiStateRows rows, Span<bool> keep)
        {
            LargestByteSize = Math.Max(LargestByteSize, State!.ByteSize);
            inner.Keep(rows, keep);
        }
    }
}
