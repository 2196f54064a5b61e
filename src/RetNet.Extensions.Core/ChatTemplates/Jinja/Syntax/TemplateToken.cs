namespace RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;

/// <summary>A lexical element of a template.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Value">Its text; of a string, the characters it stands for.</param>
/// <param name="Position">Where it begins in the template.</param>
internal readonly record struct TemplateToken(TemplateTokenKind Kind, string Value, int Position)
{
    public bool Is(string operatorOrName) => Kind is TemplateTokenKind.Operator or TemplateTokenKind.Name && Value == operatorOrName;

    public override string ToString() => Kind switch
    {
        TemplateTokenKind.End => "the end of the template",
        TemplateTokenKind.String => $"the string '{Value}'",
        TemplateTokenKind.Text => "text",
        _ => $"\"{Value}\"",
    };
}

internal enum TemplateTokenKind
{
    Text,
    OutputBegin,
    OutputEnd,
    StatementBegin,
    StatementEnd,
    Name,
    String,
    Integer,
    Float,
    Operator,
    End,
}
