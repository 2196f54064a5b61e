using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.Rules;

namespace RetNet.Extensions.Core.Grammars;

/// <summary>
/// The automaton of a grammar as far as texts have come: a state is the set of all readings of the text so far, and each state has a row
/// that gives for a byte the next state. There is no dead end: from each state some text leads to the grammar's end. Not thread-safe.
/// </summary>
internal sealed class ParseTable
{
    /// <summary>The state of a text that the grammar does not allow.</summary>
    public const int Dead = -1;

    private const int Unknown = 0;

    // Of a row, of a state without its configurations, of a configuration, and of a stack with what it begins with.
    private const int BytesOfRow = 1_048, BytesOfState = 180, BytesOfConfiguration = 8, BytesOfStack = 120;

    // The row of a state that no text has gone on from.
    private static readonly int[] Unexplored = new int[256];

    private readonly ExpressionPool _pool = new();
    private readonly StackTable _stacks;
    private readonly PlainReach _plainReach;
    private readonly Dictionary<int, List<int>> _statesByHash = [];
    private readonly List<State> _states = [];
    private readonly List<Configuration> _found = [];
    private readonly int _expressionsAtStart;
    private int[][] _rows = new int[64][];
    private int _rowCount;
    private int _configurationCount;
    private bool _foundEnd;

    public ParseTable(Symbol start)
    {
        _stacks = new StackTable(_pool);
        _plainReach = new PlainReach(_pool);
        // State 0 is none, so that 0 in a row means unknown.
        _states.Add(new State([], ByteSet.All, false));
        Begin(_stacks.Push(start, 0));
        StartState = Intern();
        _expressionsAtStart = _pool.Count;
    }

    public int StartState { get; }

    /// <summary>Whether the table has grown so far that texts should go on in a new one.</summary>
    public bool IsFull => _rowCount > GrammarLimits.ParseStates || _states.Count > 4 * GrammarLimits.ParseStates
        || _pool.Count - _expressionsAtStart > GrammarLimits.Expressions / 2
        || _stacks.Count > 4 * GrammarLimits.ParseStates || _configurationCount > GrammarLimits.ConfigurationsOfTable;

    /// <summary>About the bytes that it holds.</summary>
    public long ByteSize => _pool.ByteSize + ((long)BytesOfRow * _rowCount) + ((long)BytesOfState * _states.Count)
        + ((long)BytesOfConfiguration * _configurationCount) + ((long)BytesOfStack * _stacks.Count);

    /// <summary>Whether the text may end in a state.</summary>
    public bool MayEnd(int state) => _states[state].MayEnd;

    /// <summary>Begins a mask or another step whose work is limited (<see cref="GrammarLimits.Work"/>).</summary>
    /// <param name="text">The text that it is done for.</param>
    public void BeginWork(TextWork text) => _pool.BeginWork(text);

    /// <summary>The state after one more byte, or <see cref="Dead"/>.</summary>
    /// <exception cref="GrammarException">The grammar is too complex here.</exception>
    public int Next(int state, byte next)
    {
        int known = _rows[state][next];
        return known != Unknown ? known : Step(state, next);
    }

    /// <summary>Whether no byte may follow.</summary>
    /// <exception cref="GrammarException">The grammar is too complex here.</exception>
    public bool IsFinished(int state)
    {
        if (_states[state].Configurations.Length == 0 || !MayEnd(state))
            return _states[state].Configurations.Length == 0;
        // What is left of a terminal may be the empty text without being the expression of it.
        ByteSet boundaries = _states[state].Boundaries;
        for (int first = 0; first < 256; first = boundaries.NextFrom(first + 1))
        {
            if (Next(state, (byte)first) != Dead)
                return false;
        }

        return true;
    }

    /// <summary>How many plain characters may follow a state, whichever they are.</summary>
    public int PlainReach(int state)
    {
        int most = 0;
        foreach (Configuration configuration in _states[state].Configurations)
            most = Math.Max(most, _plainReach.Of(configuration.Left));
        return most;
    }

