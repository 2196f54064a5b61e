using RetNet.Extensions.Core.ChatTemplates;

namespace RetNet.Extensions.AI;

/// <summary>A conversation that a client remembers.</summary>
internal sealed class Conversation(string id)
{
    /// <summary>Its id.</summary>
    public string Id { get; } = id;

    /// <summary>Its messages.</summary>
    public IReadOnlyList<ChatTemplateMessage> History { get; set; } = [];

    /// <summary>Whether a request is being answered.</summary>
    public bool IsInUse { get; set; }
}
