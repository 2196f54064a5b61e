namespace RetNet.Extensions.Orleans.Tests.Cluster;

/// <summary>Two silos in two processes, each of which is replaced when it dies.</summary>
internal sealed class SiloPair : IAsyncDisposable
{
    private readonly string _redis;
    private readonly SiloProcess[] _silos;

    private SiloPair(string redis)
    {
        _redis = redis;
        _silos = [SiloProcess.Start(Cluster, redis), SiloProcess.Start(Cluster, redis)];
    }

    public string Cluster { get; } = Guid.NewGuid().ToString("N");

    public static async Task<SiloPair> StartAsync(string redis)
    {
        SiloPair pair = new(redis);
        await Task.WhenAll(pair._silos.Select(silo => silo.WaitUntilReadyAsync()));
        return pair;
    }

    /// <summary>Kills one silo, and waits until another has taken its place.</summary>
    public async Task KillAsync(int index)
    {
        await _silos[index].KillAsync();
        do
        {
            // One that was thought dead by the other, as on a busy machine, has ended itself.
            for (int i = 0; i < _silos.Length; i++)
            {
                if (!_silos[i].HasExited)
                    continue;
                await _silos[i].DisposeAsync();
                _silos[i] = SiloProcess.Start(Cluster, _redis);
            }

            foreach (SiloProcess silo in _silos)
                await silo.WaitUntilReadyAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        while (_silos.Any(silo => silo.HasExited));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (SiloProcess silo in _silos)
            await silo.DisposeAsync();
    }
}
