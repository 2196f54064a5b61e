using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Generation.Constraints;

/// <summary>What all requests with grammars share that a tokenizer serves: its tokens as a trie, built on first use, and what is known of
/// each grammar. Thread-safe.</summary>
internal sealed class TokenizerGrammars
{
    // What is worked out of all grammars together.
    private const long MostBytes = 128 << 20;

    private static readonly ConditionalWeakTable<Tokenizer, TokenizerGrammars> All = [];

    // Known as long as the grammar, or the trigger, lives.
    private readonly ConditionalWeakTable<Grammar, TokenConstraint> _constraints = [];
    private readonly ConditionalWeakTable<GrammarTrigger, ConditionalWeakTable<Grammar, TriggerAutomaton>> _triggers = [];
    private readonly TokenTrie _trie;
    private readonly Lock _gate = new();

    private TokenizerGrammars(Tokenizer tokenizer)
    {
        _trie = new TokenTrie(tokenizer);
        Forced = new ForcedTokens(tokenizer, _trie);
    }

    /// <summary>The tokens of forced text.</summary>
    public ForcedTokens Forced { get; }

    public static TokenizerGrammars Of(Tokenizer tokenizer) =>
        All.GetValue(tokenizer, static tokenizer => new TokenizerGrammars(tokenizer));

    /// <summary>A grammar applied to the tokens.</summary>
    public TokenConstraint Constraint(Grammar grammar)
    {
        TokenConstraint constraint = _constraints.GetValue(grammar, grammar => new TokenConstraint(grammar, _trie, endTokens: []));
        LimitBytes(constraint);
        return constraint;
    }

    /// <summary>Forgets what was worked out of the grammars that were not used for the longest time, as far as all together are too
    /// large.</summary>
    /// <param name="constraint">The one in use, which keeps what it has.</param>
    public void LimitBytes(TokenConstraint constraint)
    {
        lock (_gate)
        {
            long bytes = _constraints.Sum(entry => entry.Value.HeldBytes);
            while (bytes > MostBytes && OldestOther(constraint) is { } oldest)
            {
                bytes -= oldest.HeldBytes;
                oldest.Forget();
            }
        }
    }

    public TriggerAutomaton Trigger(Grammar grammar, GrammarTrigger trigger) =>
        _triggers.GetOrCreateValue(trigger).GetValue(grammar, grammar => new TriggerAutomaton(Constraint(grammar), _trie, trigger));

    private TokenConstraint? OldestOther(TokenConstraint used) => _constraints.Select(entry => entry.Value)
        .Where(constraint => constraint != used && constraint.HeldBytes > 0).MinBy(constraint => constraint.LastUse);
}
