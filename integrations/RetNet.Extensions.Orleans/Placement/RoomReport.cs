namespace RetNet.Extensions.Orleans.Placement;

/// <summary>How many conversations a silo has room for.</summary>
/// <param name="Capacity">The number of places.</param>
/// <param name="Taken">The places that are taken, by conversations that are active or on their way.</param>
/// <param name="Busy">Those of them that are being answered or on their way, and do not give their place away.</param>
[GenerateSerializer, Immutable, Alias("RetNet.RoomReport")]
internal readonly record struct RoomReport(
    [property: Id(0)] int Capacity, [property: Id(1)] int Taken, [property: Id(2)] int Busy)
{
    /// <summary>Places that are free; negative where conversations that rest have to leave.</summary>
    public int Free => Capacity - Taken;

    /// <summary>Places that can be had.</summary>
    public int Available => Capacity - Busy;
}
