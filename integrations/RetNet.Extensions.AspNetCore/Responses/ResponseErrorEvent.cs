namespace RetNet.Extensions.AspNetCore.Responses;

/// <summary>The event of an error. All of its properties are written.</summary>
/// <param name="SequenceNumber">The number of events before it.</param>
/// <param name="Code">The kind of error.</param>
/// <param name="Message">What happened.</param>
/// <param name="Param">The field of the request; null if it is none.</param>
internal sealed record ResponseErrorEvent(int SequenceNumber, string Code, string Message, string? Param)
    : ResponseEvent("error", SequenceNumber);
