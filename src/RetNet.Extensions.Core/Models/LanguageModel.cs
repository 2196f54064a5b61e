using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Kernels.Threads;

namespace RetNet.Extensions.Core.Models;

/// <summary>A decoder language model: tokens and states in, logits out.</summary>
/// <remarks>
/// <para>
/// A model holds weights only; all that a sequence remembers is in its <see cref="SequenceState"/>. Concurrent calls of
/// <see cref="Forward(in ForwardBatch, Span{float})"/> are safe as long as they work on different states.
/// </para>
/// <para>Disposing a model while a forward runs makes that forward end with an <see cref="ObjectDisposedException"/>; the
/// memory is released once nothing uses it any more.</para>
/// </remarks>
public abstract class LanguageModel : IDisposable
{
    /// <summary>Rows of a block, and of a wave, at most, unless an engine or a state asks for others.</summary>
    internal const int DefaultBlockRows = 256;

    private readonly UsageGate _gate;
    private long _scoringBytes;

    /// <summary>Creates the base of a model.</summary>
    protected LanguageModel() => _gate = new UsageGate(Release);

    /// <summary>True when <see cref="Dispose"/> was called.</summary>
    internal bool IsDisposed => _gate.IsClosed;

    /// <summary>A checkpoint that is disposed with the model, after what <see cref="ReleaseWeights"/> releases.</summary>
    internal IDisposable? Checkpoint { get; set; }

    /// <summary>Bytes of scratch memory: of forwards, and outputs and unreserved states of sequences that are embedded or scored.</summary>
    internal long WorkspaceBytes => ForwardBytes + Volatile.Read(ref _scoringBytes);

    /// <summary>Bytes of the scratch memory of forwards: what running ones use, and what is kept for later ones for some seconds.</summary>
    private protected virtual long ForwardBytes => 0;

    /// <summary>Facts about the model: architecture, sizes, weight format.</summary>
    public abstract ModelInfo Info { get; }

    /// <summary>Creates the state of a new, empty sequence.</summary>
    /// <param name="options">How the sequence remembers; null for the defaults.</param>
    /// <returns>A state at position 0. Dispose it to release its memory.</returns>
    /// <exception cref="ArgumentException">An option does not fit this model.</exception>
    public SequenceState CreateState(StateOptions? options = null)
    {
        using (_gate.Enter(this))
            return CreateStateCore(options ?? StateOptions.Default);
    }

    /// <summary>Creates the state of a sequence that is read and then forgotten; it may do without memory where a forward says so, see
    /// <see cref="SequenceInput.EndsSequence"/>.</summary>
    /// <inheritdoc cref="CreateState"/>
    internal SequenceState CreateBriefState(StateOptions options)
    {
        using (_gate.Enter(this))
            return CreateBriefStateCore(options);
    }

