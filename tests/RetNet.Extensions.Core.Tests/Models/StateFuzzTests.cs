using System.Diagnostics;
using System.Globalization;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.Core.Tests.Generation;

namespace RetNet.Extensions.Core.Tests.Models;

/// <summary>
/// Saved states with damaged content and the right checksum, so that the readers behind it meet the damage: each is refused, or becomes a
/// state that can be used. Every class of inputs runs for RETNET_FUZZ_SECONDS seconds, where that is set.
/// </summary>
[Collection(nameof(MemoryTests))]
public sealed class StateFuzzTests
{
    private const int Inputs = 120;
    private const int MostAllocated = 1_000_000;

    private static readonly long[] Edges =
        [0, 1, -1, 2, 63, 64, 65, 127, 255, 256, int.MaxValue, int.MinValue, long.MaxValue, long.MinValue, 1L << 32, 1L << 40];

    private static readonly float[] Numbers =
        [float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.Epsilon, -0f, 1e30f];

    public static TheoryData<string, string, StateFormat> Kinds
    {
        get
        {
            TheoryData<string, string, StateFormat> kinds = [];
            foreach (string family in (string[])["fla", "torchscale", "mistral"])
            {
                foreach (StateFormat format in StateFormats.Of(family))
                    kinds.Add(family, "full", format);
            }

            foreach (string policy in (string[])["full", "window", "sinks", "h2o", "tova"])
            {
                foreach (StateFormat format in StateFormats.Of("llama"))
                    kinds.Add("llama", policy, format);
            }

            return kinds;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Damaged_content_is_refused_or_becomes_a_state(string family, string policy, StateFormat format) =>
        Run(family, policy, format);

#if DEBUG
    [Theory]
    [MemberData(nameof(Kinds))]
    public void Damaged_content_reads_and_writes_nothing_beyond_a_buffer(string family, string policy, StateFormat format)
    {
        if (!OperatingSystem.IsLinux())
            return;
        int before = Core.Memory.GuardedMemory.Count;
        bool wasOn = Core.Memory.GuardedMemory.IsOn;
        Core.Memory.GuardedMemory.IsOn = true;
        try
        {
            Run(family, policy, format);
        }
        finally
        {
            Core.Memory.GuardedMemory.IsOn = wasOn;
        }

        // The memory of refused states was released; what is left are the scratch memories of this thread.
        Assert.InRange(Core.Memory.GuardedMemory.Count - before, 0, 2);
    }
#endif

    private static void Run(string family, string policy, StateFormat format)
    {
        using SyntheticModel synthetic = family switch
        {
            "fla" => SyntheticModel.Fla(),
            "torchscale" => SyntheticModel.TorchScale(),
            "mistral" => SyntheticModel.Llama(slidingWindow: 7),
            _ => SyntheticModel.Llama(),
        };
        LanguageModel model = synthetic.Model;
        StateOptions options = new() { Policy = Policy(policy), Format = format };
        byte[] content = Content(model, options);
        Random random = new(family.Length + policy.Length + (int)format);
        TimeSpan? time = Environment.GetEnvironmentVariable("RETNET_FUZZ_SECONDS") is { } seconds
            ? TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture))
            : null;
        Stopwatch watch = Stopwatch.StartNew();
        int accepted = 0, refused = 0;
        while (time is null ? accepted + refused < Inputs : watch.Elapsed < time)
        {
            byte[] saved = SavedStates.Seal(Damage(content, SavedStates.FormatOffset(model), random));
            StateOptions other = new()
            {
                Policy = random.Next(4) == 0 ? Policy("tova") : options.Policy,
                Format = random.Next(4) == 0 ? StateFormat.BFloat16 : format,
            };
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                using SequenceState state = model.RestoreState(new MemoryStream(saved), other);
                accepted++;
                Use(state);
            }
            catch (InvalidDataException exception)
            {
                Assert.Contains("saved state", exception.Message, StringComparison.Ordinal);
                refused++;
                Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MostAllocated);
            }

            GC.Collect(0);
        }

        Assert.True(accepted > 0 && refused > 0, $"{accepted} states were accepted and {refused} refused.");
    }

    // A damaged state may hold any numbers, but it is a state.
    private static void Use(SequenceState state)
    {
        if (state.Position > int.MaxValue)
            return;
        float[] logits = new float[state.Model.Info.VocabularySize];
        using SequenceState fork = state.Fork();
        state.Model.Forward(fork, [3, 1, 4, 1], logits);
        state.Model.Forward(fork, [5], logits);
        using MemoryStream saved = new(SyntheticModel.Save(fork));
        using SequenceState again = fork.Model.RestoreState(saved, fork.Options);
        Assert.Equal(fork.Position, again.Position);
        if (again is TransformerState rows)
            Assert.Equal(rows.GetKeptPositions(1).Distinct().Order(), rows.GetKeptPositions(1));
    }

    private static byte[] Content(LanguageModel model, StateOptions options)
    {
        using SequenceState state = model.CreateState(options);
        SyntheticModel.FeedPieces(state, SyntheticModel.Tokens(30), [20, 1, 1, 1]);
        return SavedStates.Open(SyntheticModel.Save(state));
    }

    /// <summary>One to three changes of a content, mostly of its numbers.</summary>
    private static byte[] Damage(byte[] content, int names, Random random)
    {
        List<byte> bytes = [.. content];
        for (int change = random.Next(3); change >= 0; change--)
        {
            // The head and the first rows matter most.
            int at = random.Next(3) == 0 ? random.Next(bytes.Count) : Math.Min(bytes.Count - 1, names + random.Next(120));
            switch (random.Next(8))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 40), bytes.Count - at));
                    break;
                case 2:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 300), bytes.Count - at)));
                    break;
                case 3:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 4 or 5:
                    Overwrite(bytes, at, BitConverter.GetBytes(Edges[random.Next(Edges.Length)])[..(random.Next(2) == 0 ? 4 : 8)]);
                    break;
                default:
                    Overwrite(bytes, at, BitConverter.GetBytes(Numbers[random.Next(Numbers.Length)]));
                    break;
            }

            if (bytes.Count == 0)
                break;
        }

        return [.. bytes];
    }

    private static void Overwrite(List<byte> bytes, int at, byte[] with)
    {
        for (int i = 0; i < Math.Min(with.Length, bytes.Count - at); i++)
            bytes[at + i] = with[i];
    }

    private static IMultiStatePolicy Policy(string name) => name switch
    {
        "window" => new Window(16),
        "sinks" => new Sinks(4, 16),
        "h2o" => new H2O(16),
        "tova" => new Tova(16),
        _ => Full.Instance,
    };
}
