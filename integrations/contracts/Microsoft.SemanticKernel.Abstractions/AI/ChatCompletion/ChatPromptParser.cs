using System.Net;
using System.Xml;

namespace Microsoft.SemanticKernel.ChatCompletion;

/// <summary>Reads a chat prompt: <c>&lt;message role="…"&gt;…&lt;/message&gt;</c>, one element per message.</summary>
internal static class ChatPromptParser
{
    /// <returns>The messages of a chat prompt; any other text is one user message.</returns>
    public static ChatHistory Parse(string prompt)
    {
        var history = new ChatHistory();
        foreach (var node in TopLevelElements(prompt))
        {
            if (node.Name.Equals("message", StringComparison.OrdinalIgnoreCase) && node.HasAttribute("role"))
                history.AddMessage(new AuthorRole(node.GetAttribute("role")), MessageText(node)!);
        }

        if (history.Count == 0)
            history.AddUserMessage(prompt);
        return history;
    }

    private static IEnumerable<XmlElement> TopLevelElements(string prompt)
    {
        if (!prompt.Contains("<message", StringComparison.OrdinalIgnoreCase))
            return [];

        var document = new XmlDocument { PreserveWhitespace = true, XmlResolver = null };
        try
        {
            document.LoadXml($"<root>{prompt}</root>");
        }
        catch (XmlException)
        {
            return [];
        }

        return document.DocumentElement!.ChildNodes.OfType<XmlElement>();
    }

    private static string? MessageText(XmlElement message)
    {
        var texts = message.ChildNodes.OfType<XmlElement>().Where(child => child.Name.Equals("text", StringComparison.OrdinalIgnoreCase)).ToList();
        return texts.Count == 1 ? Content(texts[0]) : Content(message);
    }

    private static string? Content(XmlElement element)
    {
        var first = element.ChildNodes.Cast<XmlNode>().FirstOrDefault(child => child.NodeType != XmlNodeType.Whitespace);
        string content = (first is XmlCDataSection ? element.InnerText : element.InnerXml).Trim();
        return content.Length == 0 ? null : WebUtility.HtmlDecode(content);
    }
}
