namespace Microsoft.SemanticKernel;

public sealed class KernelParameterMetadata(string name)
{
    public string Name { get; set; } = name;

    public string Description { get; set; } = string.Empty;

    public object? DefaultValue { get; set; }

    public bool IsRequired { get; set; }

    public Type? ParameterType { get; set; }
}
