namespace RetNet.Extensions.Core.Tokenizers.Templates;

/// <summary>A variable or attribute that does not exist. It is false, empty, and prints nothing.</summary>
internal sealed record Undefined(string Name);
