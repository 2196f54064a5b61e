using Microsoft.SemanticKernel;

/// <summary>Shows each call of a plugin's function, and what it returned.</summary>
internal sealed class ShownCalls : IFunctionInvocationFilter
{
    public async Task OnFunctionInvocationAsync(FunctionInvocationContext context, Func<FunctionInvocationContext, Task> next)
    {
        await next(context);
        if (context.Function.PluginName is { } plugin)
        {
            string arguments = string.Join(", ", context.Arguments.Select(argument => $"{argument.Key}: {argument.Value}"));
            Console.WriteLine($"[{plugin}.{context.Function.Name}({arguments}) = {context.Result}]");
        }
    }
}
