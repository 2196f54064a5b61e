using RetNet.Extensions.Core.Grammars.Expressions;

namespace RetNet.Extensions.Core.Grammars.Rules;

/// <summary>
/// A part that is one of several sequences, which are worked out when a text first comes to it, and kept. A rule may stand for a state
/// ("an object of which two members are written"), so that a grammar may be infinite. Its maker sees to it that each rule has a text,
/// and that none begins with itself.
/// </summary>
/// <param name="name">For errors.</param>
/// <param name="pool">Locked while <paramref name="unfold"/> runs, which may add to it.</param>
/// <param name="unfold">Gives the alternatives; a sequence may be empty.</param>
internal sealed class Rule(string name, ExpressionPool pool, Func<IReadOnlyList<Symbol[]>> unfold) : Symbol
{
    private IReadOnlyList<Symbol[]>? _alternatives;

    /// <summary>A rule with given alternatives.</summary>
    public Rule(string name, ExpressionPool pool, IReadOnlyList<Symbol[]> alternatives)
        : this(name, pool, () => alternatives)
    {
    }

    public string Name { get; } = name;

    /// <summary>What its maker locks.</summary>
    public override ExpressionPool Pool { get; } = pool;

    /// <summary>A rule that has all texts of this one, and perhaps more: beside it this one adds nothing.</summary>
    public Rule? Wider { get; init; }

    /// <summary>The sequences, one of which the text has here. Thread-safe.</summary>
    public IReadOnlyList<Symbol[]> Alternatives
    {
        get
        {
            if (Volatile.Read(ref _alternatives) is { } known)
                return known;
            lock (Pool)
            {
                if (_alternatives is null)
                    Volatile.Write(ref _alternatives, unfold());
                return _alternatives!;
            }
        }
    }

    /// <summary>Lets go of the sequences, which are worked out anew when a text comes to them again; the caller locks the pool.</summary>
    public void Forget() => Volatile.Write(ref _alternatives, null);
}
