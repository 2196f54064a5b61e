namespace RetNet.Extensions.TorchSharp.Tests;

/// <summary>A theory that needs libtorch. It is skipped where the build left libtorch out.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TorchTheoryAttribute : Xunit.TheoryAttribute
{
    public TorchTheoryAttribute() => Skip = TestLibtorch.LeftOut;
}
