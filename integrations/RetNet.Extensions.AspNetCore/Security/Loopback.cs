using System.Net;
using Microsoft.AspNetCore.Http;

namespace RetNet.Extensions.AspNetCore.Security;

/// <summary>What belongs to the machine itself.</summary>
internal static class Loopback
{
    /// <summary>Whether an address of a connection is a loopback one. A connection without addresses, such as that of a Unix socket or of a
    /// test in the process, is local too.</summary>
    public static bool IsLocal(IPAddress? address) =>
        address is null || IPAddress.IsLoopback(address) || (address.IsIPv4MappedToIPv6 && IPAddress.IsLoopback(address.MapToIPv4()));

    /// <summary>Whether a host name means the machine itself by its very form, without asking a name server.</summary>
    public static bool IsLocalName(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IsLocal(address));

    /// <summary>Whether a server listens to its own machine only at an address such as <c>http://127.0.0.1:5000</c>.</summary>
    public static bool IsLocalAddress(string address)
    {
        BindingAddress parsed = BindingAddress.Parse(address);
        return parsed.IsUnixPipe || parsed.IsNamedPipe || IsLocalName(parsed.Host);
    }
}
