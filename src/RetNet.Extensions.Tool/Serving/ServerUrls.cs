namespace RetNet.Extensions.Tool.Serving;

/// <summary>The addresses of a server.</summary>
internal static class ServerUrls
{
    private static readonly char[] Separators = [';', ','];

    /// <summary>Addresses with semicolons between, if each is a scheme, a host and perhaps a port; null otherwise.</summary>
    public static string? Check(string urls)
    {
        string[] addresses = urls.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return addresses.Length > 0 && addresses.All(IsAddress) ? string.Join(';', addresses) : null;
    }

    // Servers listen at every address of the machine for the hosts * and +, which are none of a Uri.
    private static bool IsAddress(string address) =>
        Uri.TryCreate(address.Replace("://*", "://any", StringComparison.Ordinal).Replace("://+", "://any", StringComparison.Ordinal),
            UriKind.Absolute, out Uri? uri)
        && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
        && uri.PathAndQuery == "/" && uri.UserInfo.Length == 0;
}
