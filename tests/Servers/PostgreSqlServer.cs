using System.Diagnostics;

namespace RetNet.Extensions.Servers;

/// <summary>A PostgreSQL with an empty database. It refuses to run as root, for whom it runs as the user <c>postgres</c>.</summary>
public sealed class PostgreSqlServer : TestServer
{
    /// <summary>The name of the executable, for <see cref="ServerFactAttribute"/>.</summary>
    public const string Executable = "postgres";

    /// <summary>The password of the user <c>postgres</c>.</summary>
    public const string Password = "correct-horse";

    private PostgreSqlServer()
        : base(Executable, "database system is ready to accept connections")
    {
    }

    /// <summary>The connection string.</summary>
    public string ConnectionString => $"Host=127.0.0.1;Port={Port};Username=postgres;Password={Password};Database=postgres";

    /// <inheritdoc/>
    protected override string? User => Environment.IsPrivilegedProcess ? "postgres" : null;

    private string Data => Path.Combine(Folder, "data");

    /// <summary>Starts a PostgreSQL.</summary>
    /// <returns>The server.</returns>
    public static async Task<PostgreSqlServer> StartAsync()
    {
        PostgreSqlServer server = new();
        string password = Path.Combine(server.Folder, "password");
        await File.WriteAllTextAsync(password, Password);
        if (server.User is string user)
            await RunAsync("chown", "--recursive", user, server.Folder);
        await server.RunAsUserAsync(
            "initdb", "--pgdata", server.Data, "--username", "postgres", "--auth", "scram-sha-256", "--pwfile", password,
            "--encoding", "UTF8", "--no-locale", "--no-sync");
        await server.StartOnFreePortAsync();
        return server;
    }

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Arguments(int port) =>
    [
        "-D", Data, "-p", $"{port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off",
        "-c", "shared_buffers=32MB",
    ];

    /// <inheritdoc/>
    /// <remarks>A killed server would leave a segment of shared memory behind.</remarks>
    protected override Task StopAsync() => RunAsUserAsync("pg_ctl", "stop", "--pgdata", Data, "--mode", "immediate", "--silent");

    private Task RunAsUserAsync(string executable, params string[] arguments)
    {
        string path = InstalledServer.Find(executable) ?? throw new InvalidOperationException(InstalledServer.WhyMissing(executable));
        return User is string user
            ? RunAsync("setpriv", ["--reuid", user, "--regid", user, "--init-groups", "--", path, .. arguments])
            : RunAsync(path, arguments);
    }

    private static async Task RunAsync(string executable, params string[] arguments)
    {
        using Process process = System.Diagnostics.Process.Start(
            new ProcessStartInfo(executable, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{executable} ended with {process.ExitCode}.\n{await output}{errors}");
    }
}
