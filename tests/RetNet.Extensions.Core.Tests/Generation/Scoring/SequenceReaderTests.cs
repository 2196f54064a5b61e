using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Core.Tests.Generation.Scoring;

/// <summary>Sequences that are read and forgotten, many at once, get what a state that remembers gets alone, bit for bit.</summary>
public sealed class SequenceReaderTests
{
    // Texts of one chunk, of several, and of several forwards; and so many that threads divide them.
    private static readonly int[][] Sequences =
        [.. ((int[])[1, 2, 30, 64, 65, 3, 0, 31, 40, 100, 1, 70, 22, 48]).Select((length, i) => SyntheticModel.Tokens(length, seed: i))];

    public static TheoryData<string, int> Models => new()
    {
        { "fla", 1 }, { "fla", 2 }, { "fla", 3 }, { "torchscale", 1 }, { "llama", 1 }, { "llama", 3 },
    };

    [Theory]
    [MemberData(nameof(Models))]
    public void Hidden_states_are_those_of_a_state_that_remembers(string family, int threads)
    {
        using SyntheticModel model = Create(family, threads);

        float[][] read = Read(model.Model, Sequences);

        for (int i = 0; i < Sequences.Length; i++)
            Assert.Equal(Hidden(model.Model, Sequences[i]), read[i]);
    }

    [Fact]
    public void A_sequence_of_several_forwards_goes_on_where_the_one_before_ended()
    {
        using SyntheticModel model = SyntheticModel.Fla();
        int[] tokens = SyntheticModel.Tokens(1100);

        float[] read = Read(model.Model, [tokens])[0];

        Assert.Equal(Hidden(model.Model, tokens), read);
    }

    public static TheoryData<string, StateOptions> Memories
    {
        get
        {
            TheoryData<string, StateOptions> memories = [];
            foreach (RetentionForm form in Enum.GetValues<RetentionForm>())
            {
                foreach (int? chunk in (ReadOnlySpan<int?>)[null, 100, 700])
                {
                    memories.Add("fla", new StateOptions { Form = form, RetentionChunk = chunk });
                    memories.Add("torchscale", new StateOptions { Form = form, RetentionChunk = chunk });
                }
            }

            foreach (string family in (ReadOnlySpan<string>)["llama", "mistral", "dynamic", "longrope"])
            {
                memories.Add(family, StateOptions.Default);
                foreach (int? promptChunk in (ReadOnlySpan<int?>)[null, 0, 1, 100])
                {
                    memories.Add(family, new StateOptions { Policy = new Tova(30), PromptChunk = promptChunk });
                    memories.Add(family, new StateOptions { Policy = new H2O(30), PromptChunk = promptChunk });
                }
            }

            return memories;
        }
    }

    [Theory]
    [MemberData(nameof(Memories))]
    public void A_sequence_is_one_input_as_the_prompt_of_a_text_is(string family, StateOptions options)
    {
        using SyntheticModel synthetic = Create(family, threads: 1);
        LanguageModel model = synthetic.Model;
        // Two forwards of 512 tokens, or three, beyond a chunk of 700.
        int longest = options.PromptChunk is 0 or 1 ? 301 : options == StateOptions.Default ? 1150 : 720;
        foreach (int length in (ReadOnlySpan<int>)[90, 300, longest])
        {
            int[] tokens = SyntheticModel.Tokens(length);
            using SequenceState state = model.CreateState(options);
            float[] expected = SyntheticModel.Feed(state, tokens);
            float[] found = new float[expected.Length];
            SequenceReader reader = new(model, ForwardOutput.AllLogits, options);
            reader.Read([tokens, tokens[..7]], (sequence, start, rows) =>
            {
                if (sequence == 0)
                    rows.CopyTo(found.AsSpan(start * 50));
            });

            Assert.Equal(expected, found);
            double nats = new SequenceLikelihood(model, options).Score([tokens])[0];
            GenerationResult text = new Generator(model).Generate(new GenerationRequest(tokens, new GenerationOptions
            {
                MaxTokens = 1,
                TopLogProbs = 0,
                PromptLogProbs = true,
                State = options,
            }));
            Assert.Equal(-text.PromptLogProbs.Skip(1).Sum(), nats, nats * 1e-6);
        }
    }

    [Theory]
    [InlineData("full")]
    [InlineData("tova")]
    [InlineData("window")]
    [InlineData("sinks")]
    [InlineData("h2o")]
    public void A_sequence_that_is_read_whole_takes_the_rows_of_one_layer(string policy)
    {
        using SyntheticModel model = SyntheticModel.Llama();
        StateOptions options = new() { Policy = policy == "full" ? Full.Instance : MultiStatePolicies.Create(policy, 8) };
        int[] tokens = SyntheticModel.Tokens(31);
        using SequenceState remembers = model.Model.CreateState(options), forgets = model.Model.CreateBriefState(options);

        float[] expected = Hidden(model.Model, new SequenceInput(remembers, tokens.Length), tokens);
        float[] found = Hidden(model.Model, new SequenceInput(forgets, tokens.Length) { EndsSequence = true }, tokens);

        Assert.Equal(expected, found);
        Assert.InRange(forgets.ByteSize, 1, model.Model.StateBytes(null, tokens.Length) / model.Model.Info.Layers);
        Assert.Equal(forgets.ByteSize, new SequenceReader(model.Model, ForwardOutput.AllHidden, options).StateBytes([tokens]));
    }

