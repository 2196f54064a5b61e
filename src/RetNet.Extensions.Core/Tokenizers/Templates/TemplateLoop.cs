namespace RetNet.Extensions.Core.Tokenizers.Templates;

/// <summary>The variable <c>loop</c>: where a loop stands.</summary>
internal sealed record TemplateLoop(IReadOnlyList<object?> Items, int Index)
{
    public object? Get(string name) => name switch
    {
        "index" => Index + 1L,
        "index0" => (long)Index,
        "revindex" => (long)(Items.Count - Index),
        "revindex0" => Items.Count - Index - 1L,
        "first" => Index == 0,
        "last" => Index == Items.Count - 1,
        "length" => (long)Items.Count,
        "previtem" when Index > 0 => Items[Index - 1],
        "nextitem" when Index + 1 < Items.Count => Items[Index + 1],
        "previtem" or "nextitem" => new Undefined(name),
        _ => throw new TemplateFailure($"\"loop.{name}\" is not supported"),
    };
}
