namespace Microsoft.SemanticKernel.TemplateEngine;

/// <summary>A function call with at most one positional argument, followed by named ones.</summary>
internal sealed class FunctionBlock(string pluginName, string functionName, Block? positional, IReadOnlyList<(string Name, Block Value)> named) : Block
{
    public override IEnumerable<string> Variables => named.Select(argument => argument.Value).Prepend(positional).SelectMany(block => block?.Variables ?? []);

    public override async ValueTask<object?> RenderAsync(Kernel kernel, KernelArguments arguments, CancellationToken cancellationToken)
    {
        if (positional is not null || named.Count > 0)
            arguments = await AddArgumentsAsync(kernel, new KernelArguments(arguments), cancellationToken).ConfigureAwait(false);
        var result = await kernel.InvokeAsync(pluginName, functionName, arguments, cancellationToken).ConfigureAwait(false);
        return result.Value;
    }

    private async ValueTask<KernelArguments> AddArgumentsAsync(Kernel kernel, KernelArguments arguments, CancellationToken cancellationToken)
    {
        var parameters = kernel.Plugins.GetFunction(pluginName, functionName).Metadata.Parameters;
        if (parameters.Count == 0)
            throw new ArgumentException($"Function {pluginName}.{functionName} does not take any arguments but it is being called in the template with arguments.");

        if (positional is not null)
            arguments[parameters[0].Name] = await positional.RenderAsync(kernel, arguments, cancellationToken).ConfigureAwait(false);

        foreach (var (name, value) in named)
        {
            if (positional is not null && name.Equals(parameters[0].Name, StringComparison.OrdinalIgnoreCase))
                throw new ArgumentException($"Ambiguity found as a named parameter '{name}' cannot be set for the first parameter when there is also a positional value. Function: {pluginName}.{functionName}");
            arguments[name] = await value.RenderAsync(kernel, arguments, cancellationToken).ConfigureAwait(false);
        }

        return arguments;
    }
}
