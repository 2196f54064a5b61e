namespace RetNet.Extensions.Core.Generation;

/// <summary>One forward for several completions: gathers what each feeds, and holds the logits that come out. Its buffers grow to the batch and stay.</summary>
internal sealed class BatchStep(LanguageModel model)
{
    private readonly int _vocabulary = model.Info.VocabularySize;
    private SequenceInput[] _inputs = [];
    private int[] _tokens = [];
    private float[] _logits = [];
    private int _tokenCount;

    /// <summary>The number of sequences.</summary>
    public int Count { get; private set; }

    /// <summary>Forgets the sequences; the logits stay until the next forward.</summary>
    public void Clear()
    {
        Array.Clear(_inputs, 0, Count);
        (Count, _tokenCount) = (0, 0);
    }

    /// <summary>Adds what a completion feeds next.</summary>
    public void Add(Completion completion, SequenceInput input)
    {
        if (_inputs.Length == Count)
            Array.Resize(ref _inputs, Math.Max(4, 2 * Count));
        if (_tokens.Length < _tokenCount + input.Count)
            Array.Resize(ref _tokens, Math.Max(_tokenCount + input.Count, 2 * _tokens.Length));
        completion.NextTokens(input).CopyTo(_tokens.AsSpan(_tokenCount));
        _inputs[Count++] = input;
        _tokenCount += input.Count;
    }

    public void Forward(CancellationToken cancellationToken)
    {
        long values = (long)Count * _vocabulary;
        if (_logits.Length < values)
            _logits = new float[values];
        model.Forward(new ForwardBatch(_inputs.AsSpan(0, Count), _tokens.AsSpan(0, _tokenCount), ForwardOutput.LastLogits, cancellationToken), _logits);
    }

    /// <summary>The logits after the last token of a sequence, <c>[vocabulary]</c>.</summary>
    /// <param name="sequence">Its number in the order of <see cref="Add"/>.</param>
    public ReadOnlySpan<float> Logits(int sequence) => _logits.AsSpan(sequence * _vocabulary, _vocabulary);
}
