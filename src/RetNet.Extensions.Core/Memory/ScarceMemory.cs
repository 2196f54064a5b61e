#if DEBUG
namespace RetNet.Extensions.Core.Memory;

/// <summary>Lets the unmanaged memory of debug builds run out at a chosen request, so that tests meet every place where that can
/// happen.</summary>
internal static class ScarceMemory
{
    private static long _requests;
    private static long _granted = long.MaxValue;
    private static long _refused;

    /// <summary>The requests since the last call of <see cref="Refuse"/>.</summary>
    public static long Requests => Volatile.Read(ref _requests);

    /// <summary>Begins to count the requests of all threads.</summary>
    /// <param name="granted">The number of requests that are granted first.</param>
    /// <param name="refused">The number that are refused then; all later ones are granted again.</param>
    public static void Refuse(long granted, long refused)
    {
        Volatile.Write(ref _refused, 0);
        Volatile.Write(ref _requests, 0);
        Volatile.Write(ref _granted, granted);
        Volatile.Write(ref _refused, refused);
    }

    /// <summary>Counts a request.</summary>
    /// <returns>Whether it is to be refused.</returns>
    public static bool RefusesNext()
    {
        long before = Interlocked.Increment(ref _requests) - 1 - Volatile.Read(ref _granted);
        return before >= 0 && before < Volatile.Read(ref _refused);
    }
}
#endif
