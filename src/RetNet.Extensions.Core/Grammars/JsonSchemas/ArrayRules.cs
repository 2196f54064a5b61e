using RetNet.Extensions.Core.Grammars.Rules;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>The rules for arrays of one plan: one for each state.</summary>
internal sealed class ArrayRules(SchemaRules rules, ArrayPlan plan)
{
    private readonly Terminal _open = rules.Syntax.Terminal(rules.Syntax.OpenArray);
    private readonly Terminal _close = rules.Syntax.Terminal(rules.Syntax.CloseArray);
    private readonly Terminal _closeEmpty = rules.Syntax.Terminal(rules.Pool.Literal("]"));
    private readonly Terminal _comma = rules.Syntax.Terminal(rules.Syntax.Comma);
    private readonly Dictionary<(ArrayState State, bool IsFirst), Rule> _states = [];

    /// <summary>A whole array.</summary>
    public Symbol[] Array => [_open, After(plan.Start, isFirst: true)];

    private Rule After(ArrayState state, bool isFirst)
    {
        if (!_states.TryGetValue((state, isFirst), out Rule? rule))
            _states.Add((state, isFirst), rule = new Rule("array", rules.Pool, () => [.. Unfold(state, isFirst)]));
        return rule;
    }

    private IEnumerable<Symbol[]> Unfold(ArrayState state, bool isFirst)
    {
        if (plan.MayEnd(state))
            yield return [isFirst ? _closeEmpty : _close];
        foreach ((Shape item, ArrayState next) in plan.Steps(state))
        {
            if (!rules.HasValue(item))
                continue;
            foreach ((Symbol value, ArrayState after) in Items(item, next))
            {
                if (plan.CanFinish(after, rules.HasValue))
                    yield return isFirst ? [value, After(after, false)] : [_comma, value, After(after, false)];
            }
        }
    }

    private IEnumerable<(Symbol, ArrayState)> Items(Shape item, ArrayState next)
    {
        if (!plan.IsUnique)
            return [(rules.ValueOf(item), next)];
        return plan.ValuesOf(item).Where(value => !next.HasUsed(value.Number)).Select(value =>
            ((Symbol)rules.Syntax.Terminal(rules.Scalars(value.Value.Strings, value.Value.Numbers, value.Value.Literals)),
            next.Using(value.Number)));
    }
}
