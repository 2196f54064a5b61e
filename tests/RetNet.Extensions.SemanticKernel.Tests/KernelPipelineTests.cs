using System.ComponentModel;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using RetNet.Extensions.AI.Tests;

namespace RetNet.Extensions.SemanticKernel.Tests;

/// <summary>A kernel over a client of a service collection, with the pipeline that <c>UseRetNetKernel</c> adds.</summary>
public sealed class KernelPipelineTests
{
    [Fact]
    public async Task Functions_are_called_where_the_client_remembers_conversations()
    {
        using ScriptedModel model = new("Clock_Now");
        ServiceCollection services = new();
        services.AddRetNetChatClient(options => (options.ModelPath, options.RememberConversations) = (model.Folder, true))
            .UseRetNetKernel();
        await using ServiceProvider provider = services.BuildServiceProvider();
        Kernel kernel = new(provider);
        List<string> zones = [];
        kernel.Plugins.AddFromFunctions("Clock", [KernelFunctionFactory.CreateFromMethod(
            [Description("Tells the time.")] (string zone) =>
            {
                zones.Add(zone);
                return "noon";
            },
            "Now")]);

        string? answer = await kernel.InvokePromptAsync<string>("What time is it?",
            new(new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() }));

        Assert.Equal("Noon.", answer);
        Assert.Equal(["UTC"], zones);
    }

    [Fact]
    public async Task Settings_of_prompt_files_are_honoured_and_the_result_says_how_it_ended()
    {
        ServiceCollection services = new();
        services.AddRetNetChatClient(options => options.ModelPath = EmbeddedModels.RetNet).UseRetNetKernel();
        await using ServiceProvider provider = services.BuildServiceProvider();
        PromptExecutionSettings settings = new()
        {
            ExtensionData = new Dictionary<string, object> { ["max_completion_tokens"] = 3.0, ["stop"] = "never in the text" },
        };

        FunctionResult result = await new Kernel(provider).InvokePromptAsync("Tell me a story.", new(settings));

        Assert.Equal(3, result.GetValue<ChatResponse>()!.Usage!.OutputTokenCount);
        Assert.Equal("length", result.Metadata!["FinishReason"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_is_of_a_type_also_in_a_pipeline_of_the_callers(bool isCallers)
    {
        ServiceCollection services = new();
        ChatClientBuilder pipeline = services.AddRetNetChatClient(options => options.ModelPath = EmbeddedModels.RetNet);
        _ = isCallers ? pipeline.UseKernelFunctionInvocation() : pipeline.UseRetNetKernel();
        await using ServiceProvider provider = services.BuildServiceProvider();
        RetNetPromptExecutionSettings settings = new() { ResponseFormat = typeof(Cat), Temperature = 0 };

        string? json = await new Kernel(provider).InvokePromptAsync<string>("Write a cat.", new(settings));

        Assert.NotNull(JsonSerializer.Deserialize<Cat>(json!, JsonSerializerOptions.Web));
    }

    private sealed record Cat(bool IsGrey, bool IsOld);
}
