namespace RetNet.Extensions.Orleans.Conversations;

/// <summary>Tells when a connection to a silo was lost. Orleans lets the calls that wait for an answer through it wait on, until their
/// response timeout of 30 seconds.</summary>
internal sealed class GatewayWatch : IClusterConnectionStatusObserver
{
    private CancellationTokenSource _lost = new();

    /// <summary>Cancelled when the next connection is lost.</summary>
    public CancellationToken Lost => Volatile.Read(ref _lost).Token;

    public void NotifyClusterConnectionLost() => Interlocked.Exchange(ref _lost, new CancellationTokenSource()).Cancel();

    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        if (currentNumberOfGateways < previousNumberOfGateways)
            NotifyClusterConnectionLost();
    }
}
