using RetNet.Extensions.Core.Grammars.Rules;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas.Texts;

/// <summary>The rules for arrays of one plan: one for each state.</summary>
internal sealed class ArrayRules
{
    private readonly SchemaRules _rules;
    private readonly ArrayPlan _plan;
    private readonly Terminal _open, _close, _closeEmpty, _comma;
    private readonly StateRules<(ArrayState Array, bool IsFirst)> _states;

    public ArrayRules(SchemaRules rules, ArrayPlan plan)
    {
        _rules = rules;
        _plan = plan;
        _open = rules.Syntax.Terminal(rules.Syntax.OpenArray);
        _close = rules.Syntax.Terminal(rules.Syntax.CloseArray);
        _closeEmpty = rules.Syntax.Terminal(rules.Pool.Literal("]"));
        _comma = rules.Syntax.Terminal(rules.Syntax.Comma);
        _states = new StateRules<(ArrayState Array, bool IsFirst)>("array", rules, state => Unfold(state.Array, state.IsFirst));
    }

    /// <summary>A whole array.</summary>
    public Symbol[] Array => [_open, _states.At((_plan.Start, IsFirst: true))];

    private IEnumerable<Symbol[]> Unfold(ArrayState state, bool isFirst)
    {
        if (_plan.MayEnd(state))
            yield return [isFirst ? _closeEmpty : _close];
        foreach ((Shape item, ArrayState next) in _plan.Steps(state))
        {
            if (!_rules.HasValue(item))
                continue;
            foreach ((Symbol value, ArrayState after) in Items(item, next))
            {
                if (!_plan.CanFinish(after, _rules.HasValue))
                    continue;
                Rule rest = _states.At((after, IsFirst: false));
                yield return isFirst ? [value, rest] : [_comma, value, rest];
            }
        }
    }

    private IEnumerable<(Symbol, ArrayState)> Items(Shape item, ArrayState next)
    {
        if (!_plan.IsUnique)
            return [(_rules.ValueOf(item), next)];
        return _plan.ValuesOf(item).Where(value => !next.HasUsed(value.Number)).Select(value =>
            ((Symbol)_rules.Syntax.Terminal(_rules.Scalars(value.Value.Strings, value.Value.Numbers, value.Value.Literals)),
            next.Using(value.Number)));
    }
}
