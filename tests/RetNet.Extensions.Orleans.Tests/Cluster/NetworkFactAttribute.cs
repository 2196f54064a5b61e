using RetNet.Extensions.Servers;

namespace RetNet.Extensions.Orleans.Tests.Cluster;

/// <summary>A test that needs network namespaces of Linux and a Redis; it is skipped, with the reason, where they cannot be had.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NetworkFactAttribute : FactAttribute
{
    public NetworkFactAttribute() =>
        Skip = InstalledServer.WhyMissing(RedisServer.Executable) ?? InstalledServer.WhyMissing("ip") ?? SiloNetwork.WhyImpossible();
}
