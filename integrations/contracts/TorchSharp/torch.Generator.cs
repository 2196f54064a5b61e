namespace TorchSharp;

public static partial class torch
{
    /// <summary>A source of random numbers.</summary>
    public class Generator : IDisposable
    {
        public Generator(ulong seed = 0, Device device = null) => throw NotInFeed.Error;

        public void Dispose() => throw NotInFeed.Error;
    }
}
