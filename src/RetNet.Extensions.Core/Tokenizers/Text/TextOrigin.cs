namespace RetNet.Extensions.Core.Tokenizers.Text;

/// <summary>Where a character of a rendered conversation comes from.</summary>
internal enum TextOrigin : byte
{
    /// <summary>The chat template wrote it.</summary>
    Template,

    /// <summary>It came from outside with what many conversations share: the system message, tools and variables.</summary>
    Setting,

    /// <summary>It came from outside with another message.</summary>
    Conversation,
}
