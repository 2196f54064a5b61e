using Orleans.Services;

namespace RetNet.Extensions.Orleans.Placement;

/// <summary>What a silo says of its room for conversations to the others.</summary>
[Alias("RetNet.IConversationRoomService")]
internal interface IConversationRoomService : IGrainService
{
    /// <summary>How much room there is.</summary>
    [Alias("Report")]
    Task<RoomReport> ReportAsync();

    /// <summary>Holds a place for a conversation.</summary>
    /// <returns>False if there is none.</returns>
    [Alias("TryReserve")]
    Task<bool> TryReserveAsync();
}
