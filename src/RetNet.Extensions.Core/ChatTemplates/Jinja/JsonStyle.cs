using RetNet.Extensions.Core.ChatTemplates.Jinja.Syntax;
using RetNet.Extensions.Core.Tokenizers.Text;

namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>How <c>tojson</c> writes: the options of Python's <c>json.dumps</c>.</summary>
/// <param name="EnsureAscii">Whether other characters are written as <c>\u</c> escapes.</param>
/// <param name="Indent">What a level is indented by; null for a single line.</param>
/// <param name="ItemSeparator">What stands between elements.</param>
/// <param name="KeySeparator">What stands between a key and its value.</param>
/// <param name="SortKeys">Whether mappings are written in the order of their keys.</param>
internal sealed record JsonStyle(bool EnsureAscii, string? Indent, string ItemSeparator, string KeySeparator, bool SortKeys)
{
    /// <summary>A single line, as <c>json.dumps(…, ensure_ascii=False)</c> writes it.</summary>
    public static readonly JsonStyle Default = new(EnsureAscii: false, Indent: null, ", ", ": ", SortKeys: false);

    private const int WidestIndent = 64;

    /// <summary>The style that the arguments of <c>tojson</c> ask for, in the order of transformers' own filter.</summary>
    public static JsonStyle Of(TemplateArguments arguments)
    {
        arguments.Only("tojson", "ensure_ascii", "indent", "separators", "sort_keys");
        string? indent = arguments.Get(1, "indent", null) switch
        {
            null => null,
            MarkedText text => text.Length <= WidestIndent ? text.Text : throw new TemplateFailure("the indent of tojson is too long"),
            object width => new string(' ', Math.Clamp(Values.Clamp(width, "tojson"), 0, WidestIndent)),
        };
        (string item, string key) = (indent is null ? ", " : ",", ": ");
        if (arguments.Get(2, "separators", null) is { } separators)
        {
            if (separators is not List<object?> { Count: 2 } pair)
                throw new TemplateFailure("the separators of tojson are a pair of strings");
            (item, key) = (Separator(pair[0]), Separator(pair[1]));
        }

        return new JsonStyle(Values.IsTrue(arguments.Get(0, "ensure_ascii", false)), indent, item, key,
            Values.IsTrue(arguments.Get(3, "sort_keys", false)));
    }

    private static string Separator(object? value)
    {
        string text = Values.Text(value, "a separator of tojson").Text;
        return text.Length <= WidestIndent ? text : throw new TemplateFailure("a separator of tojson is too long");
    }
}