    /// <summary>The most memory that a state takes up to a number of tokens: what a budget for states counts with.</summary>
    /// <param name="options">How the sequence remembers; null for the defaults.</param>
    /// <param name="tokens">The tokens that the sequence has seen at the end, including the prompt; 0 or more.</param>
    /// <returns>
    /// Bytes; <see cref="SequenceState.ByteSize"/> never exceeds them, whatever the pieces in which the tokens are fed. A bounded policy's
    /// rows count with the longest piece between two cuts: with <see cref="StateOptions.PromptChunk"/> unset that may be <see
    /// cref="StateOptions.WholePromptLimit"/>
    /// tokens, so set it where memory is scarce.
    /// </returns>
    /// <exception cref="ArgumentException">An option does not fit this model.</exception>
    public long StateBytes(StateOptions? options, long tokens)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        options ??= StateOptions.Default;
        Info.IndexOfAdapter(options.Adapter);
        return StateBytesCore(options, tokens);
    }

    /// <summary>Reads a state that <see cref="SequenceState.Save"/> wrote for the same model.</summary>
    /// <param name="stream">The stream, at the first byte that <see cref="SequenceState.Save"/> wrote.</param>
    /// <param name="options">The options that the state was created with; null for the defaults. In another
    /// <see cref="StateOptions.Format"/> than the saved state's the values are widened or rounded to it.</param>
    /// <returns>The state, at the position where it was saved.</returns>
    /// <remarks>The checksum, and that the state is one of this model (<see cref="ModelInfo.Fingerprint"/>), are checked before memory is
    /// reserved for a state. Meanwhile the saved state is held in memory once more.</remarks>
    /// <exception cref="InvalidDataException">The stream does not hold a state of this model, or of this version of the format, or is
    /// damaged.</exception>
    public SequenceState RestoreState(Stream stream, StateOptions? options = null) => Restore(stream, options, isBetweenCuts: false);

    /// <summary>As <see cref="RestoreState"/>.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="options">The options; null for the defaults.</param>
    /// <param name="isBetweenCuts">Whether a policy may cut the state only after tokens that follow, so that it has more rows than the
    /// policy keeps.</param>
    internal SequenceState Restore(Stream stream, StateOptions? options, bool isBetweenCuts)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using (_gate.Enter(this))
        {
            options ??= StateOptions.Default;
            using SavedState saved = SavedState.Read(stream);
            try
            {
                (StateFormat format, long position) = StateHeader.Read(saved.Reader, Info, options);
                return Restore(saved.Reader, format, position, options, isBetweenCuts);
            }
            catch (EndOfStreamException exception)
            {
                throw new InvalidDataException("The saved state is truncated: its content ends too early.", exception);
            }
            catch (FormatException exception)
            {
                throw new InvalidDataException("The saved state is damaged: a name of its model has no readable length.", exception);
            }
        }
    }

    /// <summary>Feeds tokens to several sequences at once and computes what the batch asks for.</summary>
    /// <param name="batch">The sequences, each with one or more new tokens.</param>
    /// <param name="output">
    /// Where the result goes, see <see cref="ForwardBatch.Output"/>: <c>[sequences × vocabulary]</c>, <c>[tokens × vocabulary]</c>
    /// or <c>[tokens × width]</c>.
    /// </param>
    /// <remarks>
    /// Rows of all sequences go through one matrix product; retention or attention runs per sequence. What a sequence gets does
    /// not depend on the others in the batch: bit for bit on the CPU, up to rounding on another device. A long input is computed in blocks;
    /// cancellation is observed between them. A forward that is cancelled or fails half-way leaves the states of the batch unusable: they
    /// throw when used again.
    /// </remarks>
    /// <exception cref="ArgumentException">A token is outside the vocabulary, a state belongs to another model, or
    /// <paramref name="output"/> is too short.</exception>
    /// <exception cref="NotSupportedException">The batch asks for logits, and the model has no head
    /// (<see cref="ModelInfo.HasHead"/>).</exception>
    /// <exception cref="InvalidOperationException">A state is in use by another forward or twice in the batch, or was left by a failed
    /// forward.</exception>
    /// <exception cref="ObjectDisposedException">The model or a state was disposed before the call, or the model or all states during
    /// it.</exception>
    /// <exception cref="OperationCanceledException">The batch's token was cancelled.</exception>
    public void Forward(in ForwardBatch batch, Span<float> output)
    {
        Check(batch, output);
        Run(batch, output, [], []);
    }

    /// <summary>Feeds tokens to one sequence and computes the logits after the last of them.</summary>
    /// <param name="state">The sequence.</param>
    /// <param name="tokens">Its next tokens, at least one.</param>
    /// <param name="logits">Receives <c>[vocabulary]</c> logits.</param>
    /// <param name="cancellationToken">Observed between blocks of a long input.</param>
    public void Forward(SequenceState state, ReadOnlySpan<int> tokens, Span<float> logits, CancellationToken cancellationToken = default)
    {
        SequenceInput input = new(state, tokens.Length);
        Forward(new ForwardBatch(new ReadOnlySpan<SequenceInput>(in input), tokens, ForwardOutput.LastLogits, cancellationToken), logits);
    }

    /// <summary>The most rows that are computed together, unless a block of one sequence has more.</summary>
    public virtual int BlockRows => DefaultBlockRows;

    /// <summary>Whether the model chooses tokens itself, where its logits are: see <see cref="ForwardAndChoose"/>.</summary>
    protected internal virtual bool ChoosesTokens => false;

    /// <summary>What a token of a draft costs beside the first one, as a part of a forward of one token; null where no input may be a
    /// draft, see <see cref="SequenceInput.IsDraft"/>.</summary>
    internal virtual float? DraftCost => null;

    /// <summary>Feeds tokens to several sequences and chooses the next token of each, for a model that
    /// <see cref="ChoosesTokens"/>.</summary>
    /// <param name="batch">The sequences; their output is not asked for.</param>
    /// <param name="samplers">Each sequence's sampler; null if its input continues, so that no token is chosen.</param>
    /// <param name="tokens">Receives a token for each sequence with a sampler; negative where its largest logit is NaN or +∞.</param>
    internal void ForwardAndChoose(in ForwardBatch batch, ReadOnlySpan<Sampler?> samplers, Span<int> tokens)
    {
        RequireHead();
        CheckInputs(batch);
        Run(batch, [], samplers, tokens);
    }

    /// <summary>Releases the weights, as soon as no forward uses them.</summary>
    public void Dispose()
    {
        _gate.Close();
        GC.SuppressFinalize(this);
    }

    /// <summary>
    /// Ends a forward if its model, or all of its states, were disposed meanwhile; called between layers. As long as one state is left, the
    /// forward goes on.
    /// </summary>
    /// <param name="batch">The batch that is computed.</param>
    /// <exception cref="ObjectDisposedException">The model, or all states, were disposed.</exception>
    protected void ThrowIfDisposed(in ForwardBatch batch)
    {
        ObjectDisposedException.ThrowIf(_gate.IsClosed, this);
        foreach (SequenceInput input in batch.Sequences)
        {
            if (!input.State.IsDisposed)
                return;
        }

        ObjectDisposedException.ThrowIf(true, batch.Sequences[0].State);
    }

    /// <summary>Creates an empty state.</summary>
    /// <param name="options">How the sequence remembers.</param>
    /// <returns>The state.</returns>
    protected abstract SequenceState CreateStateCore(StateOptions options);

    /// <summary>The most bytes that a state holds up to a number of tokens.</summary>
    /// <param name="options">How the sequence remembers.</param>
    /// <param name="tokens">0 or more.</param>
    /// <returns>Bytes.</returns>
    protected abstract long StateBytesCore(StateOptions options, long tokens);

    /// <summary>Computes a checked batch whose states are locked by the caller.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="output">Long enough for the batch's output.</param>
    protected abstract void ForwardCore(in ForwardBatch batch, Span<float> output);

    /// <summary>Makes room for a checked batch before anything changes, so that the states stay usable if this fails.</summary>
    /// <param name="batch">The batch.</param>
    protected virtual void Reserve(in ForwardBatch batch)
    {
    }

    /// <summary>Computes a checked batch whose states are locked by the caller, and chooses tokens.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="samplers">Each sequence's sampler; null if its input continues.</param>
    /// <param name="tokens">Receives a token for each sequence with a sampler; negative where its largest logit is NaN or +∞.</param>
    protected virtual void ForwardAndChooseCore(in ForwardBatch batch, ReadOnlySpan<Sampler?> samplers, Span<int> tokens) =>
        throw new NotSupportedException($"{GetType().Name} cannot choose tokens itself; use a sampler.");

    /// <summary>Releases the weights. Called once, when nothing uses them any more.</summary>
    protected abstract void ReleaseWeights();

    /// <summary>The threads that <see cref="Share"/> uses: one where the model is computed on another device.</summary>
    internal int Workers => Pool?.Threads ?? 1;

    /// <summary>Bytes of the weights that a token's hidden states are computed with.</summary>
    internal virtual long HiddenWeightBytes => Info.WeightBytesPerToken;

    /// <summary>Spreads work over the model's threads. A forward inside it is computed on the thread that calls it.</summary>
    /// <param name="count">The number of parts.</param>
    /// <param name="body">Works on the parts from one index up to another.</param>
    internal void Share(int count, Action<int, int> body)
    {
        using UsageGate.Lease lease = _gate.Enter(this);
        if (Pool is null)
            body(0, count);
        else
            Pool.For(count, long.MaxValue, body);
    }

    /// <summary>Runs short forwards on the calling thread.</summary>
    internal void ComputeAlone(Action body)
    {
        using UsageGate.Lease lease = _gate.Enter(this);
        if (Pool is null)
            body();
        else
            Pool.Alone(body);
    }

    /// <summary>The threads of a model that is computed here.</summary>
    internal virtual WorkerPool? Pool => null;

    /// <summary>Creates an empty state, see <see cref="CreateBriefState"/>.</summary>
    private protected virtual SequenceState CreateBriefStateCore(StateOptions options) => CreateStateCore(options);

    /// <summary>The most bytes that a brief state takes while one forward reads a whole sequence.</summary>
    internal virtual long BriefStateBytes(StateOptions options, int tokens) => StateBytes(options, tokens);

    /// <summary>Counts memory of sequences that are embedded or scored.</summary>
    /// <param name="bytes">What was added; less than 0 for what was released.</param>
    internal void CountScoring(long bytes) => Interlocked.Add(ref _scoringBytes, bytes);

    /// <summary>Disposes a checkpoint whose tensors are read from files: the model has its own copy of them.</summary>
    internal void CloseCheckpoint()
    {
        Checkpoint?.Dispose();
        Checkpoint = null;
    }

    private SequenceState Restore(BinaryReader reader, StateFormat format, long position, StateOptions options, bool isBetweenCuts)
    {
        SequenceState state = CreateStateCore(options);
        try
        {
            state.Load(reader, format, position, isBetweenCuts);
            return state;
        }
        catch
        {
            state.Dispose();
            throw;
        }
    }

    private void Release()
    {
        ReleaseWeights();
        Checkpoint?.Dispose();
    }

    private void Run(in ForwardBatch batch, Span<float> output, ReadOnlySpan<Sampler?> samplers, Span<int> tokens)
    {
        batch.CancellationToken.ThrowIfCancellationRequested();
        using UsageGate.Lease lease = _gate.Enter(this);
        int entered = 0;
        try
        {
            for (; entered < batch.Sequences.Length; entered++)
                batch.Sequences[entered].State.BeginForward();
            Reserve(batch);
            foreach (SequenceInput input in batch.Sequences)
                input.State.MarkBroken();
            if (samplers.IsEmpty)
                ForwardCore(batch, output);
            else
                ForwardAndChooseCore(batch, samplers, tokens);
            foreach (SequenceInput input in batch.Sequences)
                input.State.Advance(input.Count);
        }
        finally
        {
            for (int i = 0; i < entered; i++)
                batch.Sequences[i].State.EndForward();
        }
    }

    private void RequireHead()
    {
        if (!Info.HasHead)
        {
            throw new NotSupportedException($"The model ({Info.Architecture}) has no head, so that it embeds texts and has no logits; "
                + $"expected {nameof(ForwardOutput)}.{nameof(ForwardOutput.AllHidden)}, or a checkpoint with lm_head.weight.");
        }
    }

    private void Check(in ForwardBatch batch, Span<float> output)
    {
        if (batch.Output != ForwardOutput.AllHidden)
            RequireHead();
        CheckInputs(batch);
        long needed = batch.Output switch
        {
            ForwardOutput.LastLogits => LogitRows(batch) * Info.VocabularySize,
            ForwardOutput.AllLogits => (long)batch.Tokens.Length * Info.VocabularySize,
            ForwardOutput.AllHidden => (long)batch.Tokens.Length * Info.Width,
            _ => throw new ArgumentException($"Unknown output {batch.Output}.", nameof(batch)),
        };
        if (!batch.Inputs.IsEmpty && batch.Inputs.Length != (long)batch.Tokens.Length * Info.Width)
        {
            throw new ArgumentException($"The batch has {batch.Inputs.Length} values of inputs; {batch.Tokens.Length} tokens need "
                + $"{Info.Width} each.", nameof(batch));
        }

        if (output.Length < needed)
            throw new ArgumentException($"The output has room for {output.Length} values; {batch.Output} needs {needed}.", nameof(output));
    }

    private static long LogitRows(in ForwardBatch batch)
    {
        long rows = 0;
        foreach (SequenceInput input in batch.Sequences)
            rows += input.LogitRows;
        return rows;
    }

    private void CheckInputs(in ForwardBatch batch)
    {
        if (batch.Sequences.IsEmpty)
            throw new ArgumentException("The batch has no sequence.", nameof(batch));
        long total = 0;
        foreach (SequenceInput input in batch.Sequences)
        {
            if (input.State is null || !ReferenceEquals(input.State.Model, this))
            {
                throw new ArgumentException(
                    "A state of the batch belongs to another model; states are created by the model that uses them.", nameof(batch));
            }

            if (input.Count < 1)
                throw new ArgumentException($"A sequence of the batch has {input.Count} tokens; at least one is needed.", nameof(batch));
            total += input.Count;
        }

        if (total != batch.Tokens.Length)
        {
            throw new ArgumentException($"The lengths of the sequences add up to {total} tokens; the batch has {batch.Tokens.Length}.",
                nameof(batch));
        }

        int vocabulary = Info.VocabularySize;
        foreach (int token in batch.Tokens)
        {
            if ((uint)token >= (uint)vocabulary)
                throw new ArgumentException($"Token {token} is outside the vocabulary of {vocabulary} tokens.", nameof(batch));
        }
    }
}
