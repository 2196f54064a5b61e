using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>Names that a regular expression finds, or whose text a schema allows.</summary>
internal sealed class NamePattern
{
    private readonly SchemaNode _place;
    private readonly string? _pattern;
    private readonly SignedSchema _schema;
    private StringSet? _names;

    public NamePattern(SchemaNode place, string pattern)
    {
        _place = place;
        _pattern = pattern;
    }

    public NamePattern(SchemaNode place, SignedSchema schema)
    {
        _place = place;
        _schema = schema;
    }

    /// <summary>The names that are none of these, if a schema lists them; null if they are many.</summary>
    public IReadOnlySet<string>? FewOthers(StringAlgebra strings) => _pattern is null ? strings.Evaluate([_schema.Negated]).Texts : null;

    /// <summary>The names.</summary>
    /// <exception cref="GrammarException">The pattern is not supported.</exception>
    public StringSet Names(StringAlgebra strings)
    {
        try
        {
            return _names ??= _pattern is not null ? new StringSet(null, strings.Search(_pattern))
                : strings.Evaluate([_schema]);
        }
        catch (GrammarException exception) when (_pattern is not null)
        {
            throw _place.Refuse(exception);
        }
    }
}
