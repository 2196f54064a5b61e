using Microsoft.Extensions.AI;
using RetNet.Extensions.SemanticKernel;

namespace Microsoft.SemanticKernel;

/// <summary>Makes a pipeline of chat clients one for a kernel.</summary>
public static class RetNetChatClientBuilderExtensions
{
    /// <summary>Adds what a kernel needs around the clients that are added after this: it calls functions of plugins as
    /// <see cref="FunctionChoiceBehavior"/> says, also where the client remembers conversations, reads settings and formats as prompt files
    /// write them, and gives results their <c>FinishReason</c>.</summary>
    /// <remarks>Instead of <c>UseKernelFunctionInvocation</c>, which it includes.</remarks>
    /// <param name="builder">The pipeline.</param>
    /// <returns>The same builder.</returns>
    public static ChatClientBuilder UseRetNetKernel(this ChatClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder
            .Use(client => new KernelChatClient(client))
            .UseKernelFunctionInvocation()
            .Use(client => new WholeHistoryChatClient(client));
    }
}
