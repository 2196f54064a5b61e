namespace TorchSharp;

/// <summary>Disposes the tensors that were made since it began.</summary>
public sealed class DisposeScope : IDisposable
{
    internal DisposeScope() => throw NotInFeed.Error;

    public void Dispose() => throw NotInFeed.Error;
}
