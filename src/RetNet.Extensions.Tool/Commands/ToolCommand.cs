using System.CommandLine;

namespace RetNet.Extensions.Tool.Commands;

/// <summary>A command of the tool.</summary>
internal abstract class ToolCommand(string name, string description) : Command(name, description)
{
    /// <summary>A command that works on one model.</summary>
    protected ToolCommand(string name, string description, CommonOptions options)
        : this(name, description) => Add(options.Model);

    /// <summary>Whether the command has work to save when it is interrupted, so that its end is awaited.</summary>
    public virtual bool HasWorkToSave => false;

    /// <summary>Runs the command; throws an exception on failure.</summary>
    public abstract void Run(CommandContext context);
}
