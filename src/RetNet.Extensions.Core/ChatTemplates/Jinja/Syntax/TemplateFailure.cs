namespace RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;

/// <summary>An error in a template; code that knows the place turns it into a <see cref="ChatTemplateException"/>.</summary>
internal sealed class TemplateFailure(string problem) : Exception(problem);
