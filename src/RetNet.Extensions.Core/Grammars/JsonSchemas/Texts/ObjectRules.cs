using System.Numerics;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.Rules;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas.Texts;

/// <summary>
/// The rules for objects of one plan: one for each state. Known names come in the plan's order and other names after them, or all in any
/// order; a state that cannot be brought to an end has no rule.
/// </summary>
internal sealed class ObjectRules
{
    private const int MostNeeded = 20_000;

    private readonly SchemaRules _rules;
    private readonly ObjectPlan _plan;
    private readonly Terminal _open, _close, _closeEmpty, _comma;
    private readonly StateRules<State> _states;
    private readonly Dictionary<(int Name, bool IsFirst), Terminal> _names = [];
    private readonly int[] _requiredFrom, _possibleFrom;
    private readonly IReadOnlyList<OtherNames> _others;
    private readonly bool _hasOthers;

    // What is needed of the names after a place to meet obligations, with the same names written.
    private readonly Dictionary<(int Name, int Obligations), long> _needed = [];
    private BigInteger _written;

    public ObjectRules(SchemaRules rules, ObjectPlan plan)
    {
        _rules = rules;
        _plan = plan;
        _open = rules.Syntax.Terminal(rules.Syntax.OpenObject);
        _close = rules.Syntax.Terminal(rules.Syntax.CloseObject);
        _closeEmpty = rules.Syntax.Terminal(rules.Pool.Literal("}"));
        _comma = rules.Syntax.Terminal(rules.Syntax.Comma);
        _states = new StateRules<State>("object", rules, Unfold);
        _requiredFrom = new int[plan.Names.Count + 1];
        _possibleFrom = new int[plan.Names.Count + 1];
        for (int i = plan.Names.Count - 1; i >= 0; i--)
        {
            _requiredFrom[i] = _requiredFrom[i + 1] + (plan.Names[i].IsRequired ? 1 : 0);
            _possibleFrom[i] = _possibleFrom[i + 1] + (rules.HasValue(plan.Names[i].Value) ? 1 : 0);
        }

        _others = rules.IsOnlyNamed && plan.NamesMembers && !plan.SpeaksOfOthers && CanDoWithoutOthers ? [] : plan.Others;
        _hasOthers = _others.Any(others => rules.HasValue(others.Value));
    }

    private bool CanDoWithoutOthers => _plan.AllObligations == 0
        && _plan.Minimum <= (_plan.Needs is null ? _possibleFrom[0] : _requiredFrom[0]);

    /// <summary>A whole object.</summary>
    public Symbol[] Object => [_open, At(new State(0, 0, 0, _plan.AllObligations))];

    private Rule At(State state)
    {
        // Without an upper bound, objects with enough members are alike.
        if (_plan.Maximum == ObjectShape.Unbounded)
            state = state with { Count = Math.Min(state.Count, Math.Max(_plan.Minimum, 1)) };
        return _states.At(state);
    }

    private IEnumerable<Symbol[]> Unfold(State state)
    {
        if (_rules.IsAnyOrder)
        {
            // Many names may follow a comma: it is read once for all.
            State afterComma = state with { IsAfterComma = true };
            if (state.Count == 0 || state.IsAfterComma)
            {
                foreach (Symbol[] member in MembersInAnyOrder(state))
                    yield return member;
            }
            else if (MembersInAnyOrder(afterComma).Any())
            {
                yield return [_comma, At(afterComma)];
            }
        }
        else if (state.Next < _plan.Names.Count)
        {
            State next = state with { Next = state.Next + 1 };
            State withName = next with { Written = state.Written | (BigInteger.One << state.Next & (_plan.Needs?.Concerned ?? 0)) };
            foreach (Symbol[] member in Members(state, state.Next, withName))
                yield return member;
            if (!_plan.Names[state.Next].IsRequired && CanFinish(next))
                yield return [At(next)];
            yield break;
        }
        else
        {
            foreach (Symbol[] member in OtherMembers(state))
                yield return member;
        }

        if (!state.IsAfterComma && state.Count >= _plan.Minimum && state.Left == 0 && RequiredLeft(state) == 0)
            yield return [state.Count == 0 ? _closeEmpty : _close];
    }

