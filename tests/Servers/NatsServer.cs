namespace RetNet.Extensions.Servers;

/// <summary>A NATS server with JetStream.</summary>
public sealed class NatsServer : TestServer
{
    /// <summary>The name of the executable, for <see cref="ServerFactAttribute"/>.</summary>
    public const string Executable = "nats-server";

    private readonly string[] _arguments;

    private NatsServer(string[] arguments)
        : base(Executable, "Server is ready") => _arguments = arguments;

    /// <summary>The URL.</summary>
    public string Url => $"nats://127.0.0.1:{Port}";

    /// <summary>Starts a NATS server.</summary>
    /// <param name="arguments">Further arguments, such as <c>--user</c> and <c>--pass</c>.</param>
    /// <returns>The server.</returns>
    public static async Task<NatsServer> StartAsync(params string[] arguments)
    {
        NatsServer server = new(arguments);
        await server.StartOnFreePortAsync();
        return server;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(int port) =>
        ["--addr", "127.0.0.1", "--port", $"{port}", "--jetstream", "--store_dir", Folder, .. _arguments];
}
