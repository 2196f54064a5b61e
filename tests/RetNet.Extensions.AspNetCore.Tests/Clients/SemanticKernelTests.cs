using System.ComponentModel;
using System.Text;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Connectors.OpenAI;

namespace RetNet.Extensions.AspNetCore.Tests.Clients;

/// <summary>Semantic Kernel's connector for OpenAI.</summary>
[Collection(ModelServerCollection.Name)]
public sealed class SemanticKernelTests(ModelServer server)
{
    private sealed class Shop
    {
        public List<string> Asked { get; } = [];

        [KernelFunction("get_price")]
        [Description("Tells what a thing costs.")]
        public string Price([Description("The thing.")] string item)
        {
            Asked.Add(item);
            return "42 euros";
        }
    }

    private Kernel Kernel(string model, Shop? shop = null)
    {
        IKernelBuilder builder = Microsoft.SemanticKernel.Kernel.CreateBuilder();
        builder.AddOpenAIChatCompletion(model, server.Endpoint, apiKey: "none");
        if (shop is not null)
            builder.Plugins.AddFromObject(shop, "Shop");
        return builder.Build();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Plugin_is_called(bool streamed)
    {
        Shop shop = new();
        Kernel kernel = Kernel(ModelServer.Calls, shop);
        KernelArguments arguments = new(new OpenAIPromptExecutionSettings
        {
            FunctionChoiceBehavior = FunctionChoiceBehavior.Auto(),
            Temperature = 0,
            MaxTokens = 80,
        });
        StringBuilder answer = new();
        if (streamed)
        {
            await foreach (string piece in kernel.InvokePromptStreamingAsync<string>("What does a red lamp cost?", arguments))
                answer.Append(piece);
        }
        else
        {
            answer.Append(await kernel.InvokePromptAsync<string>("What does a red lamp cost?", arguments));
        }

        Assert.Single(shop.Asked);
        Assert.Contains("42 euros", answer.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_has_the_text_of_the_answer()
    {
        IChatCompletionService service = Kernel(ModelServer.Stories).GetRequiredService<IChatCompletionService>();
        OpenAIPromptExecutionSettings settings = new() { Temperature = 0, MaxTokens = 16 };
        ChatHistory history = new("Be brief.");
        history.AddUserMessage("Tell me a story about a dog.");

        ChatMessageContent whole = await service.GetChatMessageContentAsync(history, settings);
        StringBuilder streamed = new();
        await foreach (StreamingChatMessageContent piece in service.GetStreamingChatMessageContentsAsync(history, settings))
            streamed.Append(piece.Content);

        Assert.NotEmpty(whole.Content!);
        Assert.Equal(whole.Content, streamed.ToString());
    }
}
