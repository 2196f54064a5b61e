namespace RetNet.Extensions.Tool;

/// <summary>Says in one line that memory has run out, wherever that was noticed: a type that could not be initialised, a thread that could
/// not be started.</summary>
internal static class MemoryFailure
{
    /// <summary>The line if nothing more is known.</summary>
    public const string Message = "retnet: out of memory.";

    // The number of the error that system calls of Unix give.
    private const int NoMemory = 12;

    /// <summary>Whether memory was the cause of an exception.</summary>
    public static bool IsIn(Exception exception) => Cause(exception) is not null;

    /// <summary>What is to be said about an exception that memory was the cause of; null for another.</summary>
    public static string? Of(Exception exception) => Cause(exception) switch
    {
        null => null,
        InsufficientMemoryException known => known.Message,
        _ => "out of memory. A smaller --format, --state, --batch or context needs less.",
    };

    private static Exception? Cause(Exception? exception)
    {
        while (exception is not (null or OutOfMemoryException or IOException { HResult: NoMemory }))
            exception = exception.InnerException;
        return exception;
    }
}
