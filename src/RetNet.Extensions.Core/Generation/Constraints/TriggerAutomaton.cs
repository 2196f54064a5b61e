using System.Text;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Generation.Constraints;

/// <summary>Finds the texts and sequences of tokens that begin a grammar in the bytes of a free text, whatever tokens texts come in.
/// Thread-safe.</summary>
/// <remarks>The automaton of Aho and Corasick (1975): its states are the beginnings of the texts, the longest one that the free text ends
/// with. Behind them come the states of a passage at the beginning in which nothing begins the grammar, and of its opening.</remarks>
internal sealed class TriggerAutomaton
{
    /// <summary>The state of a text whose beginning was none of the triggers, where only a beginning counts.</summary>
    public const int Never = -1;

    /// <summary>The state of an empty text, which no passage may precede any more.</summary>
    public const int Start = 0;

    private const int Bytes = 256;

    private readonly TokenConstraint _constraint;
    private readonly TokenTrie _vocabulary;
    private readonly GrammarTrigger _trigger;

    // _next[state * 256 + byte]; a state that completes a trigger has a mark instead of successors.
    private readonly List<int> _next = [];
    private readonly List<bool> _isComplete = [];
    private readonly ulong[]?[] _allowed;

    // The states within the passage: how much of its closing text was read.
    private readonly int _firstInside;
    private readonly int _endInside;

    public TriggerAutomaton(TokenConstraint constraint, TokenTrie vocabulary, GrammarTrigger trigger)
    {
        (_constraint, _vocabulary, _trigger) = (constraint, vocabulary, trigger);
        AddState();
        foreach (string text in trigger.Texts)
            AddText(Encoding.UTF8.GetBytes(text));
        foreach (IReadOnlyList<int> sequence in trigger.TokenSequences)
            AddText([.. sequence.SelectMany(BytesOf)]);
        AddOtherTransitions();
        if (trigger.Skipped is { } skipped)
        {
            _firstInside = AddInside(skipped.Close);
            _endInside = _isComplete.Count;
            Beginning = AddOpening(skipped.Open);
        }

        _allowed = new ulong[]?[_isComplete.Count];
    }

    /// <summary>The state of an answer before its first token.</summary>
    public int Beginning { get; } = Start;

    /// <summary>Reads a token of the free text.</summary>
    /// <param name="state">The state before it; receives the state after it.</param>
    /// <param name="token">The token.</param>
    /// <param name="rest">Receives the bytes of the token that belong to the grammar already.</param>
    /// <returns>Whether the grammar begins.</returns>
    public bool Read(ref int state, int token, out ReadOnlySpan<byte> rest)
    {
        rest = default;
        if (state == Never)
            return false;
        bool isInside = state >= _firstInside && state < _endInside;
        if (!isInside && (!_trigger.OnlyAtStart || state == Start || state == Beginning))
        {
            for (int i = 0; i < _trigger.Tokens.Count; i++)
            {
                if (_trigger.Tokens[i] == token)
                    return true;
            }
        }

        ReadOnlySpan<byte> bytes = _vocabulary.Bytes(token);
        for (int i = 0; i < bytes.Length && state != Never; i++)
        {
            state = Next(state, bytes[i]);
            if (state != Never && _isComplete[state])
            {
                rest = bytes[(i + 1)..];
                return true;
            }
        }

        return false;
    }

    /// <summary>The tokens that may follow a free text, a bit each: all but those that complete a trigger and go on as the grammar does not
    /// allow.</summary>
    /// <param name="state">The state of the text.</param>
    /// <param name="work">What is worked out for the text.</param>
    /// <returns>Empty where all tokens may follow.</returns>
    public ReadOnlySpan<ulong> Allowed(int state, TextWork work) =>
        state == Never ? [] : Volatile.Read(ref _allowed[state]) ?? (_allowed[state] = FindAllowed(state, work));

    private static bool IsSpace(byte value) => value is (byte)' ' or >= 9 and <= 13;

    private int Next(int state, byte value)
    {
        int next = _next[(state * Bytes) + value];
        return state == Start && next == Never && IsSpace(value) ? Start : next;
    }

