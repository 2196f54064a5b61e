using FsCheck.Xunit;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.Core.Tests.Models;
using RetNet.Extensions.Core.Tests.Models.Transformer;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>A draft gives the bits of single steps, and leaves the state of those that were seen.</summary>
public sealed class DraftTests : IDisposable
{
    private readonly SyntheticModel _fla = SyntheticModel.Fla(threads: 2);
    private readonly SyntheticModel _torchScale = SyntheticModel.TorchScale(chunk: 48);
    private readonly SyntheticModel _llama = SyntheticModel.Llama(threads: 2);
    private readonly SyntheticModel _mistral = SyntheticModel.Llama(slidingWindow: 20);
    private readonly SyntheticModel _narrow = SyntheticModel.Llama(slidingWindow: 8, scale: 4);

    public static TheoryData<string, StateOptions> Memories
    {
        get
        {
            TheoryData<string, StateOptions> memories = [];
            foreach (RetentionForm form in Enum.GetValues<RetentionForm>())
            {
                foreach (StateFormat format in StateFormats.Of("fla"))
                {
                    memories.Add("fla", new StateOptions { Form = form, Format = format });
                    memories.Add("torchscale", new StateOptions { Form = form, Format = format });
                }
            }

            foreach (StateFormat format in StateFormats.Of("llama"))
            {
                foreach (IMultiStatePolicy policy in (ReadOnlySpan<IMultiStatePolicy>)[Full.Instance, new Window(30), new Sinks(4, 30),
                    new H2O(30), new Tova(30), new EveryOther(30)])
                {
                    memories.Add("llama", new StateOptions { Policy = policy, Format = format });
                    memories.Add("mistral", new StateOptions { Policy = policy, Format = format });
                }
            }

            return memories;
        }
    }

    [Theory]
    [MemberData(nameof(Memories))]
    public void A_draft_gives_the_bits_of_single_steps(string family, StateOptions options)
    {
        LanguageModel model = Model(family);
        Random random = new(5);
        int[] tokens = SyntheticModel.Tokens(600, seed: 8);
        int[] others = SyntheticModel.Tokens(600, seed: 9);

        // Below a policy's size, where it is reached, beyond it, and over the border of a segment.
        foreach (int prompt in (ReadOnlySpan<int>)[2, 24, 60, 505])
        {
            using SequenceState drafted = model.CreateState(options);
            using SequenceState single = model.CreateState(options);
            using SequenceState other = model.CreateState(options);
            using SequenceState otherAlone = model.CreateState(options);
            SyntheticModel.Feed(drafted, tokens.AsSpan(0, prompt));
            SyntheticModel.Feed(single, tokens.AsSpan(0, prompt));
            int done = prompt;
            for (int round = 0; round < 5; round++)
            {
                int count = random.Next(1, 9), seen = random.Next(1, count + 1);
                float[] expected = [.. Enumerable.Range(done, count).SelectMany(i => i < done + seen
                    ? SyntheticModel.Feed(single, tokens.AsSpan(i, 1))
                    : [])];
                float[] expectedOther = SyntheticModel.Feed(otherAlone, others.AsSpan(done, 3), ForwardOutput.LastLogits);
                Reader reader = new(seen);

                model.Forward(
                    new ForwardBatch([new(drafted, count) { IsDraft = true }, new(other, 3)],
                        [.. tokens.AsSpan(done, count), .. others.AsSpan(done, 3)])
                    { DraftReader = reader },
                    reader.Output = new float[(count + 1) * 50]);

                Assert.Equal(expected, reader.Logits[..expected.Length]);
                Assert.Equal(expectedOther, reader.Output[(count * 50)..]);
                Assert.Equal(single.Position, drafted.Position);
                Assert.Equal(SyntheticModel.Save(single), SyntheticModel.Save(drafted));
                done += seen;
            }

            Assert.Equal(SyntheticModel.Save(otherAlone), SyntheticModel.Save(other));
        }
    }

    [Property(MaxTest = 80)]
    public void Rejected_tokens_leave_nothing_whatever_was_dropped_for_them(int seed)
    {
        Random random = new(seed);
        SyntheticModel[] models = [_llama, _mistral, _narrow];
        int size = random.Next(1, 24);
        IMultiStatePolicy[] policies =
            [Full.Instance, new Window(size), new Sinks(random.Next(4), size), new H2O(size), new Tova(size), new EveryOther(size)];
        StateOptions options = new()
        {
            Policy = policies[random.Next(policies.Length)],
            Format = (StateFormat)random.Next(3),
        };
        LanguageModel model = models[random.Next(models.Length)].Model;
        int[] tokens = SyntheticModel.Tokens(400, seed);
        int done = random.Next(1, 80);
        using SequenceState drafted = model.CreateState(options), single = model.CreateState(options);
        SyntheticModel.Feed(drafted, tokens.AsSpan(0, done));
        SyntheticModel.Feed(single, tokens.AsSpan(0, done));
        for (int round = 0; round < 20; round++)
        {
            int count = random.Next(1, 16), seen = random.Next(1, Math.Min(count, 3) + 1);
            for (int i = 0; i < seen; i++)
                SyntheticModel.Feed(single, tokens.AsSpan(done + i, 1));
            model.Forward(
                new ForwardBatch([new(drafted, count) { IsDraft = true }], tokens.AsSpan(done, count)) { DraftReader = new Reader(seen) },
                new float[count * 50]);

            done += seen;
            Assert.Equal(SyntheticModel.Save(single), SyntheticModel.Save(drafted));
        }
    }

    public void Dispose()
    {
        _fla.Dispose();
        _torchScale.Dispose();
        _llama.Dispose();
        _mistral.Dispose();
        _narrow.Dispose();
    }

    private LanguageModel Model(string family) => family switch
    {
        "fla" => _fla.Model,
        "torchscale" => _torchScale.Model,
        "llama" => _llama.Model,
        _ => _mistral.Model,
    };

    private sealed class Reader(int seen) : IDraftReader
    {
        public float[] Output { get; set; } = [];

        public float[] Logits { get; private set; } = [];

        public int Read(int sequence, ReadOnlySpan<float> logits)
        {
            Assert.Equal(0, sequence);
            Logits = logits.ToArray();
            return seen;
        }
    }
}
