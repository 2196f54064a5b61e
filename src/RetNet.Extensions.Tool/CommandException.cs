namespace RetNet.Extensions.Tool;

/// <summary>A command cannot do what was asked for; the message says why in one line.</summary>
internal sealed class CommandException(string message) : Exception(message);
