using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>An input that comes in several forwards gives the bits that it gives whole: also where a policy cuts after inputs, and in every
/// form of retention.</summary>
public sealed class InputPiecesTests : IDisposable
{
    private readonly SyntheticModel _fla = SyntheticModel.Fla();
    private readonly SyntheticModel _torchScale = SyntheticModel.TorchScale(chunk: 48);
    private readonly SyntheticModel _llama = SyntheticModel.Llama();
    private readonly SyntheticModel _mistral = SyntheticModel.Llama(slidingWindow: 40);

    public static TheoryData<string, StateOptions> Memories
    {
        get
        {
            TheoryData<string, StateOptions> memories = [];
            foreach (RetentionForm form in Enum.GetValues<RetentionForm>())
            {
                foreach (int? chunk in (ReadOnlySpan<int?>)[null, 1, 255])
                {
                    memories.Add("fla", new StateOptions { Form = form, RetentionChunk = chunk });
                    memories.Add("torchscale", new StateOptions { Form = form, RetentionChunk = chunk });
                }
            }

            foreach (int? promptChunk in (ReadOnlySpan<int?>)[null, 100])
            {
                foreach (IMultiStatePolicy policy in (ReadOnlySpan<IMultiStatePolicy>)[Full.Instance, new Window(30), new Sinks(4, 30),
                    new H2O(30), new Tova(30)])
                {
                    memories.Add("llama", new StateOptions { Policy = policy, PromptChunk = promptChunk });
                    memories.Add("mistral", new StateOptions { Policy = policy, PromptChunk = promptChunk });
                }
            }

            memories.Add("fla", new StateOptions { Format = StateFormat.BFloat16 });
            memories.Add("llama", new StateOptions { Policy = new Tova(30), PromptChunk = 0, Format = StateFormat.BFloat16 });
            return memories;
        }
    }

    [Theory]
    [MemberData(nameof(Memories))]
    public void An_input_gives_the_same_bits_whole_and_in_pieces(string family, StateOptions options)
    {
        LanguageModel model = Model(family);
        foreach ((int total, int wanted) in (ReadOnlySpan<(int, int)>)[(257, 64), (305, 100), (66, 1)])
            AssertSameBits(model, options, total, () => wanted);
    }

    [Property(MaxTest = 6)]
    public Property Pieces_of_any_lengths_give_the_same_bits(PositiveInt total, PositiveInt seed)
    {
        Gen<object[]> memory = Gen.Elements(Memories.Select(row => row).ToArray());
        return Prop.ForAll(memory.ToArbitrary(), row =>
        {
            Random random = new(seed.Get);
            AssertSameBits(Model((string)row[0]), (StateOptions)row[1], 1 + (total.Get * 37 % 600), () => random.Next(1, 200));
        });
    }

    [Fact]
    public void A_state_that_is_disposed_during_a_forward_does_not_end_it_for_the_others()
    {
        DisposingPolicy policy = new();
        using SequenceState victim = _llama.Model.CreateState(new StateOptions { Policy = policy });
        using SequenceState other = _llama.Model.CreateState();
        using SequenceState alone = _llama.Model.CreateState();
        policy.Victim = victim;
        float[] logits = new float[100];

        _llama.Model.Forward(new ForwardBatch([new(victim, 2), new(other, 1)], [1, 2, 3]), logits);

        Assert.True(victim.IsDisposed);
        Assert.Equal(SyntheticModel.Feed(alone, [3]), logits[50..]);
        Assert.Equal(1, other.Position);
    }

    public void Dispose()
    {
        _fla.Dispose();
        _torchScale.Dispose();
        _llama.Dispose();
        _mistral.Dispose();
    }

    private static void AssertSameBits(LanguageModel model, StateOptions options, int total, Func<int> wanted)
    {
        int[] tokens = SyntheticModel.Tokens(total, seed: total);
        using SequenceState whole = model.CreateState(options);
        using SequenceState pieces = model.CreateState(options);
        float[] expected = SyntheticModel.Feed(whole, tokens, ForwardOutput.LastLogits);
        float[] logits = new float[expected.Length];
        for (int done = 0; done < total;)
        {
            int end = pieces.PieceEnd(total, done, wanted());
            Assert.InRange(end, done + 1, total);
            SequenceInput input = new(pieces, end - done) { Before = done, After = total - end };
            model.Forward(new ForwardBatch([input], tokens.AsSpan(done, end - done)), logits);
            done = end;
        }

        Assert.Equal(expected, logits);
        Assert.Equal(SyntheticModel.Save(whole), SyntheticModel.Save(pieces));
    }

    private LanguageModel Model(string family) => family switch
    {
        "fla" => _fla.Model,
        "torchscale" => _torchScale.Model,
        "llama" => _llama.Model,
        _ => _mistral.Model,
    };

    /// <summary>Disposes a state in the middle of a forward.</summary>
    private sealed class DisposingPolicy : IMultiStatePolicy
    {
        public SequenceState? Victim { get; set; }

        public string Name => "disposing";

        public StateSize Size => 1;

        public AttentionNeeds Needs => AttentionNeeds.None;

        public void Keep(in MultiStateRows rows, Span<bool> keep)
        {
            Victim!.Dispose();
            keep[0] = true;
        }
    }
}
