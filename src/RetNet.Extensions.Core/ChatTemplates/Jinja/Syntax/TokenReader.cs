namespace RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;

/// <summary>Walks over the tokens of a template.</summary>
internal sealed class TokenReader(IReadOnlyList<TemplateToken> tokens)
{
    private int _index;

    public TemplateToken Current => tokens[_index];

    /// <summary>The token after the current one.</summary>
    public TemplateToken Peek => tokens[Math.Min(_index + 1, tokens.Count - 1)];

    /// <summary>The number of tokens before the current one.</summary>
    public int Index => _index;

    /// <summary>Whether a name occurs from an index up to the current token.</summary>
    public bool Names(string name, int from)
    {
        for (int i = from; i < _index; i++)
        {
            if (tokens[i].Kind == TemplateTokenKind.Name && tokens[i].Value == name)
                return true;
        }

        return false;
    }

    public TemplateToken Next()
    {
        TemplateToken token = tokens[_index];
        if (_index < tokens.Count - 1)
            _index++;
        return token;
    }

    public bool Accept(string operatorOrName)
    {
        if (!Current.Is(operatorOrName))
            return false;
        Next();
        return true;
    }

    public void Expect(string operatorOrName)
    {
        if (!Accept(operatorOrName))
            throw Unexpected($"\"{operatorOrName}\"");
    }

    public void Expect(TemplateTokenKind kind, string description)
    {
        if (Current.Kind != kind)
            throw Unexpected(description);
        Next();
    }

    public string ExpectName() => Current.Kind == TemplateTokenKind.Name ? Next().Value : throw Unexpected("a name");

    public TemplateFailure Unexpected(string expected) => new($"found {Current}, expected {expected}");
}
