namespace RetNet.Extensions.Tool;

/// <summary>A command cannot be carried out; the message says why in one line.</summary>
internal sealed class CommandException(string message) : Exception(message);
