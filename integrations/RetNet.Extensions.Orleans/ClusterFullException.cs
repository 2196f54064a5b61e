using RetNet.Extensions.AI;

namespace RetNet.Extensions.Orleans;

/// <summary>No silo has room for another conversation: as many as fit are being answered. Ask again later, or add a silo.</summary>
public sealed class ClusterFullException : QueueFullException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="silos">The number of silos that were asked.</param>
    /// <param name="capacity">The number of conversations that fit into their memory.</param>
    internal ClusterFullException(int silos, long capacity)
        : base($"The cluster is full: its silos ({silos}) have room for {capacity} conversations, and all of them are being answered. Ask "
            + $"again later, add a silo, or raise {nameof(RetNetConversationOptions)}."
            + $"{nameof(RetNetConversationOptions.MemoryMegabytes)}.") => (Silos, Capacity) = (silos, capacity);

    // What goes to another process is an exception's Data, not its properties.

    /// <summary>The number of silos that were asked.</summary>
    public int Silos
    {
        get => (int)(Data[nameof(Silos)] ?? 0);
        private init => Data[nameof(Silos)] = value;
    }

    /// <summary>The number of conversations that fit into their memory.</summary>
    public long Capacity
    {
        get => (long)(Data[nameof(Capacity)] ?? 0L);
        private init => Data[nameof(Capacity)] = value;
    }
}
