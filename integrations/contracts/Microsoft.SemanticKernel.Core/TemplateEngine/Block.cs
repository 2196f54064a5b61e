namespace Microsoft.SemanticKernel.TemplateEngine;

/// <summary>A piece of a prompt template that renders to a value.</summary>
internal abstract class Block
{
    /// <summary>Names of the variables that rendering reads.</summary>
    public virtual IEnumerable<string> Variables => [];

    public abstract ValueTask<object?> RenderAsync(Kernel kernel, KernelArguments arguments, CancellationToken cancellationToken);
}
