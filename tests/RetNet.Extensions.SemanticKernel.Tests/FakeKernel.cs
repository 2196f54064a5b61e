using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace RetNet.Extensions.SemanticKernel.Tests;

internal static class FakeKernel
{
    /// <summary>A kernel whose only service is a chat completion over <paramref name="client"/>.</summary>
    public static Kernel Over(FakeChatClient client)
    {
        IKernelBuilder builder = Kernel.CreateBuilder();
        builder.Services.AddSingleton(client.AsChatCompletionService());
        return builder.Build();
    }
}
