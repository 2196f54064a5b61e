namespace Microsoft.SemanticKernel.TemplateEngine;

/// <summary>A variable; one that has no value renders to nothing.</summary>
internal sealed class VariableBlock(string name) : Block
{
    public string Name => name;

    public override IEnumerable<string> Variables => [name];

    public override ValueTask<object?> RenderAsync(Kernel kernel, KernelArguments arguments, CancellationToken cancellationToken)
        => new(arguments.GetValueOrDefault(name));
}
