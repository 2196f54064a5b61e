using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Generation.Constraints;

/// <summary>What all requests with grammars share that a tokenizer serves: its tokens as a trie, built on first use, and what is known of
/// each grammar. Thread-safe.</summary>
internal sealed class TokenizerGrammars
{
    private static readonly ConditionalWeakTable<Tokenizer, TokenizerGrammars> All = [];

    // Known as long as the grammar, or the trigger, lives.
    private readonly ConditionalWeakTable<Grammar, TokenConstraint> _constraints = [];
    private readonly ConditionalWeakTable<GrammarTrigger, ConditionalWeakTable<Grammar, TriggerAutomaton>> _triggers = [];
    private readonly TokenTrie _trie;

    private TokenizerGrammars(Tokenizer tokenizer)
    {
        _trie = new TokenTrie(tokenizer);
        Forced = new ForcedTokens(tokenizer, _trie);
    }

    /// <summary>The tokens of forced text.</summary>
    public ForcedTokens Forced { get; }

    public static TokenizerGrammars Of(Tokenizer tokenizer) =>
        All.GetValue(tokenizer, static tokenizer => new TokenizerGrammars(tokenizer));

    public TokenConstraint Constraint(Grammar grammar) =>
        _constraints.GetValue(grammar, grammar => new TokenConstraint(grammar, _trie, endTokens: []));

    public TriggerAutomaton Trigger(Grammar grammar, GrammarTrigger trigger) =>
        _triggers.GetOrCreateValue(trigger).GetValue(grammar, grammar => new TriggerAutomaton(Constraint(grammar), _trie, trigger));
}
