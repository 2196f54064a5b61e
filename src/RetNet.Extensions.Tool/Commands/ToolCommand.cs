using System.CommandLine;

namespace RetNet.Extensions.Tool.Commands;

/// <summary>A command that works on one model.</summary>
internal abstract class ToolCommand : Command
{
    protected ToolCommand(string name, string description, CommonOptions options)
        : base(name, description) => Add(options.Model);

    /// <summary>Runs the command; a failure is an exception.</summary>
    public abstract void Run(CommandContext context);
}
