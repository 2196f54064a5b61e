namespace RetNet.Extensions.Core.Tokenizers.Templates;

/// <summary>Something in a template is wrong; whoever knows the place turns it into a <see cref="ChatTemplateException"/>.</summary>
internal sealed class TemplateFailure(string problem) : Exception(problem);
