using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.Rules;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Grammars.Gbnf;

/// <summary>
/// Written rules as symbols. A rule that leads to no recursive one is a regular language and becomes a terminal; the others stay rules.
/// Parts that have no text are left out, rules that begin with themselves are refused.
/// </summary>
internal sealed class GbnfReader
{
    private const string Root = "root";

    private readonly Dictionary<string, GbnfNode> _rules;
    private readonly GbnfFacts _facts;
    private readonly ExpressionPool _pool = new();
    private readonly TextExpressions _text;
    private readonly Dictionary<string, Symbol> _symbols = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Expression> _expressions = new(StringComparer.Ordinal);

    private GbnfReader(Dictionary<string, GbnfNode> rules)
    {
        _rules = rules;
        _facts = new GbnfFacts(rules);
        _text = new TextExpressions(_pool, TextForm.Plain);
    }

    /// <exception cref="GrammarException">The grammar is malformed, has no rule <c>root</c> or no text, names an unknown rule or token, is
    /// left recursive or too complex.</exception>
    public static Symbol Read(string grammar, Tokenizer? tokenizer)
    {
        Dictionary<string, GbnfNode> rules = GbnfParser.Parse(grammar, tokenizer);
        if (!rules.ContainsKey(Root))
            throw new GrammarException("", $"a grammar without a rule '{Root}'");
        GbnfReader reader = new(rules);
        if (!reader._facts.IsProductive(Root))
            throw new GrammarException($"rule '{Root}'", "no text is ever complete");
        return reader.SymbolOf(Root);
    }

    private Symbol SymbolOf(string name)
    {
        if (_symbols.TryGetValue(name, out Symbol? known))
            return known;
        Symbol symbol = _facts.IsRegular(name) ? new Terminal(_pool, ExpressionOf(name)) : Rule(name, _rules[name]);
        _symbols.Add(name, symbol);
        return symbol;
    }

    private Rule Rule(string name, GbnfNode body) => new(name, _pool, () =>
    {
        IReadOnlyList<GbnfNode> members = body is GbnfNode.Choice choice ? choice.Members : [body];
        return [.. members.Where(_facts.IsProductive).Select(member => Symbols(name, member))];
    });

    private Symbol[] Symbols(string name, GbnfNode node)
    {
        IReadOnlyList<GbnfNode> parts = node is GbnfNode.Sequence sequence ? sequence.Parts : [node];
        List<Symbol> symbols = [];
        List<Expression> pending = [];
        foreach (GbnfNode part in parts)
        {
            if (_facts.IsRegular(part))
            {
                pending.Add(ExpressionOf(part));
                continue;
            }

            Flush();
            symbols.Add(SymbolOf(name, part));
        }

        Flush();
        return [.. symbols];

        void Flush()
        {
            Expression text = _pool.Sequence(CollectionsMarshal.AsSpan(pending));
            if (text != _pool.Empty)
                symbols.Add(new Terminal(_pool, text));
            pending.Clear();
        }
    }

    private Symbol SymbolOf(string name, GbnfNode node)
    {
        Guard.Stack();
        switch (node)
        {
            case GbnfNode.Reference reference:
                return SymbolOf(reference.Name);
            case GbnfNode.Repeat repeat when _facts.IsProductive(repeat.Body):
                return Repetition.Of(name, _pool, SymbolOf(name, repeat.Body),
                    _facts.IsNullable(repeat.Body) ? 0 : repeat.Minimum, repeat.Maximum);
            case GbnfNode.Repeat:
                return new Rule(name, _pool, [[]]);
            default:
                return Rule(name, node);
        }
    }

    private Expression ExpressionOf(string name)
    {
        Guard.Stack();
        if (!_expressions.TryGetValue(name, out Expression expression))
            _expressions.Add(name, expression = ExpressionOf(_rules[name]));
        return expression;
    }

    private Expression ExpressionOf(GbnfNode node)
    {
        Guard.Stack();
        switch (node)
        {
            case GbnfNode.Character character:
                return _text.Class(character.Set);
            case GbnfNode.Literal literal:
                return _pool.Literal(literal.Text);
            case GbnfNode.Token token:
                return _pool.Literal(token.Bytes);
            case GbnfNode.Reference reference:
                return ExpressionOf(reference.Name);
            case GbnfNode.Sequence sequence:
                return _pool.Sequence([.. sequence.Parts.Select(ExpressionOf)]);
            case GbnfNode.Choice choice:
                return _pool.Or([.. choice.Members.Select(ExpressionOf)]);
            default:
                GbnfNode.Repeat repeat = (GbnfNode.Repeat)node;
                return _pool.Repeat(ExpressionOf(repeat.Body), repeat.Minimum, repeat.Maximum);
        }
    }
}
