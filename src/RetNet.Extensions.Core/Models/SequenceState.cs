using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Formats;

namespace RetNet.Extensions.Core.Models;

/// <summary>All that a model remembers of one sequence: a value that can be forked, saved and restored.</summary>
/// <remarks>One forward at a time may use a state. Disposing it meanwhile is safe: the memory is released when the forward ends. On a
/// device other than the CPU a state that is not disposed keeps its memory there as long as the model lives.</remarks>
public abstract class SequenceState : IDisposable
{
    private const int Busy = 1;
    private const int Disposed = 2;
    private const int Broken = 4;

    private int _flags;
    private long _position;

    /// <summary>Creates the base of a state.</summary>
    /// <param name="model">The model that the state belongs to.</param>
    /// <param name="options">How the sequence remembers.</param>
    /// <exception cref="ArgumentException">The format of the options is not defined, or the model does not hold their adapter.</exception>
    protected SequenceState(LanguageModel model, StateOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.CheckFormat();
        (Model, Options) = (model, options);
        AdapterIndex = options.Adapter is null ? -1 : model.Info.IndexOfAdapter(options.Adapter);
    }

    /// <summary>The model that created the state.</summary>
    public LanguageModel Model { get; }

    /// <summary>How the state keeps its numbers, see <see cref="StateOptions.Format"/>.</summary>
    public StateFormat Format => Options.Format;

    /// <summary>The number of tokens that the sequence has seen; the position of its next token.</summary>
    public long Position
    {
        get => Volatile.Read(ref _position);
        protected set => Volatile.Write(ref _position, value);
    }

    /// <summary>Bytes of memory that the state holds at present.</summary>
    public abstract long ByteSize { get; }

    /// <summary>As <see cref="ByteSize"/>, but without memory that a brief state has not needed yet.</summary>
    internal virtual long HeldBytes => ByteSize;

    /// <summary>True when <see cref="Dispose()"/> was called; a running forward looks at it between layers.</summary>
    public bool IsDisposed => (Volatile.Read(ref _flags) & Disposed) != 0;

    /// <summary>How the sequence remembers.</summary>
    public StateOptions Options { get; }

    /// <summary>The index of the sequence's adapter among <see cref="ModelInfo.Adapters"/>; −1 for none.</summary>
    internal int AdapterIndex { get; }

    /// <summary>False when the state is in use, was disposed, or was left half-way by a forward that failed.</summary>
    internal bool IsUsable => Volatile.Read(ref _flags) == 0;

    /// <summary>Whether a state that is restored may have more rows than the policy keeps after a cut.</summary>
    private protected bool IsBetweenCuts { get; private set; }

    /// <summary>Copies the state: both sequences go on from here independently.</summary>
    /// <returns>A new state at the same position, owned by the caller.</returns>
    public SequenceState Fork()
    {
        using Use use = BeginUse();
        SequenceState copy = ForkCore();
        copy.Position = Position;
        return copy;
    }

    /// <summary>As <see cref="Fork"/>, where a copy is no necessity.</summary>
    /// <returns>The copy; null if there is no memory for it, or the state was disposed.</returns>
    internal SequenceState? TryFork()
    {
        try
        {
            return Fork();
        }
        catch (Exception exception) when (exception is ObjectDisposedException || DeviceMemoryException.IsLackOfMemory(exception))
        {
            return null;
        }
    }

    /// <summary>Replaces another state of the same model by a copy of this one, without new memory where the family can.</summary>
    /// <param name="copy">The state to replace; null, or of another family's kind: a new one takes its place.</param>
    internal void CopyTo(ref SequenceState? copy)
    {
        if (copy is not null)
        {
            using Use source = BeginUse();
            using Use target = copy.BeginUse();
            if (TryCopyCore(copy))
            {
                copy.Position = Position;
                return;
            }
        }

        copy?.Dispose();
        copy = null;
        copy = Fork();
    }

