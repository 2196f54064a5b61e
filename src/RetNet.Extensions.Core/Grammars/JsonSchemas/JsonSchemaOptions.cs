namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>How texts that satisfy a JSON schema are written.</summary>
public sealed class JsonSchemaOptions
{
    /// <summary>
    /// White space between the parts. With <see cref="JsonWhitespace.Any"/>, texts of other origin are judged: strings and numbers in every
    /// form that JSON has (<c>1.0</c> is an integer).
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
