namespace Microsoft.SemanticKernel;

public sealed class KernelFunctionMetadata(string name)
{
    public string Name { get; init; } = name;

    public string? PluginName { get; init; }

    public string Description { get; init; } = string.Empty;

    public IReadOnlyList<KernelParameterMetadata> Parameters { get; init; } = [];

    public KernelReturnParameterMetadata ReturnParameter { get; init; } = new();
}
