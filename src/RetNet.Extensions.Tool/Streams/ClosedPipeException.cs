namespace RetNet.Extensions.Tool.Streams;

/// <summary>The reader of a pipe has closed it: what follows would be lost.</summary>
internal sealed class ClosedPipeException() : IOException("The reader of the output has closed it.");
