using System.CommandLine;
using NATS.Client.Core;
using RetNet.Extensions.Tool.Work;

namespace RetNet.Extensions.Tool.Commands;

/// <summary>A command of <c>retnet work</c>, on a job in NATS.</summary>
internal abstract class WorkCommand : ToolCommand
{
    private const string DefaultJob = "default";
    private const int LongestName = 64;

    private readonly Option<string?> _nats = new("--nats")
    {
        HelpName = "URL",
        Description = "The NATS server, with JetStream; several of a cluster with commas between. It may hold a user and a password, or a "
            + "token. Default: the environment variable NATS_URL, otherwise nats://127.0.0.1:4222.",
    };

    private readonly Option<string?> _creds = new("--creds")
    {
        HelpName = "FILE",
        Description = "A file of NATS credentials (JWT and seed).",
    };

    private readonly Option<string?> _job = OptionKinds.Parsed<string?>(
        "--job", "NAME", $"The name of the job. Default: {DefaultJob}.", $"1 to {LongestName} letters, digits, '-' and '_'", name =>
            name.Length is > 0 and <= LongestName && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_')
                ? name
                : null);

    protected WorkCommand(string name, string description)
        : base(name, description)
    {
        Add(_nats);
        Add(_creds);
        Add(_job);
    }

    /// <summary>Texts that are under way are given back or sent.</summary>
    public override bool HasWorkToSave => true;

    /// <summary>The name of the job.</summary>
    protected string JobName(ParseResult parse) => parse.GetValue(_job) ?? DefaultJob;

    public override void Run(CommandContext context)
    {
        NatsAddress address = NatsAddress.Parse(context.Parse.GetValue(_nats), context.Parse.GetValue(_creds));
        try
        {
#pragma warning disable RS0030 // A command has a thread of its own.
            RunAsync(context, address).GetAwaiter().GetResult();
#pragma warning restore RS0030
        }
        catch (NatsException exception)
        {
            throw new CommandException(NatsFailure.Describe(exception, address));
        }
    }

    /// <summary>Runs the command.</summary>
    protected abstract Task RunAsync(CommandContext context, NatsAddress address);
}
