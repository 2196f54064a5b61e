using System.Runtime.CompilerServices;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;

/// <summary>Parses the statements of a template. An unknown statement is refused by name.</summary>
internal sealed class TemplateParser
{
    private readonly TokenReader _tokens;
    private readonly ExpressionParser _expressions;
    private int _loops;

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
            case "call":
                return ParseCall(position);
            case "with":
                return ParseWith(position);
            case "filter":
                Expression filtered = _expressions.ParseFilters(new NameExpression(position, FilterStatement.BodyName));
                EndTag();
                return new FilterStatement(position, filtered, ParseBlock("endfilter"));
            case "generation":
                EndTag();
                return new BlockStatement(position, ParseBlock("endgeneration"));
            case "break" or "continue" when _loops == 0:
                throw new TemplateFailure($"the statement \"{name}\" stands outside of a loop");
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

    private List<Statement> ParseOutsideLoops(string end)
    {
        (int around, _loops) = (_loops, 0);
        List<Statement> body = ParseBlock(end);
        _loops = around;
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
        Target target = ParseTarget();
        _tokens.Expect("in");
        Expression items = _expressions.ParseTuple(withCondition: false);
        Expression? filter = _tokens.Accept("if") ? _expressions.Parse() : null;
        bool isRecursive = _tokens.Accept("recursive");
        EndTag();
        _loops++;
        List<Statement> body = ParseBody();
        _loops--;
        List<Statement> otherwise = ParseElse();
        BeginTag("endfor");
        EndTag();
        return new ForStatement(position, target, items, filter, isRecursive, body, otherwise);
    }

    private Target ParseTarget()
    {
        Target first = ParseOneTarget();
        if (!_tokens.Current.Is(","))
            return first;
        List<Target> targets = [first];
        while (_tokens.Accept(",") && !_tokens.Current.Is("in") && !_tokens.Current.Is("=") && !_tokens.Current.Is(")"))
            targets.Add(ParseOneTarget());
        return new TupleTarget(targets);
    }

    private Target ParseOneTarget()
    {
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack())
            throw new TemplateFailure("the names are nested too deeply");
        if (!_tokens.Accept("("))
            return new NameTarget(_tokens.ExpectName());
        Target inner = ParseTarget();
        _tokens.Expect(")");
        return inner;
    }

    private Statement ParseSet(int position)
    {
        Target target = ParseTarget();
        if (target is NameTarget owner && _tokens.Accept("."))
            target = new MemberTarget(owner.Name, _tokens.ExpectName());
        if (_tokens.Accept("="))
        {
            Expression value = _expressions.ParseTuple();
            EndTag();
            return new SetStatement(position, target, value);
        }

        if (target is TupleTarget)
            throw _tokens.Unexpected("=");
        Expression body = new NameExpression(position, FilterStatement.BodyName);
        if (_tokens.Accept("|"))
            body = _expressions.ParseFilters(body);
        EndTag();
        return new SetBlockStatement(position, target, body, ParseBlock("endset"));
    }

    private WithStatement ParseWith(int position)
    {
        List<(Target Target, Expression Value)> values = [];
        while (_tokens.Current.Kind != TemplateTokenKind.StatementEnd)
        {
            if (values.Count > 0)
                _tokens.Expect(",");
            Target target = ParseOneTarget();
            _tokens.Expect("=");
            values.Add((target, _expressions.Parse()));
        }

        EndTag();
        return new WithStatement(position, values, ParseBlock("endwith"));
    }

    private CallStatement ParseCall(int position)
    {
        List<(string Name, Expression? Default)> parameters = _tokens.Current.Is("(") ? ParseParameters() : [];
        if (_expressions.Parse() is not CallExpression call)
            throw new TemplateFailure("the statement \"call\" needs a call of a macro");
        EndTag();
        int start = _tokens.Index;
        List<Statement> body = ParseOutsideLoops("endcall");
        return new CallStatement(position, call, new MacroStatement(position, MacroStatement.Caller, parameters, TakenMore(start), body));
    }

    private string[] TakenMore(int start) =>
        [.. new[] { MacroStatement.Positional, MacroStatement.Named, MacroStatement.Caller }.Where(name => _tokens.Names(name, start))];

    private MacroStatement ParseMacro(int position)
    {
        string name = _tokens.ExpectName();
        List<(string Name, Expression? Default)> parameters = ParseParameters();
        EndTag();
        int start = _tokens.Index;
        List<Statement> body = ParseOutsideLoops("endmacro");
        return new MacroStatement(position, name, parameters, TakenMore(start), body);
    }

    private List<(string Name, Expression? Default)> ParseParameters()
    {
        List<(string Name, Expression? Default)> parameters = new();
        _tokens.Expect("(");
        while (!_tokens.Accept(")"))
        {
            if (parameters.Count > 0)
                _tokens.Expect(",");
            string parameter = _tokens.ExpectName();
            parameters.Add((parameter, _tokens.Accept("=") ? _expressions.Parse() : null));
        }

        return parameters;
    }
}
