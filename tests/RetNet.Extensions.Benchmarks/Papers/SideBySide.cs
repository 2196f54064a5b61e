using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Benchmarks.Papers;

/// <summary>Reads texts of one length side by side, in pieces; a bounded policy drops rows after each piece.</summary>
internal sealed class SideBySide : IDisposable
{
    private readonly LanguageModel _model;
    private readonly IReadOnlyList<int[]> _texts;
    private readonly SequenceInput[] _inputs;
    private float[] _logits = [];

    /// <param name="model">The model.</param>
    /// <param name="texts">Tokens, as many in each.</param>
    /// <param name="options">How each text is remembered.</param>
    public SideBySide(LanguageModel model, IReadOnlyList<int[]> texts, StateOptions options)
    {
        (_model, _texts) = (model, texts);
        States = [.. texts.Select(_ => model.CreateState(options))];
        _inputs = new SequenceInput[texts.Count];
    }

    /// <summary>What each text has left.</summary>
    public IReadOnlyList<SequenceState> States { get; }

    /// <summary>Tokens of each text that were read.</summary>
    public int Position { get; private set; }

    /// <summary>Reads some tokens of each text, and looks at what is predicted behind the last one.</summary>
    /// <returns><c>[texts × vocabulary]</c> logits, until the next call.</returns>
    public Span<float> Read(int count) => Forward(count, ForwardOutput.LastLogits, _texts.Count);

    /// <summary>Reads some tokens of each text and scores the tokens behind each of them.</summary>
    /// <param name="count">How many; one more has to follow in each text.</param>
    /// <param name="nats">Receives −ln p: text by text, <c>[texts × count]</c>.</param>
    public void Score(int count, Span<double> nats)
    {
        int start = Position;
        Span<float> logits = Forward(count, ForwardOutput.AllLogits, _texts.Count * count);
        int vocabulary = _model.Info.VocabularySize;
        for (int row = 0; row < _texts.Count * count; row++)
        {
            nats[row] = SequenceLikelihood.NegativeLogLikelihood(
                logits.Slice(row * vocabulary, vocabulary), _texts[row / count][start + (row % count) + 1]);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SequenceState state in States)
            state.Dispose();
    }

    private Span<float> Forward(int count, ForwardOutput output, int rows)
    {
        int values = rows * _model.Info.VocabularySize;
        if (_logits.Length < values)
            _logits = new float[values];
        int[] tokens = new int[_texts.Count * count];
        for (int i = 0; i < _texts.Count; i++)
        {
            _inputs[i] = new SequenceInput(States[i], count);
            _texts[i].AsSpan(Position, count).CopyTo(tokens.AsSpan(i * count));
        }

        _model.Forward(new ForwardBatch(_inputs, tokens, output), _logits.AsSpan(0, values));
        Position += count;
        return _logits.AsSpan(0, values);
    }
}