    /// <summary>Writes the state, with the fingerprint of its model and a checksum; <see cref="LanguageModel.RestoreState"/> reads it
    /// back.</summary>
    /// <param name="stream">The target; little-endian, independent of the engine that computes the model.</param>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using Use use = BeginUse();
        SavedState.Write(stream, writer =>
        {
            StateHeader.Write(writer, Model.Info, Options, Position);
            SaveCore(writer);
        });
    }

    /// <summary>Releases the state's memory, as soon as no forward uses it.</summary>
    public void Dispose()
    {
        int before = Interlocked.Or(ref _flags, Disposed);
        if ((before & (Disposed | Busy)) == 0)
            ReleaseMemory();
        GC.SuppressFinalize(this);
    }

    /// <summary>How many tokens of an input make one step, after which a policy cuts the state.</summary>
    /// <param name="inputTokens">The tokens of the whole input.</param>
    /// <returns>A number of tokens, at least 1.</returns>
    protected internal virtual int StepLength(int inputTokens) => inputTokens;

    /// <summary>The number of first tokens after which the state is the same, apart from rounding, whether they were read as one input or
    /// one by one: as long as no policy has dropped rows.</summary>
    internal virtual long UncutTokens => long.MaxValue;

    /// <summary>Whether the state after fewer tokens is a part of this one, so that <see cref="ReturnTo"/> finds it again: as long as
    /// nothing is dropped or summed up, whatever comes.</summary>
    internal virtual bool CanReturn => false;

    /// <summary>A number of the rotary frequencies that the tokens of an input have: equal numbers, equal frequencies.</summary>
    /// <param name="length">The tokens of the sequence at the input's end.</param>
    internal virtual long FrequenciesAt(long length) => 0;

    /// <summary>Whether a sequence that grows is to be read again from its beginning, because all of it has other rotary frequencies
    /// then.</summary>
    /// <param name="from">Its tokens so far.</param>
    /// <param name="to">Its tokens with the next input.</param>
    internal virtual bool IsReadAgain(long from, long to) => false;

    /// <summary>How many tokens of an input one block takes at most.</summary>
    /// <param name="inputTokens">The tokens of the whole input.</param>
    /// <returns>A number of tokens, at least 1.</returns>
    protected internal virtual int BlockLength(int inputTokens) => Model.BlockRows;

    /// <summary>The ends of the step and of the block that contain a token of an input.</summary>
    /// <param name="inputTokens">The tokens of the whole input.</param>
    /// <param name="token">The token, from 0.</param>
    /// <returns>Numbers of tokens from the start of the input.</returns>
    public (int Step, int Block) EndsAfter(int inputTokens, int token)
    {
        int step = StepLength(inputTokens);
        int block = BlockLength(inputTokens);
        int stepStart = token / step * step;
        int stepEnd = (int)Math.Min(inputTokens, (long)stepStart + step);
        int blockStart = stepStart + ((token - stepStart) / block * block);
        return (stepEnd, (int)Math.Min(stepEnd, (long)blockStart + block));
    }

    /// <summary>
    /// The last place in an input, at or before a wanted one, where the input can be divided between two forwards with the same result: bit
    /// for bit on the CPU, apart from rounding on another device. It is the start of a block, unless a family knows more such places.
    /// </summary>
    /// <param name="inputTokens">The tokens of the whole input.</param>
    /// <param name="wanted">How many of them the first forward should take.</param>
    /// <returns>A number of tokens from the start of the input; 0 where there is no such place.</returns>
    protected internal virtual int SplitAt(int inputTokens, int wanted)
    {
        int step = StepLength(inputTokens);
        int block = BlockLength(inputTokens);
        return (wanted / step * step) + (wanted % step / block * block);
    }

    /// <summary>The end of the next forward of an input that should take about a given number of tokens.</summary>
    /// <param name="inputTokens">The tokens of the whole input.</param>
    /// <param name="done">How many of them earlier forwards took.</param>
    /// <param name="wanted">How many the next should take; it takes more where the input cannot be divided so early.</param>
    internal int PieceEnd(int inputTokens, int done, int wanted)
    {
        if (inputTokens - done <= wanted)
            return inputTokens;
        int end = SplitAt(inputTokens, done + wanted);
        return end > done ? end : EndsAfter(inputTokens, done).Block;
    }

    /// <summary>Fills a fresh state with what was saved.</summary>
    /// <param name="reader">The content behind the header.</param>
    /// <param name="format">The format of the saved values.</param>
    /// <param name="position">The saved position.</param>
    /// <param name="isBetweenCuts">Whether more rows may be restored than the policy keeps.</param>
    /// <exception cref="InvalidDataException">The content does not fit this state.</exception>
    internal void Load(BinaryReader reader, StateFormat format, long position, bool isBetweenCuts)
    {
        (Position, IsBetweenCuts) = (position, isBetweenCuts);
        LoadCore(reader, format);
        if (reader.BaseStream.Length - reader.BaseStream.Position is not 0 and long rest)
            throw new InvalidDataException($"The saved state has {rest} bytes behind its content; expected none.");
    }

    /// <summary>Makes the state the one after its first tokens, if it <see cref="CanReturn"/>.</summary>
    /// <param name="position">How many tokens.</param>
    internal void ReturnTo(long position)
    {
        using Use use = BeginUse();
        ReturnCore(position);
        Position = position;
    }

    /// <summary>Locks the state for one forward.</summary>
    internal void BeginForward() => BeginUse();

    /// <summary>A forward changes the state from here on; <see cref="Advance"/> says that it succeeded.</summary>
    internal void MarkBroken() => Interlocked.Or(ref _flags, Broken);

    /// <summary>Says that the last tokens of a draft were not seen, before <see cref="Advance"/>.</summary>
    internal void Withdraw(int tokens) => Position -= tokens;

    internal void Advance(int tokens)
    {
        Position += tokens;
        Interlocked.And(ref _flags, ~Broken);
    }

    internal void EndForward() => EndUse();

    /// <summary>Copies the memory into a new state.</summary>
    /// <returns>The copy; the caller sets its position.</returns>
    protected abstract SequenceState ForkCore();

    /// <summary>Copies the memory into an existing state, if that has the same size.</summary>
    /// <param name="copy">A state of the same model.</param>
    /// <returns>False if nothing was copied.</returns>
    private protected virtual bool TryCopyCore(SequenceState copy) => false;

    /// <summary>Forgets what came after the first tokens.</summary>
    /// <param name="position">How many tokens.</param>
    private protected virtual void ReturnCore(long position) => throw new NotSupportedException();

    /// <summary>Writes what is remembered, after a header with the model's shape and the position.</summary>
    /// <param name="writer">The writer.</param>
    protected abstract void SaveCore(BinaryWriter writer);

    /// <summary>Reads what <see cref="SaveCore"/> wrote into a fresh state.</summary>
    /// <param name="reader">The reader.</param>
    /// <param name="saved">The format of the saved values; the state keeps them in its own.</param>
    /// <exception cref="InvalidDataException">The data does not fit this state.</exception>
    protected abstract void LoadCore(BinaryReader reader, StateFormat saved);

    /// <summary>Releases the memory. Called once.</summary>
    protected abstract void ReleaseMemory();

    private protected Use BeginUse()
    {
        int before = Interlocked.CompareExchange(ref _flags, Busy, 0);
        if (before == 0)
            return new Use(this);
        ObjectDisposedException.ThrowIf((before & Disposed) != 0, this);
        throw new InvalidOperationException((before & Busy) != 0
            ? "The state is in use by another forward; a state serves one forward at a time."
            : "A forward that failed or was cancelled left the state incomplete; create or restore another one.");
    }

    private void EndUse()
    {
        int after = Interlocked.And(ref _flags, ~Busy) & ~Busy;
        if ((after & Disposed) != 0)
            ReleaseMemory();
    }

    /// <summary>The sole use of a state.</summary>
    private protected readonly ref struct Use(SequenceState state)
    {
        public void Dispose() => state.EndUse();
    }
}
