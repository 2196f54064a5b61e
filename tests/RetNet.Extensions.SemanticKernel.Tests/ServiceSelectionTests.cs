using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace RetNet.Extensions.SemanticKernel.Tests;

public class ServiceSelectionTests
{
    private readonly IKernelBuilder _builder = Kernel.CreateBuilder();

    [Fact]
    public async Task The_service_id_of_the_settings_chooses()
    {
        Add("small", "model-s");
        Add("large", "model-l");

        Assert.Equal("small", await AskAsync(new PromptExecutionSettings { ServiceId = "small" }));
        Assert.Equal("large", await AskAsync(new PromptExecutionSettings { ServiceId = "large" }));
    }

    [Fact]
    public async Task The_model_id_of_the_settings_chooses()
    {
        Add("small", "model-s");
        Add("large", "model-l");

        Assert.Equal("small", await AskAsync(new PromptExecutionSettings { ModelId = "model-s" }));
    }

    [Fact]
    public async Task Without_settings_the_last_registered_service_answers()
    {
        Add(null, "model-d");
        Add("small", "model-s");

        Assert.Equal("small", await AskAsync(null));
        Assert.Equal("small", await AskAsync(new PromptExecutionSettings()));
        Assert.Equal("small", await AskAsync(new PromptExecutionSettings { ServiceId = "default" }));
    }

    [Fact]
    public void A_required_service_without_a_key_is_the_unkeyed_one()
    {
        Add(null, "model-d");
        Add("small", "model-s");
        Kernel kernel = _builder.Build();

        Assert.Equal("model-d", kernel.GetRequiredService<IChatCompletionService>().Attributes["ModelId"]);
        Assert.Equal("model-s", kernel.GetRequiredService<IChatCompletionService>("small").Attributes["ModelId"]);
        Assert.Equal(2, kernel.GetAllServices<IChatCompletionService>().Count());
        Assert.Throws<KernelException>(() => kernel.GetRequiredService<IChatCompletionService>("other"));
    }

    [Fact]
    public async Task An_unknown_service_id_is_an_error()
    {
        Add("small", "model-s");

        await Assert.ThrowsAsync<KernelException>(() => AskAsync(new PromptExecutionSettings { ServiceId = "other" }));
    }

    [Fact]
    public async Task The_first_service_id_that_is_registered_chooses_among_several_settings()
    {
        Add("small", "model-s");
        Add("large", "model-l");
        Kernel kernel = _builder.Build();
        KernelFunction function = kernel.CreateFunctionFromPrompt(
            "Hello", [new PromptExecutionSettings { ServiceId = "other" }, new PromptExecutionSettings { ServiceId = "large" }]);

        Assert.Equal("large", await kernel.InvokeAsync<string>(function));
        Assert.True(function.ExecutionSettings!["large"].IsFrozen);
    }

    [Fact]
    public void Two_settings_for_one_service_are_refused()
        => Assert.Throws<ArgumentException>(() => new KernelArguments([new PromptExecutionSettings(), new PromptExecutionSettings()]));

    [Fact]
    public async Task A_container_makes_kernels()
    {
        ServiceCollection services = new();
        IKernelBuilder builder = services.AddKernel();
        services.AddSingleton(new FakeChatClient("model", "hello").AsChatCompletionService());
        services.AddKeyedSingleton("small", new FakeChatClient("model-s", "small").AsChatCompletionService());
        await using ServiceProvider provider = services.BuildServiceProvider();
        Kernel kernel = provider.GetRequiredService<Kernel>();

        Assert.Equal("hello", await kernel.InvokePromptAsync<string>("Hello"));
        Assert.Equal(
            "small", await kernel.InvokePromptAsync<string>(
                "Hello", new KernelArguments(new PromptExecutionSettings { ServiceId = "small" })));
        Assert.NotSame(kernel, provider.GetRequiredService<Kernel>());
        Assert.Throws<InvalidOperationException>(builder.Build);
    }

    private void Add(string? serviceId, string modelId)
        => _builder.Services.AddKeyedSingleton(serviceId, new FakeChatClient(modelId, serviceId ?? "unkeyed").AsChatCompletionService());

    private async Task<string?> AskAsync(PromptExecutionSettings? settings)
        => await _builder.Build().InvokePromptAsync<string>("Hello", new KernelArguments(settings));
}