    /// <summary>The only byte that may follow a state, or -1 where there are several or the text may end.</summary>
    public int ForcedByte(int state)
    {
        if (MayEnd(state))
            return -1;
        ByteSet boundaries = _states[state].Boundaries;
        int forced = -1;
        for (int first = 0, end; first < 256; first = end)
        {
            end = boundaries.NextFrom(first + 1);
            if (Next(state, (byte)first) == Dead)
                continue;
            if (forced >= 0 || end - first > 1)
                return -1;
            forced = first;
        }

        return forced;
    }

    /// <summary>A state of another table as one of this table.</summary>
    public int Import(ParseTable other, int state)
    {
        int known = _pool.Count;
        ExpressionImport import = new(other._pool, _pool);
        State source = other._states[state];
        Clear();
        foreach ((Expression left, int stack) in source.Configurations)
            _found.Add(new Configuration(import.Copy(left), _stacks.Import(other._stacks, stack)));
        _foundEnd = source.MayEnd;
        _pool.Work((_pool.Count - known) / GrammarLimits.StepsOfWork);
        return Intern();
    }

    private int Step(int state, byte next)
    {
        State from = _states[state];
        _pool.Work(from.Configurations.Length / GrammarLimits.StepsOfWork);
        Clear();
        foreach ((Expression left, int stack) in from.Configurations)
        {
            Expression rest = _pool.Derivative(left, next);
            if (rest == _pool.Nothing || _pool.IsEmpty(rest))
                continue;
            if (rest != _pool.Empty)
                _found.Add(new Configuration(rest, stack));
            if (_pool.IsNullable(rest))
                Begin(stack);
        }

        int after = _found.Count == 0 && !_foundEnd ? Dead : Intern();
        int first = from.Boundaries.LastUpTo(next), end = from.Boundaries.NextFrom(next + 1);
        Row(state).AsSpan(first, end - first).Fill(after);
        return after;
    }

    private int[] Row(int state)
    {
        if (_rows[state] == Unexplored)
        {
            if (++_rowCount > GrammarLimits.ParseStatesOfMask)
                throw new GrammarException("", "the grammar is too complex: one mask needs too many states");
            _rows[state] = new int[256];
        }

        return _rows[state];
    }

    private void Clear()
    {
        _found.Clear();
        _foundEnd = false;
    }

    private void Begin(int stack)
    {
        Beginnings beginnings = _stacks.Begin(stack);
        _pool.Work(beginnings.Configurations.Length);
        _found.AddRange(beginnings.Configurations);
        _foundEnd |= beginnings.MayEnd;
    }

    /// <summary>The state whose configurations are in <see cref="_found"/>; those with the same stack become one.</summary>
    private int Intern()
    {
        if (_found.Count > 1)
            Join();
        if (_found.Count > GrammarLimits.Configurations)
            throw new GrammarException("", "the grammar is too ambiguous: too many readings of one text");
        HashCode code = default;
        code.Add(_foundEnd);
        ByteSet boundaries = default;
        foreach (Configuration configuration in _found)
        {
            code.Add(configuration);
            boundaries |= _pool.Boundaries(configuration.Left);
        }

        Span<Configuration> found = CollectionsMarshal.AsSpan(_found);
        ref List<int>? same = ref CollectionsMarshal.GetValueRefOrAddDefault(_statesByHash, code.ToHashCode(), out _);
        foreach (int state in same ??= [])
        {
            if (_states[state].MayEnd == _foundEnd && found.SequenceEqual(_states[state].Configurations))
                return state;
        }

        int added = _states.Count;
        same.Add(added);
        _states.Add(new State([.. _found], boundaries, _foundEnd));
        _configurationCount += _found.Count;
        if (added >= _rows.Length)
            Array.Resize(ref _rows, 2 * added);
        _rows[added] = Unexplored;
        return added;
    }

    private void Join()
    {
        _found.Sort((left, right) =>
            left.Stack != right.Stack ? left.Stack.CompareTo(right.Stack) : left.Left.Id.CompareTo(right.Left.Id));
        int kept = 0;
        for (int i = 1; i < _found.Count; i++)
        {
            if (_found[i].Stack == _found[kept].Stack)
                _found[kept] = _found[kept] with { Left = _pool.Or(_found[kept].Left, _found[i].Left) };
            else
                _found[++kept] = _found[i];
        }

        CollectionsMarshal.SetCount(_found, kept + 1);
    }

    private readonly record struct State(Configuration[] Configurations, ByteSet Boundaries, bool MayEnd);
}
