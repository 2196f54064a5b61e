using System.CommandLine;

namespace RetNet.Extensions.Tool.Commands;

/// <summary>A command of the tool.</summary>
internal abstract class ToolCommand(string name, string description) : Command(name, description)
{
    /// <summary>A command that works on one model.</summary>
    protected ToolCommand(string name, string description, CommonOptions options)
        : this(name, description) => Add(options.Model);

    /// <summary>Whether the command, interrupted now, has work to save and is waited for.</summary>
    public virtual bool HasWorkToSave => false;

    /// <summary>Runs the command; a failure is an exception.</summary>
    public abstract void Run(CommandContext context);
}