    [Theory]
    [InlineData("fla", 1)]
    [InlineData("fla", 2)]
    [InlineData("fla", 256)]
    [InlineData("fla", 257)]
    [InlineData("fla", 1100)]
    [InlineData("torchscale", 256)]
    [InlineData("torchscale", 300)]
    [InlineData("llama", 1)]
    [InlineData("llama", 256)]
    [InlineData("llama", 257)]
    [InlineData("llama", 1100)]
    public void States_take_no_more_than_was_foretold(string family, int length)
    {
        using SyntheticModel model = Create(family, threads: 1);
        SequenceReader reader = new(model.Model, ForwardOutput.AllHidden);
        int[] tokens = SyntheticModel.Tokens(length);
        long outputs = Most(countsStates: false), all = Most(countsStates: true);

        Assert.InRange(all - outputs, 0, reader.StateBytes([tokens]));
        if (family == "fla")
            Assert.Equal(length is > 1 and <= 256 ? 0 : model.Model.StateBytes(null, length), reader.StateBytes([tokens]));
        if (family != "llama")
            Assert.Equal(reader.StateBytes([tokens]), all - outputs);

        long Most(bool countsStates)
        {
            long most = 0;
            reader.Read([tokens], (_, _, _) => most = Math.Max(most, model.Model.WorkspaceBytes), countsStates, CancellationToken.None);
            return most;
        }
    }

    [Fact]
    public void States_that_are_reserved_while_sequences_are_scored_do_not_count_twice()
    {
        using SyntheticModel model = SyntheticModel.Fla(threads: 1);
        int[] tokens = SyntheticModel.Tokens(1100);

        Assert.Equal(new SequenceLikelihood(model.Model).StateBytes([tokens]), Most(areReserved: false) - Most(areReserved: true));

        long Most(bool areReserved)
        {
            long most = 0;
            SequenceLikelihood likelihood = new(model.Model) { StatesAreReserved = areReserved };
            likelihood.ScoreAndReport([tokens], _ => most = Math.Max(most, model.Model.WorkspaceBytes));
            return most;
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Tokens_that_are_made_on_the_threads_of_the_model_give_the_same_vectors(int threads)
    {
        using SyntheticModel model = SyntheticModel.Fla(threads: threads);
        SequenceEmbedder embedder = new(model.Model);

        Assert.Equal(embedder.Embed(Sequences), embedder.EmbedEach(Sequences.Length, i => Sequences[i]));
    }

    [Fact]
    public void What_fails_while_tokens_are_made_is_thrown_to_the_caller()
    {
        using SyntheticModel model = SyntheticModel.Fla(threads: 2);
        SequenceEmbedder embedder = new(model.Model);

        Assert.Throws<DivideByZeroException>(
            () => embedder.EmbedEach(8, i => i == 5 ? throw new DivideByZeroException() : Sequences[i]));
        Assert.Equal(embedder.Embed([Sequences[2]])[0], embedder.EmbedEach(3, i => Sequences[i])[2]);
    }

    private static float[][] Read(LanguageModel model, int[][] sequences)
    {
        float[][] hidden = [.. sequences.Select(tokens => new float[tokens.Length * model.Info.Width])];
        new SequenceReader(model, ForwardOutput.AllHidden).Read(
            sequences, (sequence, start, rows) => rows.CopyTo(hidden[sequence].AsSpan(start * model.Info.Width)));
        return hidden;
    }

    private static float[] Hidden(LanguageModel model, int[] tokens)
    {
        const int mostTokens = 512;
        float[] hidden = new float[tokens.Length * model.Info.Width];
        using SequenceState state = model.CreateState();
        for (int start = 0; start < tokens.Length; start += mostTokens)
        {
            int[] piece = tokens[start..Math.Min(start + mostTokens, tokens.Length)];
            model.Forward(new ForwardBatch([new SequenceInput(state, piece.Length)], piece, ForwardOutput.AllHidden),
                hidden.AsSpan(start * model.Info.Width));
        }

        return hidden;
    }

    private static float[] Hidden(LanguageModel model, SequenceInput input, int[] tokens)
    {
        float[] hidden = new float[tokens.Length * model.Info.Width];
        model.Forward(new ForwardBatch([input], tokens, ForwardOutput.AllHidden), hidden);
        return hidden;
    }

    private static SyntheticModel Create(string family, int threads) => family switch
    {
        "fla" => SyntheticModel.Fla(threads: threads),
        "torchscale" => SyntheticModel.TorchScale(),
        "mistral" => SyntheticModel.Llama(threads: threads, slidingWindow: 40),
        "dynamic" => SyntheticModel.Dynamic(),
        "longrope" => SyntheticModel.LongRope(),
        _ => SyntheticModel.Llama(threads: threads),
    };
}
