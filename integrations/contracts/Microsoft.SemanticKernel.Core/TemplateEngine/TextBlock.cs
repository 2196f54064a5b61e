namespace Microsoft.SemanticKernel.TemplateEngine;

internal sealed class TextBlock(string text) : Block
{
    public override ValueTask<object?> RenderAsync(Kernel kernel, KernelArguments arguments, CancellationToken cancellationToken)
        => new(text);
}