    private ulong[] FindAllowed(int state, TextWork work)
    {
        int vocabulary = _vocabulary.VocabularySize;
        ulong[] allowed = new ulong[(vocabulary + 63) / 64];
        bool removes = false;
        for (int token = 0; token < vocabulary; token++)
        {
            int after = state;
            bool mayFollow = !Read(ref after, token, out ReadOnlySpan<byte> rest) || rest.IsEmpty
                || _constraint.MayBeginWith(rest, work);
            removes |= !mayFollow;
            if (mayFollow)
                allowed[token / 64] |= 1ul << (token % 64);
        }

        return removes ? allowed : [];
    }

    private byte[] BytesOf(int token) => _vocabulary.Bytes(token) is { IsEmpty: false } bytes
        ? bytes.ToArray()
        : throw new ArgumentException(
            $"{nameof(GrammarTrigger)}.{nameof(GrammarTrigger.TokenSequences)} has the token {token}, which the tokenizer has not.");

    private void AddText(ReadOnlySpan<byte> text)
    {
        int state = Start;
        foreach (byte value in text)
        {
            if (_isComplete[state])
                return;
            int next = _next[(state * Bytes) + value];
            if (next == Never)
                _next[(state * Bytes) + value] = next = AddState();
            state = next;
        }

        _isComplete[state] = true;
    }

    private int AddState()
    {
        for (int value = 0; value < Bytes; value++)
            _next.Add(Never);
        _isComplete.Add(false);
        return _isComplete.Count - 1;
    }

    // Where no text goes on, the longest proper end that begins a text does. Breadth first, so that shorter beginnings are known.
    private void AddOtherTransitions()
    {
        if (_trigger.OnlyAtStart)
            return;
        Queue<(int State, int ShorterEnd)> states = new([(Start, Never)]);
        while (states.TryDequeue(out (int State, int ShorterEnd) entry))
        {
            for (int value = 0; value < Bytes; value++)
            {
                int otherwise = entry.ShorterEnd == Never ? Start : _next[(entry.ShorterEnd * Bytes) + value];
                int place = (entry.State * Bytes) + value;
                if (_next[place] == Never)
                {
                    _next[place] = otherwise;
                }
                else
                {
                    _isComplete[_next[place]] |= _isComplete[otherwise];
                    states.Enqueue((_next[place], otherwise));
                }
            }
        }
    }

    // As in the algorithm of Knuth, Morris and Pratt (1977): a state is the longest beginning of the closing text that was read last.
    private int AddInside(byte[] close)
    {
        int first = _isComplete.Count;
        for (int known = 0; known < close.Length; known++)
        {
            AddState();
            for (int value = 0; value < Bytes; value++)
            {
                byte[] read = [.. close.AsSpan(0, known), (byte)value];
                int length = read.Length;
                while (!close.AsSpan().StartsWith(read.AsSpan(read.Length - length)))
                    length--;
                _next[((first + known) * Bytes) + value] = length == close.Length ? Start : first + length;
            }
        }

        return first;
    }

    // While all that was read may still be the opening text, a state is also that of the triggers, which may begin alike.
    private int AddOpening(byte[] open)
    {
        if (open.Length == 0)
            return _firstInside;
        Dictionary<(int State, int Known), int> added = new() { [(Start, 0)] = AddState() };
        Queue<(int State, int Known)> states = new(added.Keys);
        while (states.TryDequeue(out (int State, int Known) entry))
        {
            for (int value = 0; value < Bytes; value++)
            {
                int next = entry.State == Never ? Never : Next(entry.State, (byte)value);
                bool goesOn = value == open[entry.Known];
                if (!(next != Never && _isComplete[next]) && (goesOn || (entry.Known == 0 && IsSpace((byte)value))))
                    next = goesOn && entry.Known + 1 == open.Length ? _firstInside : Add((next, goesOn ? entry.Known + 1 : 0));
                _next[(added[entry] * Bytes) + value] = next;
            }
        }

        return added[(Start, 0)];

        int Add((int State, int Known) pair)
        {
            if (!added.TryGetValue(pair, out int state))
            {
                added[pair] = state = AddState();
                states.Enqueue(pair);
            }

            return state;
        }
    }
}
