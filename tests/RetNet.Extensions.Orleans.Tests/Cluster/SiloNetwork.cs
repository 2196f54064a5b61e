using System.Diagnostics;
using System.Globalization;

namespace RetNet.Extensions.Orleans.Tests.Cluster;

/// <summary>A network of this machine and two others, which are network namespaces, with a bridge between them.</summary>
internal sealed class SiloNetwork : IAsyncDisposable
{
    private readonly string _name = "rn" + Random.Shared.Next(0x10000).ToString("x4", CultureInfo.InvariantCulture);
    private readonly string _subnet = $"10.{Random.Shared.Next(64, 128)}.{Random.Shared.Next(256)}";

    private SiloNetwork()
    {
    }

    /// <summary>This machine's address.</summary>
    public string Address => $"{_subnet}.1";

    /// <summary>Why there can be no such network here; null if there can.</summary>
    public static string? WhyImpossible()
    {
        if (!Environment.IsPrivilegedProcess)
            return "Network namespaces need root.";
        string name = "rn" + Random.Shared.Next(0x10000).ToString("x4", CultureInfo.InvariantCulture);
        try
        {
            Ip("netns", "add", name);
            try
            {
                Ip("link", "add", name, "type", "bridge");
                Ip("link", "del", name);
            }
            finally
            {
                Ip("netns", "del", name);
            }

            return null;
        }
        catch (InvalidOperationException exception)
        {
            return $"Network namespaces are not to be had: {exception.Message}";
        }
    }

    public static SiloNetwork Create()
    {
        SiloNetwork network = new();
        Ip("link", "add", network._name, "type", "bridge");
        Ip("link", "set", network._name, "up");
        Ip("addr", "add", $"{network.Address}/24", "dev", network._name);
        for (int index = 0; index < 2; index++)
        {
            string space = network.Namespace(index);
            Ip("netns", "add", space);
            Ip("link", "add", space, "type", "veth", "peer", "name", "eth0", "netns", space);
            Ip("link", "set", space, "master", network._name, "up");
            Ip("-n", space, "addr", "add", $"{network.AddressOf(index)}/24", "dev", "eth0");
            Ip("-n", space, "link", "set", "eth0", "up");
            Ip("-n", space, "link", "set", "lo", "up");
        }

        return network;
    }

    /// <summary>The address of one of the two machines.</summary>
    public string AddressOf(int index) => $"{_subnet}.{index + 2}";

    /// <summary>What runs a program on one of the two machines.</summary>
    public string[] Within(int index) => ["ip", "netns", "exec", Namespace(index)];

    /// <summary>Cuts the two machines off from each other, or joins them again. Both reach this one.</summary>
    public void Cut(bool isCut)
    {
        for (int index = 0; index < 2; index++)
            Run("bridge", "link", "set", "dev", Namespace(index), "isolated", isCut ? "on" : "off");
    }

    public ValueTask DisposeAsync()
    {
        Ip("netns", "del", Namespace(0));
        Ip("netns", "del", Namespace(1));
        Ip("link", "del", _name);
        return ValueTask.CompletedTask;
    }

    private string Namespace(int index) => $"{_name}-{index}";

    private static void Ip(params string[] arguments) => Run("ip", arguments);

    private static void Run(string program, params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {error.Trim()}");
    }
}
