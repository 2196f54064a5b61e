namespace RetNet.Extensions.Servers;

/// <summary>A Redis that has kept what it has answered, also when it is killed.</summary>
public sealed class RedisServer : TestServer
{
    /// <summary>The name of the executable, for <see cref="ServerFactAttribute"/>.</summary>
    public const string Executable = "redis-server";

    private readonly string[] _arguments;

    private RedisServer(string[] arguments)
        : base(Executable, "Ready to accept connections") => _arguments = arguments;

    /// <summary>The address and port, as StackExchange.Redis takes it.</summary>
    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Starts a Redis.</summary>
    /// <param name="arguments">Further arguments, such as <c>--requirepass</c>.</param>
    /// <returns>The Redis.</returns>
    public static async Task<RedisServer> StartAsync(params string[] arguments)
    {
        RedisServer server = new(arguments);
        await server.StartOnFreePortAsync();
        return server;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(int port) =>
    [
        "--port", $"{port}", "--bind", "127.0.0.1", "--dir", Folder, "--save", "", "--appendonly", "yes", "--appendfsync", "always",
        .. _arguments,
    ];
}
