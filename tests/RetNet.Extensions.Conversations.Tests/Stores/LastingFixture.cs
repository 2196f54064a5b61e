namespace RetNet.Extensions.Conversations.Tests.Stores;

/// <summary>A kind of store that outlives the process.</summary>
/// <param name="executable">The executable of the server; null if there is none.</param>
public abstract class LastingFixture(string? executable) : StoreFixture(executable)
{
    /// <summary>The description of the place for <see cref="StoreOfPlace"/>, which opens it in another process.</summary>
    public abstract string Place { get; }

    /// <summary>Ends what keeps the conversations as a crash does, and starts it again.</summary>
    /// <returns>The end of the restart.</returns>
    public abstract Task CrashAsync();

    /// <summary>Replaces the bytes of a conversation.</summary>
    /// <param name="id">The id of the conversation.</param>
    /// <param name="bytes">The bytes.</param>
    /// <returns>The end of the replacement.</returns>
    public abstract Task ReplaceAsync(string id, byte[] bytes);
}
