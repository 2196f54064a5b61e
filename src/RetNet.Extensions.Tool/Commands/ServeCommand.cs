using System.CommandLine;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Tool.Serving;

namespace RetNet.Extensions.Tool.Commands;

/// <summary><c>retnet serve</c>: serves models over HTTP, as OpenAI's API and a chat page.</summary>
internal sealed class ServeCommand : ToolCommand
{
    private const string DefaultUrl = "http://127.0.0.1:8080";
    private const int DefaultSessionDays = 30, MostSessionDays = 36_500;

    // As RetNetOptions has it.
    private const int MostBatch = 4096;

    private readonly CommonOptions _options;

    private readonly Argument<string[]> _models = new("MODEL")
    {
        Description = "Model folders, .safetensors files with config.json beside them, or .gguf files. A model has the name of its folder "
            + "or .gguf file.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string?> _urls = OptionKinds.Parsed<string?>(
        "--urls", "URLS", $"Where it listens, with semicolons between; port 0 takes a free one. Default: {DefaultUrl}, which only this "
            + "machine reaches.", "addresses such as http://127.0.0.1:8080 or http://0.0.0.0:8080", ServerUrls.Check);

    private readonly Option<string?> _apiKeyFile = new("--api-key-file")
    {
        HelpName = "FILE",
        Description = "A file with API keys, one a line, of which requests carry one. The environment variable RETNET_API_KEY may hold "
            + "them, too. Other addresses than this machine's need one.",
    };

    private readonly Option<string?> _sessions = new("--sessions")
    {
        HelpName = "FOLDER",
        Description = "Keeps the conversations of /v1/responses, with what the models remember of them, in files of a folder, so that they "
            + "go on after a restart. Default: the latest ones are kept in memory.",
    };

    private readonly Option<int?> _sessionDays = OptionKinds.Integer(
        "--session-days", "N", "Days after its last turn that a conversation in --sessions is kept; 0 for ever. Default: 30.", 0,
        MostSessionDays);

    private readonly Option<int?> _maxBatch = OptionKinds.Integer(
        "--max-batch", "N", "Texts of a model that are generated together. Default: 32.", 1, MostBatch);

    private readonly Option<int?> _maxQueue = OptionKinds.Integer(
        "--max-queue", "N", "Requests to a model that wait for that; more are refused with status 429. Default: 1024.", 1);

    private readonly Option<int?> _maxOutput = OptionKinds.Integer(
        "--max-output", "N", "The most tokens of an answer that a request may ask for; 0 for any number. Default: 32768.", 0);

    private readonly Option<int?> _stateBudget = OptionKinds.Integer(
        "--state-budget", "MIB", "Memory for a model's states. Default: half of the memory that the process may use, for all models.", 1);

    public ServeCommand(CommonOptions options)
        : base("serve", "Serves models over HTTP: OpenAI's API, a chat page, health and metrics.")
    {
        _options = options;
        Add(_models);
        Add(_urls);
        Add(_apiKeyFile);
        Add(_sessions);
        Add(_sessionDays);
        Add(_maxBatch);
        Add(_maxQueue);
        Add(_maxOutput);
        Add(_stateBudget);
    }

    // Requests that run are finished before it ends.
    public override bool HasWorkToSave => true;

    public override void Run(CommandContext context)
    {
        ParseResult parse = context.Parse;
        if (parse.GetValue(_sessionDays) is { } given && parse.GetValue(_sessions) is null)
            throw new CommandException($"{_sessionDays.Name} is {given} without {_sessions.Name}; expected the folder, too.");
        ModelLoadOptions load = _options.LoadOptions(parse);
        ServerSettings settings = new()
        {
            Models = parse.GetRequiredValue(_models),
            Urls = parse.GetValue(_urls) ?? DefaultUrl,
            ApiKeyFile = parse.GetValue(_apiKeyFile),
            Sessions = parse.GetValue(_sessions),
            SessionExpiry = (parse.GetValue(_sessionDays) ?? DefaultSessionDays) is > 0 and int days ? TimeSpan.FromDays(days) : null,
            Load = load with { Adapters = [.. load.Adapters.Select(adapter => adapter with { IsMerged = false })] },
            State = context.StateOptions,
            MaxBatch = parse.GetValue(_maxBatch),
            MaxQueue = parse.GetValue(_maxQueue),
            MaxOutput = parse.GetValue(_maxOutput),
            StateBudgetMegabytes = parse.GetValue(_stateBudget),
        };
#pragma warning disable RS0030 // A command has a thread of its own.
        ModelServer.RunAsync(settings, context).GetAwaiter().GetResult();
#pragma warning restore RS0030
    }
}
