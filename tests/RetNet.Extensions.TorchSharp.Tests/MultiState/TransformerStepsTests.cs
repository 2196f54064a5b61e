using System.Text.RegularExpressions;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.Core.Checkpoints.Files;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Transformer;
using RetNet.Extensions.TorchSharp.Models.Transformer;

namespace RetNet.Extensions.TorchSharp.Tests.MultiState;

/// <summary>One token through all layers in one call: what it costs beside its arithmetic, and the gaps that it leaves.</summary>
public sealed partial class TransformerStepsTests
{
    private const int MostLaunches = 20;

    // What a policy asks the script to do: the conditions under which a line runs.
    [Theory]
    [InlineData("llama-plain", 15)]
    [InlineData("llama-plain", 17, "moves > 0")]
    [InlineData("llama-plain", 20, "drops or accumulates", "drops")]
    [InlineData("qwen3-qknorm", 17)]
    [InlineData("qwen2-bias", 15)]
    public void A_layer_takes_at_most_twenty_launches_in_float32(string model, int launches, params string[] conditions)
    {
        using Checkpoint checkpoint = Checkpoint.Open(Models.Golden(model));
        TransformerConfiguration c = TransformerConfiguration.Parse(checkpoint.Configuration, checkpoint.ConfigurationFile);
        Assert.True(TransformerSteps.Serves(c));
        string source = TransformerSteps.Source(c, torch.float32);
        bool cuts = conditions.Contains("drops or accumulates");
        string layer = source[source.IndexOf(cuts ? "def cut" : "def attend", StringComparison.Ordinal)..];
        layer = layer[..layer.IndexOf("def begin", StringComparison.Ordinal)].Replace("torch.cat(parts) if", "", StringComparison.Ordinal);
        string[] found = [.. Launch().Matches(Run(layer, conditions)).Select(match => match.Value)];
        Assert.True(found.Length == launches, $"{found.Length}: {string.Join(' ', found)}");
        Assert.InRange(launches, 1, MostLaunches);
    }

    [Theory]
    [InlineData("full", WeightFormat.Float32)]
    [InlineData("full", WeightFormat.BFloat16)]
    [InlineData("tova", WeightFormat.Float32)]
    [InlineData("h2o", WeightFormat.Float32)]
    [InlineData("sinks", WeightFormat.Float32)]
    public void A_decoded_token_leaves_little_garbage(string policy, WeightFormat format) => Garbage.AssertLittle(
        Models.Embedded("llama-tinystories"), format, new StateOptions { Policy = TransformerEngineTests.Policy(policy) });

    [Theory]
    [InlineData("tova")]
    [InlineData("h2o")]
    [InlineData("ends")]
    public void A_state_with_gaps_is_saved_forked_and_prompted_as_one_without(string policy)
    {
        StateOptions options = new() { Policy = TransformerEngineTests.Policy(policy) };
        using EnginePair pair = new EnginePair(Models.Golden("llama-plain")).Add(options).Add(options);
        pair.Feed(30, 5);
        pair.Decode(15);
        (TransformerState cpu, TransformerState torch) = pair.Sequences[0];
        Assert.True(((TorchTransformerState)torch).HasGap);
        using SequenceState restored = pair.Torch.RestoreState(Models.Saved(torch), options);
        using SequenceState fork = torch.Fork();
        Assert.Equal(Models.Saved(torch).ToArray(), Models.Saved(restored).ToArray());

        // All three go on with the same bits: alone, with gaps again, and after a piece of a prompt.
        foreach (int count in (int[])[1, 1, 1, 5, 1, 1])
        {
            int[] tokens = [.. Enumerable.Range(7, count)];
            float[][] logits = [.. new[] { torch, restored, fork }.Select(state =>
            {
                float[] own = new float[pair.Torch.Info.VocabularySize];
                pair.Torch.Forward(state, tokens, own);
                return own;
            })];
            Assert.Equal(logits[0], logits[1]);
            Assert.Equal(logits[0], logits[2]);
            float[] expected = new float[logits[0].Length];
            pair.Cpu.Forward(cpu, tokens, expected);
            Assert.InRange(Models.Distance(expected, logits[0]), 0, 1e-4f);
        }

        pair.Decode(3);
    }

    /// <summary>The lines of functions that run under some conditions.</summary>
    private static string Run(string source, string[] conditions)
    {
        List<string> lines = [];
        int skipped = int.MaxValue;
        foreach (string line in source.Split('\n'))
        {
            int indent = line.Length - line.TrimStart().Length;
            if (indent > skipped)
                continue;
            skipped = int.MaxValue;
            Match condition = Condition().Match(line);
            if (condition.Success && !conditions.Contains(condition.Groups[1].Value))
                skipped = indent;
            else
                lines.Add(line);
        }

        return string.Join('\n', lines);
    }

    [GeneratedRegex(@"^\s*if (.+):$")]
    private static partial Regex Condition();

    // What computes something; views, and changes to the type that a tensor has, do not.
    [GeneratedRegex(@"\b(rms_norm|linear|addmm|addcmul|cat|roll|bmm|silu|gelu|softmax|scatter_|gather|contiguous|mean|sub|argmax|add_"
        + @"|view_copy|masked_fill_)\(| \* (?![ir]\b)")]
    private static partial Regex Launch();
}
