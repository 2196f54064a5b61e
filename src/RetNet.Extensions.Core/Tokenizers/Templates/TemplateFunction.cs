namespace RetNet.Extensions.Core.Tokenizers.Templates;

/// <summary>Something that a template can call: a function, a method bound to its value, or a macro.</summary>
internal delegate object? TemplateFunction(TemplateArguments arguments);
