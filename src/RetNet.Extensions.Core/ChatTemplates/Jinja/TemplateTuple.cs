namespace RetNet.Extensions.Core.ChatTemplates.Jinja;

/// <summary>A tuple, which Python prints in parentheses and which no list equals.</summary>
internal class TemplateTuple : List<object?>
{
    public TemplateTuple()
    {
    }

    public TemplateTuple(IEnumerable<object?> items)
        : base(items)
    {
    }
}

/// <summary>Elements with an equal attribute: the tuple <c>(grouper, list)</c>, whose elements have these names.</summary>
internal sealed class TemplateGroup : TemplateTuple
{
    public bool TryGet(string name, out object? value)
    {
        int place = name switch
        {
            "grouper" => 0,
            "list" => 1,
            _ => -1,
        };
        value = place < 0 ? null : this[place];
        return place >= 0;
    }
}
