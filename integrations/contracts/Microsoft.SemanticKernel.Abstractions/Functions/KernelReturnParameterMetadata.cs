namespace Microsoft.SemanticKernel;

public sealed class KernelReturnParameterMetadata
{
    public string Description { get; set; } = string.Empty;

    public Type? ParameterType { get; set; }
}
