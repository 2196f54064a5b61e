using RetNet.Extensions.Core.Grammars.Rules;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas.Texts;

/// <summary>
/// The rules for the states of one plan's arrays or objects, each made when a text comes to it. When there are many, all are forgotten with
/// what they lead to: of texts that still stand in one, some states are then told apart that are alike.
/// </summary>
/// <param name="name">For errors.</param>
/// <param name="rules">The grammar's rules.</param>
/// <param name="unfold">The alternatives of a state.</param>
internal sealed class StateRules<TState>(string name, SchemaRules rules, Func<TState, IEnumerable<Symbol[]>> unfold)
    where TState : notnull
{
    private const int MostStates = 10_000;

    private readonly Dictionary<TState, Rule> _known = [];

    public Rule At(TState state)
    {
        if (_known.TryGetValue(state, out Rule? known))
            return known;
        if (_known.Count >= MostStates)
        {
            foreach (Rule old in _known.Values)
                old.Forget();
            _known.Clear();
        }

        Rule rule = new(name, rules.Pool, () =>
        {
            rules.Space.BeginWork();
            return [.. unfold(state)];
        });
        _known.Add(state, rule);
        return rule;
    }
}
