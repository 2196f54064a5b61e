using System.Numerics.Tensors;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Generation.Scheduling;

/// <summary>One forward for several completions: gathers the input of each, lets those that guessed read their drafts, and holds the
/// resulting logits or tokens. Its buffers grow to the size of the batch and are kept.</summary>
internal sealed class BatchStep(LanguageModel model) : IDraftReader
{
    /// <summary>The most logits of a scored prompt that are wanted at once, and the most whose memory is kept.</summary>
    public const int ManyLogits = 1 << 23;

    private readonly int _vocabulary = model.Info.VocabularySize;
    private SequenceInput[] _inputs = [];
    private Sampler?[] _samplers = [];
    private Reading[] _readings = [];
    private int[] _tokens = [];
    private float[] _logits = [];
    private float[] _scored = [];
    private int[] _chosen = [];
    private ulong[] _wanted = [];
    private int _tokenCount;
    private bool _hasDrafts;
    private bool _scoresInputs;
    private bool _needsLogits;

    /// <summary>The number of sequences.</summary>
    public int Count { get; private set; }

    /// <summary>Removes the sequences; the results stay until the next forward.</summary>
    public void Clear()
    {
        Array.Clear(_inputs, 0, Count);
        Array.Clear(_samplers, 0, Count);
        Array.Clear(_readings, 0, Count);
        (SeenTokens, DraftedTokens, AcceptedTokens) = (0, 0, 0);
        (Count, _tokenCount, _needsLogits, _hasDrafts, _scoresInputs) = (0, 0, false, false, false);
        if (_scored.Length > ManyLogits)
            _scored = [];
    }

    /// <summary>Adds what a completion feeds next.</summary>
    public void Add(Completion completion, SequenceInput input)
    {
        if (_inputs.Length == Count)
        {
            Array.Resize(ref _inputs, Math.Max(4, 2 * Count));
            Array.Resize(ref _samplers, _inputs.Length);
            Array.Resize(ref _readings, _inputs.Length);
            Array.Resize(ref _chosen, _inputs.Length);
        }

        if (_tokens.Length < _tokenCount + input.Count)
            Array.Resize(ref _tokens, Math.Max(_tokenCount + input.Count, 2 * _tokens.Length));
        completion.NextTokens(input).CopyTo(_tokens.AsSpan(_tokenCount));
        _samplers[Count] = input.After == 0 && completion.ChoosesNext ? completion.Sampler : null;
        _readings[Count] = new Reading { Completion = completion };
        _needsLogits |= completion.NeedsLogits;
        _hasDrafts |= input.IsDraft;
        _scoresInputs |= completion.ScoresInput;
        _inputs[Count++] = input;
        _tokenCount += input.Count;
        SeenTokens += input.Count;
    }

    public void Forward(CancellationToken cancellationToken)
    {
        ForwardOutput output = _scoresInputs ? ForwardOutput.AllLogits : ForwardOutput.LastLogits;
        ForwardBatch batch = new(_inputs.AsSpan(0, Count), _tokens.AsSpan(0, _tokenCount), output, cancellationToken)
        {
            Wanted = Wanted(),
            DraftReader = _hasDrafts ? this : null,
        };
        if (ChoosesTokens)
        {
            model.ForwardAndChoose(batch, _samplers.AsSpan(0, Count), _chosen);
            return;
        }

        int rows = 0;
        for (int i = 0; i < Count; i++)
        {
            _readings[i].FirstRow = rows;
            rows += Rows(i);
        }

        // The logits of a prompt's tokens may be many, and are rare: a batch of other texts keeps its own.
        long values = (long)rows * _vocabulary;
        ref float[] logits = ref _scoresInputs ? ref _scored : ref _logits;
        if (logits.Length < values)
            logits = new float[values];
        model.Forward(batch, logits);
    }

    /// <summary>The tokens that some sampler may choose, a bit each; empty where one may choose any. Few of them make the language-model
    /// head cheap, and text that a grammar forces next needs no logits at all.</summary>
    private ReadOnlySpan<ulong> Wanted()
    {
        // What may follow the tokens of a draft is not known yet, and those of a prompt that is scored follow whatever may.
        if (_hasDrafts || _scoresInputs)
            return [];
        if (_wanted.Length == 0)
            _wanted = new ulong[(_vocabulary + 63) / 64];
        Array.Clear(_wanted);
        foreach (Sampler? sampler in _samplers.AsSpan(0, Count))
        {
            if (sampler is null)
                continue;
            if (sampler.Allowed.IsEmpty)
                return [];
            TensorPrimitives.BitwiseOr(sampler.Allowed, _wanted, _wanted);
        }

        return _wanted;
    }

    /// <summary>Whether the model has chosen the tokens after the inputs, so that there are no logits.</summary>
    public bool ChoosesTokens => model.ChoosesTokens && !_needsLogits;

    /// <summary>The token after the last one of a sequence, where the model has chosen it; negative where its logits are none.</summary>
    /// <param name="sequence">Its number in the order of <see cref="Add"/>.</param>
    public int Token(int sequence) => _chosen[sequence];

    /// <summary>The logits after the last token of a sequence, if one of the completions needs them.</summary>
    public ReadOnlySpan<float> Logits(int sequence) => AllLogits(sequence)[^_vocabulary..];

    /// <summary>The logits after all tokens of a sequence, if one of the completions scores its input:
    /// <c>[tokens × vocabulary]</c>.</summary>
    public ReadOnlySpan<float> AllLogits(int sequence) =>
        (_scoresInputs ? _scored : _logits).AsSpan(_readings[sequence].FirstRow * _vocabulary, Rows(sequence) * _vocabulary);

    /// <summary>Lets a completion accept what the forward gave it.</summary>
    /// <returns>The completion.</returns>
    public Completion Accept(int sequence)
    {
        _readings[sequence].Completion.Accept(_inputs[sequence], this, sequence);
        return _readings[sequence].Completion;
    }

    /// <summary>How many tokens the sequences have seen in the step.</summary>
    public int SeenTokens { get; private set; }

    /// <summary>How many tokens beside the first of their input were guessed.</summary>
    public int DraftedTokens { get; private set; }

    /// <summary>How many of them were right.</summary>
    public int AcceptedTokens { get; private set; }

    int IDraftReader.Read(int sequence, ReadOnlySpan<float> logits)
    {
        int seen = _readings[sequence].Completion.ReadDraft(logits);
        int drafted = _inputs[sequence].Count - 1, accepted = seen - 1;
        (DraftedTokens, AcceptedTokens) = (DraftedTokens + drafted, AcceptedTokens + accepted);
        SeenTokens -= drafted - accepted;
        return seen;
    }

    private int Rows(int sequence) => _scoresInputs ? _inputs[sequence].Count : _inputs[sequence].LogitRows;

    private struct Reading
    {
        public required Completion Completion { get; init; }

        /// <summary>The first row of its logits.</summary>
        public int FirstRow { get; set; }
    }
}
