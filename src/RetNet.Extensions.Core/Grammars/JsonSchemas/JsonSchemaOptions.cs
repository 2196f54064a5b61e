namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>How texts that satisfy a JSON schema are written.</summary>
public sealed class JsonSchemaOptions
{
    /// <summary>
    /// White space between the parts. With <see cref="JsonWhitespace.Any"/>, texts of other origin are judged: strings in every form that
    /// JSON has, and numbers too where the schema says no more than that they are numbers; others have no exponents (<c>1.0</c> is an
    /// integer, <c>1e2</c> is not).
    /// </summary>
    public JsonWhitespace Whitespace { get; init; }

    /// <summary>Whether an object's members come in any order; otherwise those that the schema names come in its order, and others after
    /// them.</summary>
    public bool AnyOrder { get; init; }

    /// <summary>Whether an object whose members the schema names has no others, which JSON Schema allows unless it is told not to. It has
    /// them where the schema speaks of them (<c>additionalProperties</c>, <c>patternProperties</c> and the like), or where no value
    /// satisfies the schema without them.</summary>
    public bool OnlyNamed { get; init; }
}
