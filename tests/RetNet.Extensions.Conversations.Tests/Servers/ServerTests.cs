using System.Diagnostics;
using System.Net.Sockets;
using RetNet.Extensions.Servers;

namespace RetNet.Extensions.Conversations.Tests.Servers;

public sealed class ServerTests
{
    public static TheoryData<string> Servers => [RedisServer.Executable, PostgreSqlServer.Executable, NatsServer.Executable];

    [ServerTheory(RedisServer.Executable, PostgreSqlServer.Executable, NatsServer.Executable)]
    [MemberData(nameof(Servers))]
    public async Task AServerThatIsKilledStartsAgainOnItsPort(string name)
    {
        await using TestServer server = await StartAsync(name);
        Assert.True(await IsListeningAsync(server.Port));
        await server.KillAsync();
        Assert.False(await IsListeningAsync(server.Port));
        await server.RestartAsync();
        Assert.True(await IsListeningAsync(server.Port));
    }

    [ServerFact(RedisServer.Executable)]
    public async Task AServerThatCannotStartSaysWhy()
    {
        InvalidOperationException error =
            await Assert.ThrowsAsync<InvalidOperationException>(() => RedisServer.StartAsync("--no-such-setting", "1"));
        Assert.Contains("Bad directive", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AMissingServerIsNamedWithItsPackage()
    {
        Assert.Equal("no-such-server is not installed: apt-get install no-such-server", InstalledServer.WhyMissing("no-such-server"));
        Assert.Equal(new ServerFactAttribute("no-such-server").Skip, new ServerTheoryAttribute("dotnet", "no-such-server").Skip);
    }

    private static async Task<TestServer> StartAsync(string name) => name switch
    {
        RedisServer.Executable => await RedisServer.StartAsync(),
        PostgreSqlServer.Executable => await PostgreSqlServer.StartAsync(),
        NatsServer.Executable => await NatsServer.StartAsync(),
        _ => throw new UnreachableException(),
    };

    private static async Task<bool> IsListeningAsync(int port)
    {
        try
        {
            using TcpClient client = new();
            await client.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
