using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>Parses the statements of a template. An unknown statement is refused by name.</summary>
internal sealed class TemplateParser
{
    private readonly TokenReader _tokens;
    private readonly ExpressionParser _expressions;

    private TemplateParser(TokenReader tokens)
    {
        _tokens = tokens;
        _expressions = new ExpressionParser(tokens);
    }

    public static IReadOnlyList<Statement> Parse(TokenReader tokens)
    {
        List<Statement> body = new TemplateParser(tokens).ParseBody();
        if (tokens.Current.Kind != TemplateTokenKind.End)
            throw tokens.Unexpected("no open statement to end");
        return body;
    }

    /// <summary>Statements up to the end or to a tag whose name begins with "end", "else" or "elif", which is left standing.</summary>
    private List<Statement> ParseBody()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new TemplateFailure("statements are nested too deeply");
        List<Statement> body = new();
        while (true)
        {
            TemplateToken token = _tokens.Current;
            switch (token.Kind)
            {
                case TemplateTokenKind.End:
                    return body;
                case TemplateTokenKind.Text:
                    _tokens.Next();
                    body.Add(new TextStatement(token.Position, MarkedText.Trusted(token.Value)));
                    break;
                case TemplateTokenKind.OutputBegin:
                    _tokens.Next();
                    body.Add(new OutputStatement(token.Position, _expressions.ParseTuple()));
                    _tokens.Expect(TemplateTokenKind.OutputEnd, "}}");
                    break;
                default:
                    string name = _tokens.Peek.Value;
                    if (name.StartsWith("end", StringComparison.Ordinal) || name is "else" or "elif")
                        return body;
                    _tokens.Next();
                    body.Add(ParseStatement(token.Position));
                    break;
            }
        }
    }

    private Statement ParseStatement(int position)
    {
        string name = _tokens.ExpectName();
        switch (name)
        {
            case "if":
                return ParseIf(position);
            case "for":
                return ParseFor(position);
            case "set":
                return ParseSet(position);
            case "macro":
                return ParseMacro(position);
            case "filter":
                Expression filtered = _expressions.ParseFilters(new NameExpression(position, FilterStatement.BodyName));
                EndTag();
                return new FilterStatement(position, filtered, ParseBlock("endfilter"));
            case "generation":
                EndTag();
                return new BlockStatement(position, ParseBlock("endgeneration"));
            case "break":
                EndTag();
                return new BreakStatement(position);
            case "continue":
                EndTag();
                return new ContinueStatement(position);
            default:
                throw new TemplateFailure($"the statement \"{name}\" is not supported");
        }
    }

    private void EndTag() => _tokens.Expect(TemplateTokenKind.StatementEnd, "%}");

    private List<Statement> ParseBlock(string end)
    {
        List<Statement> body = ParseBody();
        BeginTag(end);
        EndTag();
        return body;
    }

    private void BeginTag(string name)
    {
        if (_tokens.Current.Kind != TemplateTokenKind.StatementBegin || !_tokens.Peek.Is(name))
            throw _tokens.Unexpected($"{{% {name} %}}");
        _tokens.Next();
        _tokens.Next();
    }

    private bool AtTag(string name) => _tokens.Current.Kind == TemplateTokenKind.StatementBegin && _tokens.Peek.Is(name);

    private IfStatement ParseIf(int position)
    {
        List<(Expression Condition, IReadOnlyList<Statement> Body)> branches = new();
        do
        {
            if (branches.Count > 0)
                BeginTag("elif");
            Expression condition = _expressions.ParseTuple();
            EndTag();
            branches.Add((condition, ParseBody()));
        }
        while (AtTag("elif"));
        List<Statement> otherwise = ParseElse();
        BeginTag("endif");
        EndTag();
        return new IfStatement(position, branches, otherwise);
    }

    private List<Statement> ParseElse()
    {
        if (!AtTag("else"))
            return [];
        BeginTag("else");
        EndTag();
        return ParseBody();
    }

    private ForStatement ParseFor(int position)
    {
        List<string> targets = ParseTargets();
        _tokens.Expect("in");
        Expression items = _expressions.ParseWithoutCondition();
        Expression? filter = _tokens.Accept("if") ? _expressions.Parse() : null;
        if (_tokens.Current.Is("recursive"))
            throw new TemplateFailure("a recursive loop is not supported");
        EndTag();
        List<Statement> body = ParseBody();
        List<Statement> otherwise = ParseElse();
        BeginTag("endfor");
        EndTag();
        return new ForStatement(position, targets, items, filter, body, otherwise);
    }

    private List<string> ParseTargets()
    {
        bool parenthesised = _tokens.Accept("(");
        List<string> targets = new() { _tokens.ExpectName() };
        while (_tokens.Accept(","))
            targets.Add(_tokens.ExpectName());
        if (parenthesised)
            _tokens.Expect(")");
        return targets;
    }

    private Statement ParseSet(int position)
    {
        List<string> names = ParseTargets();
        string? owner = null;
        if (names.Count == 1 && _tokens.Accept("."))
        {
            owner = names[0];
            names = [_tokens.ExpectName()];
        }

        if (_tokens.Accept("="))
        {
            Expression value = _expressions.ParseTuple();
            EndTag();
            return new SetStatement(position, owner, names, value);
        }

        if (owner is not null || names.Count > 1)
            throw _tokens.Unexpected("=");
        EndTag();
        return new SetBlockStatement(position, names[0], ParseBlock("endset"));
    }

    private MacroStatement ParseMacro(int position)
    {
        string name = _tokens.ExpectName();
        List<(string Name, Expression? Default)> parameters = new();
        _tokens.Expect("(");
        while (!_tokens.Accept(")"))
        {
            if (parameters.Count > 0)
                _tokens.Expect(",");
            string parameter = _tokens.ExpectName();
            parameters.Add((parameter, _tokens.Accept("=") ? _expressions.Parse() : null));
        }

        EndTag();
        return new MacroStatement(position, name, parameters, ParseBlock("endmacro"));
    }
}
