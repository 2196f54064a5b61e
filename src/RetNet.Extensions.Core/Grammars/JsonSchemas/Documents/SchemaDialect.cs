namespace RetNet.Extensions.Core.Grammars.JsonSchemas.Documents;

/// <summary>The drafts of JSON Schema, from the oldest to the newest.</summary>
internal enum SchemaDialect
{
    Draft4,

    Draft6,

    Draft7,

    Draft2019,

    Draft2020,

    /// <summary>No <c>$schema</c>, or an unknown one: the newest draft, and what older ones had in its place.</summary>
    Unspecified,
}
