namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>A tuple, which Python prints in parentheses and which no list equals.</summary>
internal sealed class TemplateTuple : List<object?>
{
    public TemplateTuple()
    {
    }

    public TemplateTuple(IEnumerable<object?> items)
        : base(items)
    {
    }
}
