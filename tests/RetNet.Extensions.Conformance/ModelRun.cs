using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Conformance;

/// <summary>Runs a model over token sequences the ways that the references were run.</summary>
internal static class ModelRun
{
    public static LanguageModel Load(string folder) =>
        LanguageModel.Load(folder, new ModelLoadOptions { Threads = TestDevice.Threads, Device = TestDevice.Device });

    /// <summary>All sequences in one batch, in one forward: <c>[batch × tokens × vocabulary]</c> (or width).</summary>
    public static float[] Batch(
        LanguageModel model, IReadOnlyList<int[]> sequences, StateOptions options, ForwardOutput output = ForwardOutput.AllLogits)
    {
        SequenceInput[] inputs = [.. sequences.Select(tokens => new SequenceInput(model.CreateState(options), tokens.Length))];
        int[] all = [.. sequences.SelectMany(tokens => tokens)];
        float[] result = new float[(long)all.Length * (output == ForwardOutput.AllHidden ? model.Info.Width : model.Info.VocabularySize)];
        model.Forward(new ForwardBatch(inputs, all, output), result);
        foreach (SequenceInput input in inputs)
            input.State.Dispose();
        return result;
    }

    /// <summary>One sequence in pieces: <c>[tokens × vocabulary]</c>.</summary>
    public static float[] InPieces(
        LanguageModel model, SequenceState state, int[] tokens, IEnumerable<int> pieces, Action<int>? afterPiece = null)
    {
        int vocabulary = model.Info.VocabularySize;
        float[] logits = new float[tokens.Length * vocabulary];
        int done = 0;
        foreach (int piece in pieces)
        {
            SequenceInput input = new(state, piece);
            model.Forward(
                new ForwardBatch(new ReadOnlySpan<SequenceInput>(in input), tokens.AsSpan(done, piece), ForwardOutput.AllLogits),
                logits.AsSpan(done * vocabulary));
            done += piece;
            afterPiece?.Invoke(done);
        }

        Assert.Equal(tokens.Length, done);
        return logits;
    }

    public static IEnumerable<int> OneByOne(int tokens) => Enumerable.Repeat(1, tokens);
}
