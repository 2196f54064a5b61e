using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using RetNet.Extensions.AI.Tests;
using FunctionResultContent = Microsoft.SemanticKernel.FunctionResultContent;
using TextContent = Microsoft.Extensions.AI.TextContent;

namespace RetNet.Extensions.SemanticKernel.Tests;

/// <summary>Where a filter ends the calls, the answer is the text of the last result, whatever a function returns.</summary>
public sealed class EndedCallTests : IDisposable
{
    private readonly ScriptedModel _model = new("Clock_Now");

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData("text")]
    [InlineData("content")]
    [InlineData("contents")]
    [InlineData("message")]
    [InlineData("response")]
    [InlineData("circle")]
    public async Task The_answer_is_the_result_as_the_model_reads_it_or_its_own_text(string kind)
    {
        Kernel kernel = CreateKernel(kind);
        IChatCompletionService chat = kernel.GetRequiredService<IChatCompletionService>();
        PromptExecutionSettings settings = new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };
        ChatHistory history = new("What time is it?");
        ChatHistory streamedHistory = new("What time is it?");

        ChatMessageContent answer = await chat.GetChatMessageContentAsync(history, settings, kernel);
        string streamed = string.Concat(
            await chat.GetStreamingChatMessageContentsAsync(streamedHistory, settings, kernel).ToArrayAsync());

        Assert.Equal(("noon", "noon"), (answer.Content, streamed));
        Assert.IsType(Noon(kind).GetType(), Assert.Single(answer.Items.OfType<FunctionResultContent>()).Result);
        Assert.Equal([AuthorRole.Assistant], history.Skip(1).Select(message => message.Role));
        Assert.Equal([AuthorRole.Assistant, AuthorRole.Tool], streamedHistory.Skip(1).Select(message => message.Role));
    }

    [Fact]
    public async Task A_prompt_is_answered_with_the_result()
    {
        FunctionResult result = await CreateKernel("text").InvokePromptAsync("What time is it?", new KernelArguments(
            new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() }));

        Assert.Equal("noon", result.ToString());
    }

    private Kernel CreateKernel(string kind)
    {
        IKernelBuilder builder = Kernel.CreateBuilder();
        builder.AddRetNetChatCompletion(options => options.ModelPath = _model.Folder);
        Kernel kernel = builder.Build();
        kernel.AutoFunctionInvocationFilters.Add(new Ending());
        kernel.Plugins.AddFromFunctions("Clock", [KernelFunctionFactory.CreateFromMethod((string zone) => Noon(kind), "Now")]);
        return kernel;
    }

    private static object Noon(string kind) => kind switch
    {
        "text" => "noon",
        "content" => new TextContent("noon"),
        "contents" => new AIContent[] { new TextContent("no"), new TextContent("on") },
        "message" => new ChatMessage(ChatRole.Assistant, "noon"),
        "response" => new ChatResponse(new ChatMessage(ChatRole.Assistant, "noon")),
        _ => new Sundial(),
    };

    /// <summary>JSON cannot hold it.</summary>
    private sealed class Sundial
    {
        public Sundial Shadow => this;

        public override string ToString() => "noon";
    }

    private sealed class Ending : IAutoFunctionInvocationFilter
    {
        public async Task OnAutoFunctionInvocationAsync(
            AutoFunctionInvocationContext context, Func<AutoFunctionInvocationContext, Task> next)
        {
            await next(context);
            context.Terminate = true;
        }
    }
}
