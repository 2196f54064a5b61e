using RetNet.Extensions.AI;

namespace RetNet.Extensions.Orleans;

/// <summary>No silo has room for another conversation: as many as fit are being answered. Ask again later, or add a silo.</summary>
[GenerateSerializer, Alias("RetNet.ClusterFullException")]
public sealed class ClusterFullException : QueueFullException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="silos">The number of silos that were asked.</param>
    /// <param name="capacity">The number of conversations that fit into their memory.</param>
    internal ClusterFullException(int silos, long capacity)
        : base($"The cluster is full: its silos ({silos}) have room for {capacity} conversations, and all of them are being answered. Ask "
            + "again later, add a silo, or raise "
            + $"{nameof(RetNetConversationOptions)}.{nameof(RetNetConversationOptions.MemoryMegabytes)}.") =>
        (Silos, Capacity) = (silos, capacity);

    /// <summary>The number of silos that were asked.</summary>
    [Id(0)]
    public int Silos { get; }

    /// <summary>The number of conversations that fit into their memory.</summary>
    [Id(1)]
    public long Capacity { get; }
}
