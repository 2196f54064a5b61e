using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Tests.Generation.Scheduling;

/// <summary>A model whose logits are what a test says of the tokens so far, and that fails where a test wants it to.</summary>
internal sealed class ScriptedModel(Func<IReadOnlyList<int>, float[]> logits, bool chooses = false) : LanguageModel
{
    private const int Vocabulary = 16;

    /// <summary>Called before a forward computes anything.</summary>
    public Action? Beginning { get; set; }

    /// <summary>Called when a forward has computed everything, before its states have seen it.</summary>
    public Action? Ending { get; set; }

    /// <summary>Called before a state is copied.</summary>
    public Action? Forking { get; set; }

    public override ModelInfo Info { get; } = new()
    {
        Architecture = "scripted",
        VocabularySize = Vocabulary,
        Width = 1,
        Layers = 1,
        Heads = 1,
        Parameters = 1,
        WeightFormat = WeightFormat.Float32,
        WeightBytes = 4,
        WeightBytesPerToken = 4,
        HasConstantState = true,
        Threads = 1,
        StateShape = "tokens",
    };

    protected internal override bool ChoosesTokens => chooses;

    internal override float? DraftCost => 0.1f;

    /// <summary>Logits that leave no doubt.</summary>
    public static float[] Surely(int token)
    {
        float[] logits = new float[Vocabulary];
        logits[token] = 50;
        return logits;
    }

    protected override SequenceState CreateStateCore(StateOptions options) => new State(this, options);

    protected override long StateBytesCore(StateOptions options, long tokens) => State.Bytes;

    protected override void ForwardCore(in ForwardBatch batch, Span<float> output)
    {
        Beginning?.Invoke();
        int token = 0, row = 0;
        for (int i = 0; i < batch.Sequences.Length; i++)
        {
            SequenceInput input = batch.Sequences[i];
            List<int> seen = ((State)input.State).Tokens;
            int first = row;
            for (int read = 0; read < input.Count; read++)
            {
                seen.Add(batch.Tokens[token++]);
                if (input.IsDraft || batch.Output == ForwardOutput.AllLogits || read == input.Count - 1)
                    logits(seen).CopyTo(output[(row++ * Vocabulary)..]);
            }

            if (!input.IsDraft)
                continue;
            int accepted = batch.DraftReader!.Read(i, output.Slice(first * Vocabulary, input.Count * Vocabulary));
            seen.RemoveRange(seen.Count - (input.Count - accepted), input.Count - accepted);
            input.State.Withdraw(input.Count - accepted);
        }

        Ending?.Invoke();
    }

    protected override void ForwardAndChooseCore(in ForwardBatch batch, ReadOnlySpan<Sampler?> samplers, Span<int> tokens)
    {
        Beginning?.Invoke();
        int token = 0;
        for (int i = 0; i < batch.Sequences.Length; i++)
        {
            List<int> seen = ((State)batch.Sequences[i].State).Tokens;
            for (int read = 0; read < batch.Sequences[i].Count; read++)
                seen.Add(batch.Tokens[token++]);
            if (samplers[i] is { } sampler)
                tokens[i] = sampler.Sample(logits(seen));
        }

        Ending?.Invoke();
    }

    protected override void ReleaseWeights()
    {
    }

    private sealed class State(ScriptedModel model, StateOptions options) : SequenceState(model, options)
    {
        public const long Bytes = 1000;

        public List<int> Tokens { get; } = [];

        public override long ByteSize => Bytes;

        protected internal override int SplitAt(int inputTokens, int wanted) => wanted;

        protected override SequenceState ForkCore()
        {
            model.Forking?.Invoke();
            State copy = new(model, Options);
            copy.Tokens.AddRange(Tokens);
            return copy;
        }

        protected override void SaveCore(BinaryWriter writer) => Tokens.ForEach(writer.Write);

        protected override void LoadCore(BinaryReader reader, StateFormat saved) => throw new NotSupportedException();

        protected override void ReleaseMemory()
        {
        }
    }
}
