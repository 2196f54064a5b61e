namespace Microsoft.SemanticKernel.TemplateEngine;

/// <summary>A quoted value.</summary>
internal sealed class ValueBlock(string value) : Block
{
    public override ValueTask<object?> RenderAsync(Kernel kernel, KernelArguments arguments, CancellationToken cancellationToken)
        => new(value);
}
