using System.Diagnostics.CodeAnalysis;
using System.Numerics.Tensors;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Generation.Scoring;

/// <summary>Sums the negative log-likelihood that a model gives to the tokens of sequences. Safe for concurrent calls.</summary>
/// <remarks>A sequence is one input, as a prompt is: <see cref="GenerationOptions.PromptLogProbs"/> with the same options gives the same
/// numbers.</remarks>
/// <param name="model">The model.</param>
/// <param name="options">How a sequence remembers; null for the defaults.</param>
[Experimental("RETNET001")]
public sealed class SequenceLikelihood(LanguageModel model, StateOptions? options = null)
{
    private readonly SequenceReader _reader = new(model, ForwardOutput.AllLogits, options);

    /// <summary>Whether the caller has <see cref="StateBytes"/> reserved in the model's budget
    /// (<see cref="Scheduling.MemoryBudget.ReserveAsync"/>). Default false: states count as scratch memory.</summary>
    public bool StatesAreReserved { get; init; }

    /// <summary>Scores sequences: every token but the first, each predicted from those before it.</summary>
    /// <param name="sequences">The tokens of each.</param>
    /// <param name="cancellationToken">Observed between blocks of a forward.</param>
    /// <returns>Per sequence the sum of −ln p, in nats; 0 for a sequence of one token or none.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public double[] Score(IReadOnlyList<int[]> sequences, CancellationToken cancellationToken = default) =>
        ScoreAndReport(sequences, _ => { }, cancellationToken);

    /// <summary>As <see cref="Score"/>, and says how far it is.</summary>
    /// <param name="sequences">The tokens of each.</param>
    /// <param name="read">Called with how many tokens were read since, at times by several threads at once.</param>
    /// <param name="cancellationToken">Observed between blocks of a forward.</param>
    /// <returns>As <see cref="Score"/>.</returns>
    public double[] ScoreAndReport(IReadOnlyList<int[]> sequences, Action<int> read, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        ArgumentNullException.ThrowIfNull(read);
        double[] nats = new double[sequences.Count];
        _reader.Read(
            sequences, (sequence, start, rows) =>
            {
                nats[sequence] += Sum(sequences[sequence], start, rows);
                read(rows.Length / _reader.RowLength);
            }, countsStates: !StatesAreReserved, cancellationToken);
        return nats;
    }

    /// <summary>Bytes that states have at most while sequences are scored.</summary>
    /// <param name="sequences">As for <see cref="Score"/>.</param>
    /// <returns>What to reserve in the model's budget.</returns>
    public long StateBytes(IReadOnlyList<int[]> sequences) => _reader.StateBytes(sequences);

    /// <summary>−ln softmax(logits)[target]; overwrites the logits.</summary>
    /// <param name="logits"><c>[vocabulary]</c>.</param>
    /// <param name="target">The token that came next.</param>
    /// <returns>The token's negative log-likelihood in nats.</returns>
    public static double NegativeLogLikelihood(Span<float> logits, int target)
    {
        float highest = TensorPrimitives.Max<float>(logits);
        double chosen = logits[target] - highest;
        TensorPrimitives.Subtract(logits, highest, logits);
        TensorPrimitives.Exp<float>(logits, logits);
        double sum = 0;
        foreach (float value in logits)
            sum += value;
        return Math.Log(sum) - chosen;
    }

    private double Sum(int[] sequence, int start, Span<float> rows)
    {
        double nats = 0;
        for (int i = 0; i < rows.Length / _reader.RowLength; i++)
        {
            int next = start + i + 1;
            if (next < sequence.Length)
                nats += NegativeLogLikelihood(rows.Slice(i * _reader.RowLength, _reader.RowLength), sequence[next]);
        }

        return nats;
    }
}
