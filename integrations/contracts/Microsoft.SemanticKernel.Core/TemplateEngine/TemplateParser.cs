namespace Microsoft.SemanticKernel.TemplateEngine;

/// <summary>Cuts a template into text and the blocks between <c>{{</c> and <c>}}</c>.</summary>
internal static class TemplateParser
{
    public static List<Block> Parse(string template)
    {
        var blocks = new List<Block>();
        int textStart = 0;
        while (FindBlock(template, textStart) is (int start, int end))
        {
            if (start > textStart)
                blocks.Add(new TextBlock(template[textStart..start]));

            string code = template[(start + 2)..(end - 2)].Trim();
            blocks.Add(code.Length == 0 ? new TextBlock(template[start..end]) : BlockParser.Parse(code));
            textStart = end;
        }

        if (textStart < template.Length || blocks.Count == 0)
            blocks.Add(new TextBlock(template[textStart..]));
        return blocks;
    }

    /// <summary>Finds the next block. Of several openings before a closing the last counts; a brace between quotes is no brace.</summary>
    private static (int Start, int End)? FindBlock(string template, int from)
    {
        int start = -1;
        char quote = '\0';
        for (int i = from; i < template.Length - 1; i++)
        {
            char c = template[i];
            if (quote != '\0')
            {
                if (c == '\\' && template[i + 1] is '"' or '\'' or '\\')
                    i++;
                else if (c == quote)
                    quote = '\0';
            }
            else if (c == '{' && template[i + 1] == '{')
            {
                start = i;
            }
            else if (start >= 0 && c is '"' or '\'')
            {
                quote = c;
            }
            else if (start >= 0 && c == '}' && template[i + 1] == '}')
            {
                return (start, i + 2);
            }
        }

        return null;
    }
}
