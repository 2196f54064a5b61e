namespace RetNet.Extensions.Core.Grammars.JsonSchemas;

/// <summary>White space between the parts of a JSON text.</summary>
public enum JsonWhitespace
{
    /// <summary>One line with <c>": "</c> and <c>", "</c>, as Python's <c>json.dumps</c> writes.</summary>
    Spaced,

    /// <summary>None.</summary>
    None,

    /// <summary>Up to 64 spaces, tabs and line ends wherever JSON allows them.</summary>
    Any,
}
