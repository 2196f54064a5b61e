namespace RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;

/// <summary>The names that a template uses.</summary>
internal static class TemplateNames
{
    /// <summary>The names of variables, functions and filters: all that follow no dot.</summary>
    public static IEnumerable<string> Variables(IReadOnlyList<TemplateToken> tokens) => Enumerable.Range(0, tokens.Count)
        .Where(i => tokens[i].Kind == TemplateTokenKind.Name && !(i > 0 && tokens[i - 1].Is(".")))
        .Select(i => tokens[i].Value);

    /// <summary>The names of fields: <c>value.name</c>, <c>value['name']</c>, <c>'name' in value</c>.</summary>
    public static IEnumerable<string> Fields(IReadOnlyList<TemplateToken> tokens)
    {
        for (int i = 1; i < tokens.Count - 1; i++)
        {
            bool isField = tokens[i].Kind switch
            {
                TemplateTokenKind.Name => tokens[i - 1].Is("."),
                TemplateTokenKind.String => (tokens[i - 1].Is("[") && tokens[i + 1].Is("]")) || tokens[i + 1].Is("in"),
                _ => false,
            };
            if (isField)
                yield return tokens[i].Value;
        }
    }
}
