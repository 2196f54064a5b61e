using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Transformer;

namespace RetNet.Extensions.TorchSharp.Tests.MultiState;

/// <summary>States of Transformers are forked, saved and restored, by either engine.</summary>
public sealed class MovedStateTests
{
    [Theory]
    [InlineData("full", StateFormat.Float32)]
    [InlineData("window", StateFormat.Float32)]
    [InlineData("tova", StateFormat.BFloat16)]
    [InlineData("h2o", StateFormat.Float32)]
    public void A_state_moves_between_the_engines(string policy, StateFormat format)
    {
        StateOptions options = new() { Policy = TransformerEngineTests.Policy(policy), Format = format };
        using EnginePair pair = new EnginePair(Models.Golden("llama-plain"), format == StateFormat.Float32 ? 1e-4f : 0.02f).Add(options);
        pair.Feed(80);
        pair.Decode(3);
        (TransformerState cpu, TransformerState torch) = pair.Sequences[0];

        // There and back the bytes are the same.
        using SequenceState there = pair.Torch.RestoreState(Models.Saved(cpu), options);
        Assert.Equal(Models.Saved(cpu).ToArray(), Models.Saved(there).ToArray());
        using SequenceState back = pair.Cpu.RestoreState(Models.Saved(torch), options);
        Assert.Equal(Models.Saved(torch).ToArray(), Models.Saved(back).ToArray());
        using SequenceState fork = torch.Fork();
        Assert.Equal(Models.Saved(torch).ToArray(), Models.Saved(fork).ToArray());
        Assert.Equal(torch.ByteSize, fork.ByteSize);

        // Each goes on where the other was.
        pair.Sequences.Add(((TransformerState)back, (TransformerState)there));
        using SequenceState cpuFork = cpu.Fork();
        pair.Sequences.Add(((TransformerState)cpuFork, (TransformerState)fork));
        pair.Decode(5);
        pair.Feed(7, 1, 2);
        pair.Decode(2);
    }

    [Theory]
    [InlineData("tova", "h2o")]
    [InlineData("tova", "window")]
    [InlineData("h2o", "tova")]
    [InlineData("tova", "ends")]
    [InlineData("sinks", "h2o")]
    public void A_state_goes_on_under_another_policy(string before, string after)
    {
        using EnginePair pair = new EnginePair(Models.Golden("llama-plain"))
            .Add(new StateOptions { Policy = TransformerEngineTests.Policy(before) });
        pair.Feed(40);
        pair.Decode(3);
        MemoryStream saved = Models.Saved(pair.Sequences[0].Torch);
        StateOptions options = new() { Policy = TransformerEngineTests.Policy(after) };
        TransformerState cpu = (TransformerState)pair.Cpu.RestoreState(saved, options);
        saved.Position = 0;
        pair.Sequences.Add((cpu, (TransformerState)pair.Torch.RestoreState(saved, options)));
        pair.Decode(8);
        pair.Feed(1, 20);
        pair.Decode(2);
    }

    [Fact]
    public void A_damaged_state_is_refused_and_leaves_no_tensor()
    {
        using LanguageModel torch = Models.OnTorch(Models.Golden("llama-plain"));
        float[] logits = new float[torch.Info.VocabularySize];
        using SequenceState state = torch.CreateState();
        torch.Forward(state, [1, 2, 3], logits);
        byte[] saved = Models.Saved(state).ToArray();
        int count = 1 + torch.Info.StateShape.Length + 1 + torch.Info.Fingerprint.Length + 4 + 8;
        long before = Tensor.TotalCount;
        Refused(saved[..^1]);
        Refused(With(count, BitConverter.GetBytes(4)));
        Refused(With(count, BitConverter.GetBytes(-1)));
        Refused(With(count + 4, BitConverter.GetBytes(2L)));
        Refused(With(count + 4, BitConverter.GetBytes(3L)));
        Assert.Equal(before, Tensor.TotalCount);

        byte[] With(int at, byte[] bytes)
        {
            using SavedState content = SavedState.Read(new MemoryStream(saved));
            byte[] damaged = content.Reader.ReadBytes((int)content.Reader.BaseStream.Length);
            bytes.CopyTo(damaged, at);
            using MemoryStream sealedAgain = new();
            SavedState.Write(sealedAgain, writer => writer.Write(damaged));
            return sealedAgain.ToArray();
        }

        void Refused(byte[] bytes) => Assert.Throws<InvalidDataException>(() => torch.RestoreState(new MemoryStream(bytes)));
    }
}
