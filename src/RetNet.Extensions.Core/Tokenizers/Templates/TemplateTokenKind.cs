namespace RetNet.Extensions.Core.Tokenizers.Templates;

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
