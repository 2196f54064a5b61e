namespace RetNet.Extensions.Conversations.Tests.Stores;

/// <summary>Says which server the <see cref="StoreFactAttribute"/> tests of a class run.</summary>
/// <param name="executable">The name of the executable.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NeedsServerAttribute(string executable) : Attribute
{
    /// <summary>The name of the executable.</summary>
    public string Executable => executable;
}
