namespace TorchSharp;

public static partial class torch
{
    /// <summary>NVIDIA GPUs.</summary>
    public static class cuda
    {
        public static int device_count() => throw NotInFeed.Error;

        public static bool is_available() => throw NotInFeed.Error;
    }
}
