namespace RetNet.Extensions.TorchSharp.Tests;

/// <summary>A fact that needs libtorch. It is skipped where the build left libtorch out.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TorchFactAttribute : Xunit.FactAttribute
{
    public TorchFactAttribute() => Skip = TestLibtorch.LeftOut;
}