    private IEnumerable<Symbol[]> MembersInAnyOrder(State state)
    {
        State next = state with { IsAfterComma = false };
        for (int i = 0; i < _plan.Names.Count; i++)
        {
            if (!state.HasWritten(i))
            {
                foreach (Symbol[] member in Members(state, i, next with { Written = state.Written | BigInteger.One << i }))
                    yield return member;
            }
        }

        foreach (Symbol[] member in OtherMembers(state))
            yield return member;
    }

    private IEnumerable<Symbol[]> Members(State state, int name, State next)
    {
        PlannedName planned = _plan.Names[name];
        foreach ((Symbol value, State after) in Values(planned.Value, planned.Met, next))
        {
            if (!_names.TryGetValue((name, state.HasNoComma), out Terminal? terminal))
                _names.Add((name, state.HasNoComma), terminal = Name(_rules.Text(planned.Name), state.HasNoComma));
            yield return [terminal, value, At(after)];
        }
    }

    private IEnumerable<Symbol[]> OtherMembers(State state)
    {
        foreach (OtherNames others in _others)
        {
            foreach ((Symbol value, State next) in Values(others.Value, others.Met, state with { IsAfterComma = false }))
                yield return [Name(_rules.Syntax.Quoted(_rules.Space.Strings.ContentOf(others.Names)), state.HasNoComma), value, At(next)];
        }
    }

    /// <summary>The values of one more member, with the obligations that each meets.</summary>
    private IEnumerable<(Symbol Value, State Next)> Values(Shape value, int met, State state)
    {
        foreach (int meets in ObjectPlan.SubsetsOf(met & state.Left))
        {
            State next = state with { Count = state.Count + 1, Left = state.Left & ~meets };
            Shape meeting = _plan.Meeting(value, meets);
            if (_rules.HasValue(meeting) && CanFinish(next))
                yield return (_rules.ValueOf(meeting), next);
        }
    }

    private Terminal Name(Expression quoted, bool isFirst) => _rules.Syntax.Terminal(isFirst
        ? _rules.Pool.Sequence(quoted, _rules.Syntax.Colon)
        : _rules.Pool.Sequence(_rules.Syntax.Comma, quoted, _rules.Syntax.Colon));

    private bool CanFinish(State state)
    {
        long needed = state.Left == 0 ? RequiredLeft(state) : Needed(state);
        return state.Count + needed <= _plan.Maximum && (_hasOthers || state.Count + PossibleLeft(state) >= _plan.Minimum);
    }

    private long Needed(State state)
    {
        if (_written != state.Written || _needed.Count > MostNeeded)
            _needed.Clear();
        _written = state.Written;
        return _plan.Needed(state.Next, state.Left, _rules.HasValue, _needed, _written);
    }

    private long RequiredLeft(State state) =>
        (_rules.IsAnyOrder ? _requiredFrom[0] - (long)BigInteger.PopCount(state.Written & _plan.Required) : _requiredFrom[state.Next])
            + NeededLeft(state);

    // Names that those which are written need; more than any maximum where one cannot come any more.
    private long NeededLeft(State state)
    {
        if (_plan.Needs is not { } needs)
            return 0;
        BigInteger left = needs.With(state.Written) & ~state.Written & ~_plan.Required;
        long count = 0;
        for (int i = 0; i < _plan.Names.Count; i++)
        {
            if ((left >> i).IsEven)
                continue;
            if (!_rules.HasValue(_plan.Names[i].Value) || (!_rules.IsAnyOrder && i < state.Next))
                return (long)int.MaxValue + 1;
            count++;
        }

        return count;
    }

    private int PossibleLeft(State state) => _rules.IsAnyOrder
        ? _possibleFrom[0] - (int)BigInteger.PopCount(state.Written)
        : _possibleFrom[state.Next];

    /// <summary>Where the writing of an object stands.</summary>
    /// <param name="Next">The first known name that may still come, where they come in order.</param>
    /// <param name="Written">The known names that are written, where they come in any order, or which others may need: a bit for
    /// each.</param>
    /// <param name="Count">Members written, as far as it matters.</param>
    /// <param name="Left">Obligations still to be met: a bit for each.</param>
    /// <param name="IsAfterComma">Whether the comma before the next member is written, where they come in any order.</param>
    private readonly record struct State(int Next, BigInteger Written, int Count, int Left, bool IsAfterComma = false)
    {
        /// <summary>Whether the next member's name comes without a comma before it.</summary>
        public bool HasNoComma => IsAfterComma || Count == 0;

        public bool HasWritten(int name) => !(Written >> name).IsEven;
    }
}
