namespace RetNet.Extensions.Tool.Work;

/// <summary>Where NATS servers are, and who asks.</summary>
/// <param name="Url">The addresses of one or more servers of a cluster, with commas between and without credentials.</param>
/// <param name="User">The user's name; null for none.</param>
/// <param name="Secret">The password, or a token where there is no user; null for none.</param>
/// <param name="CredentialsFile">A file of NATS credentials (JWT and seed); null for none.</param>
internal sealed record NatsAddress(string Url, string? User, string? Secret, string? CredentialsFile)
{
    private const string EnvironmentVariable = "NATS_URL";
    private const string Expected = "expected addresses such as nats://host:4222 or tls://user:password@host:4222";

    private static readonly string[] Schemes = ["nats", "tls", "ws", "wss"];

    /// <summary>Reads addresses.</summary>
    /// <param name="urls">The addresses; null for those of the environment variable, or for this machine.</param>
    /// <param name="credentialsFile">A file of NATS credentials; null for none.</param>
    /// <exception cref="CommandException">An address cannot be understood, or the file does not exist. No message has
    /// credentials.</exception>
    public static NatsAddress Parse(string? urls, string? credentialsFile)
    {
        string source = urls is null ? EnvironmentVariable : "--nats";
        urls ??= Environment.GetEnvironmentVariable(EnvironmentVariable) is { Length: > 0 } found ? found : "nats://127.0.0.1:4222";
        if (credentialsFile is not null && !File.Exists(credentialsFile))
            throw new CommandException($"--creds is '{credentialsFile}', which does not exist; expected a file of NATS credentials.");
        List<string> servers = [];
        string[] credentials = [];
        foreach (string url in urls.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out Uri? uri) || !Schemes.Contains(uri.Scheme) || uri.Host.Length == 0)
            {
                // What cannot be understood may be credentials, too.
                string shown = urls.Contains('@', StringComparison.Ordinal) ? "cannot be read" : $"is '{urls}'";
                throw new CommandException($"{source} {shown}; {Expected}.");
            }

            servers.Add(uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped));
            if (uri.UserInfo.Length > 0)
                credentials = [.. uri.UserInfo.Split(':', 2).Select(Uri.UnescapeDataString)];
        }

        if (servers.Count == 0)
            throw new CommandException($"{source} is empty; {Expected}.");
        return new NatsAddress(
            string.Join(',', servers), credentials.Length == 2 ? credentials[0] : null, credentials.LastOrDefault(), credentialsFile);
    }

    /// <summary>The addresses, without credentials.</summary>
    public override string ToString() => Url;
}
