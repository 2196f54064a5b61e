using System.Net;
using System.Net.Sockets;

namespace RetNet.Extensions.Servers;

/// <summary>Loopback ports for servers.</summary>
internal static class FreePort
{
    /// <summary>A loopback port that is free, below those that the system gives to outgoing connections: a client that calls a server
    /// which is down cannot be given the server's port, and so be connected to itself.</summary>
    public static int Find()
    {
        while (true)
        {
            int port = Random.Shared.Next(10_000, 32_000);
            try
            {
                using TcpListener listener = new(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Another one's port.
            }
        }
    }
}
