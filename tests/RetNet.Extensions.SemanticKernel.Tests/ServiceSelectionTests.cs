using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using RetNet.Extensions.DependencyInjection;

namespace RetNet.Extensions.SemanticKernel.Tests;

public class ServiceSelectionTests
{
    [Fact]
    public async Task The_model_id_of_the_settings_chooses()
    {
        Kernel kernel = Add(Kernel.CreateBuilder()).Build();

        Assert.Equal(EmbeddedModels.RetNetName, await AskAsync(kernel, new() { ModelId = EmbeddedModels.RetNetName }));
        Assert.Equal(EmbeddedModels.LlamaName, await AskAsync(kernel, new() { ModelId = EmbeddedModels.LlamaName }));
    }

    [Fact]
    public async Task Without_settings_the_last_registered_service_answers()
    {
        Kernel kernel = Add(Kernel.CreateBuilder()).Build();

        Assert.Equal(EmbeddedModels.LlamaName, await AskAsync(kernel, new()));
        Assert.Equal(EmbeddedModels.LlamaName, await AskAsync(kernel, new() { ServiceId = "default" }));
        await Assert.ThrowsAsync<KernelException>(() => AskAsync(kernel, new() { ServiceId = "other" }));
    }

    [Fact]
    public async Task A_container_makes_kernels_that_share_a_model()
    {
        ServiceCollection services = new();
        Add(services.AddKernel());
        await using ServiceProvider provider = services.BuildServiceProvider();
        Kernel first = provider.GetRequiredService<Kernel>();
        Kernel second = provider.GetRequiredService<Kernel>();

        Assert.NotSame(first, second);
        Assert.Same(
            first.GetRequiredService<IChatCompletionService>("small"), second.GetRequiredService<IChatCompletionService>("small"));
        Assert.Equal(EmbeddedModels.RetNetName, await AskAsync(first, new() { ServiceId = "small" }));
        Assert.Equal(EmbeddedModels.RetNetName, await AskAsync(second, new() { ServiceId = "small" }));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("story")]
    public void A_second_model_under_a_service_id_is_an_error(string? serviceId)
    {
        static void Llama(RetNetOptions options) => options.ModelPath = EmbeddedModels.Llama;
        IConfiguration section = new ConfigurationBuilder().AddInMemoryCollection([new("ModelPath", EmbeddedModels.Llama)]).Build();
        foreach (Action<IKernelBuilder> second in (Action<IKernelBuilder>[])
        [
            builder => builder.AddRetNetChatCompletion(Llama, serviceId),
            builder => builder.AddRetNetChatCompletion(section, serviceId),
            builder => builder.AddRetNetTextGeneration(Llama, serviceId),
            builder => builder.AddRetNetTextGeneration(section, serviceId),
            builder => builder.AddRetNetChatClient(Llama, serviceId),
            builder => builder.AddRetNetChatClient(section, serviceId),
            builder => builder.AddRetNetEmbeddingGenerator(Llama, serviceId),
            builder => builder.AddRetNetEmbeddingGenerator(section, serviceId),
        ])
        {
            IKernelBuilder builder = Kernel.CreateBuilder()
                .AddRetNetChatCompletion(options => options.ModelPath = EmbeddedModels.RetNet, serviceId);
            second(builder);

            OptionsValidationException failure = Assert.Throws<OptionsValidationException>(
                () => builder.Build().GetRequiredService<IChatCompletionService>(serviceId));

            Assert.Contains("expected one model under a name or service id", failure.Message, StringComparison.Ordinal);
        }

        Assert.Throws<InvalidOperationException>(() => Kernel.CreateBuilder()
            .AddRetNetChatCompletion("small", "chat").AddRetNetTextGeneration("large", "chat"));
    }

    private static IKernelBuilder Add(IKernelBuilder builder) => builder
        .AddRetNetChatCompletion(options => options.ModelPath = EmbeddedModels.RetNet, "small")
        .AddRetNetChatCompletion(options => options.ModelPath = EmbeddedModels.Llama, "large");

    private static async Task<string?> AskAsync(Kernel kernel, PromptExecutionSettings settings)
    {
        settings.ExtensionData = new Dictionary<string, object> { ["max_tokens"] = 2 };
        FunctionResult result = await kernel.InvokePromptAsync("Hello", new KernelArguments(settings));
        return result.GetValue<ChatMessageContent>()!.ModelId;
    }
}
