namespace RetNet.Extensions.Orleans.Tests;

/// <summary>Waits for what happens elsewhere.</summary>
internal static class Waiting
{
    /// <exception cref="OperationCanceledException">It did not happen within two minutes.</exception>
    public static async Task UntilAsync(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(2));
        while (!condition())
            await Task.Delay(5, limit.Token);
    }
}
