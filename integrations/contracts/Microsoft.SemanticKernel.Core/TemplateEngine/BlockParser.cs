using System.Text;

namespace Microsoft.SemanticKernel.TemplateEngine;

/// <summary>Parses what stands between braces: a variable, a value, or a function call with its arguments.</summary>
internal sealed class BlockParser
{
    private readonly string _code;
    private int _position;

    private BlockParser(string code) => _code = code;

    public static Block Parse(string code)
    {
        var parser = new BlockParser(code);
        var block = code[0] is '$' or '"' or '\'' ? parser.ReadValue() : parser.ReadFunction();
        if (parser._position < code.Length)
            throw new KernelException($"Invalid token detected after the value: {code}");
        return block;
    }

    private FunctionBlock ReadFunction()
    {
        string identifier = ReadUntil(char.IsWhiteSpace);
        if (identifier.Contains('='))
            throw new KernelException("Unexpected named argument found. Expected function name first.");
        string[] parts = identifier.Split('.');
        if (parts.Length > 2)
            throw new KernelException($"Invalid function name `{identifier}`. A function name can contain at most one dot separating the plugin name from the function name");
        if (!parts.All(IsName))
            throw new KernelException($"The function identifier `{identifier}` is not valid.");

        Block? positional = null;
        var named = new List<(string, Block)>();
        while (SkipSpace())
        {
            if (_code[_position] is not ('$' or '"' or '\''))
                named.Add(ReadNamedArgument());
            else if (positional is null && named.Count == 0)
                positional = ReadValue();
            else
                throw new KernelException("Functions only support named arguments after the first argument.");
        }

        return new FunctionBlock(parts.Length == 2 ? parts[0] : string.Empty, parts[^1], positional, named);
    }

    private (string Name, Block Value) ReadNamedArgument()
    {
        string name = ReadUntil(c => c == '=' || char.IsWhiteSpace(c));
        SkipSpace();
        if (name.Length == 0 || !IsName(name) || _position == _code.Length || _code[_position] != '=')
            throw new KernelException("A function named argument must contain a name and value separated by a '=' character.");
        _position++;
        SkipSpace();
        if (_position == _code.Length || _code[_position] is not ('$' or '"' or '\''))
            throw new KernelException("Named argument values need to be prefixed with a quote or $.");
        return (name, ReadValue());
    }

    private Block ReadValue() => _code[_position] == '$' ? ReadVariable() : ReadQuoted();

    private VariableBlock ReadVariable()
    {
        _position++;
        string name = ReadUntil(char.IsWhiteSpace);
        if (name.Length == 0)
            throw new KernelException("The variable name is empty");
        if (!IsName(name))
            throw new KernelException($"The variable name '{name}' contains invalid characters. Only alphanumeric chars and underscore are allowed.");
        return new VariableBlock(name);
    }

    private ValueBlock ReadQuoted()
    {
        var value = new StringBuilder();
        char quote = _code[_position];
        for (_position++; _position < _code.Length && _code[_position] != quote; _position++)
        {
            bool isEscape = _code[_position] == '\\' && _position + 1 < _code.Length && _code[_position + 1] is '"' or '\'' or '\\';
            if (isEscape)
                _position++;
            value.Append(_code[_position]);
        }

        if (_position == _code.Length)
            throw new KernelException("A value must have single quotes or double quotes on both sides");
        _position++;
        if (_position < _code.Length && !char.IsWhiteSpace(_code[_position]))
            throw new KernelException("Tokens must be separated by one space least");
        return new ValueBlock(value.ToString());
    }

    private string ReadUntil(Func<char, bool> isEnd)
    {
        int start = _position;
        while (_position < _code.Length && !isEnd(_code[_position]))
            _position++;
        return _code[start.._position];
    }

    /// <returns>False at the end of the block.</returns>
    private bool SkipSpace()
    {
        while (_position < _code.Length && char.IsWhiteSpace(_code[_position]))
            _position++;
        return _position < _code.Length;
    }

    private static bool IsName(string text) => text.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');
}
