using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime.Services;
using RetNet.Extensions.Orleans.Conversations;

namespace RetNet.Extensions.Orleans.Placement;

/// <inheritdoc cref="IConversationRoomService"/>
[Reentrant]
internal sealed class ConversationRoomService(GrainId grainId, Silo silo, ILoggerFactory loggerFactory, ConversationSilo conversations)
    : GrainService(grainId, silo, loggerFactory), IConversationRoomService
{
    public async Task<RoomReport> ReportAsync() => conversations.Room.Report(await conversations.GetCapacityAsync());

    public async Task<bool> TryReserveAsync() => conversations.Room.TryReserve(await conversations.GetCapacityAsync());
}

/// <summary>Finds the <see cref="IConversationRoomService"/> of a silo.</summary>
internal sealed class ConversationRoomClient(IServiceProvider services) : GrainServiceClient<IConversationRoomService>(services)
{
    public IConversationRoomService At(SiloAddress silo) => GetGrainService(silo);
}
