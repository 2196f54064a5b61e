namespace TorchSharp;

/// <summary>What every entry to native code answers.</summary>
internal static class NotInFeed
{
    public static Exception Error => new NotSupportedException("TorchSharp is missing from the package feed of this build: what stands in for it computes nothing.");
}
