using System.ComponentModel;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using FunctionCallContent = Microsoft.SemanticKernel.FunctionCallContent;

namespace RetNet.Extensions.SemanticKernel.Tests;

/// <summary>A kernel whose model was trained to call the functions of its plugins: tests/models/calls-by-heart.</summary>
public sealed class TrainedPluginTests
{
    private const string TwoCalls = "Switch on the light in the hall, and what does a lamp cost?";

    private readonly List<string> _calls = [];

    [Theory]
    [InlineData("What time is it in Paris?", "It is noon in Paris.", "Now Europe/Paris")]
    [InlineData(
        TwoCalls, "The light in the hall is on. A lamp costs 12 euros.",
        "Switch hall True", "Price lamp")]
    [InlineData(
        "Order three lamps if they cost less than 20 euros.", "I ordered three lamps for 12 euros each.", "Price lamp", "Order lamp 3")]
    [InlineData("Hello!", "Hello! How can I help you?")]
    public async Task Plugins_are_called(string prompt, string answer, params string[] calls)
    {
        string? answered = await Kernel().InvokePromptAsync<string>(prompt, Automatic);

        Assert.Equal(answer, answered);
        Assert.Equal(calls, _calls);
    }

    [Fact]
    public async Task Plugins_are_called_in_a_stream()
    {
        string answer = "";

        await foreach (string piece in Kernel().InvokePromptStreamingAsync<string>(
            TwoCalls, Automatic))
        {
            answer += piece;
        }

        Assert.Equal("The light in the hall is on. A lamp costs 12 euros.", answer);
        Assert.Equal(["Switch hall True", "Price lamp"], _calls);
    }

    [Fact]
    public async Task A_parameter_may_be_an_enum()
    {
        Kernel kernel = Empty();
        kernel.Plugins.AddFromObject(new Paint(_calls), "Paint");

        Assert.Equal("The green paint is ready.", await kernel.InvokePromptAsync<string>("Mix the color of grass.", Automatic));
        Assert.Equal(["Mix Green"], _calls);
    }

    [Fact]
    public async Task Without_automatic_invocation_the_calls_are_returned()
    {
        Kernel kernel = Kernel();
        ChatHistory history = new();
        history.AddUserMessage(TwoCalls);

        ChatMessageContent message = await kernel.GetRequiredService<IChatCompletionService>().GetChatMessageContentAsync(
            history, new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto(autoInvoke: false) }, kernel);

        Assert.Equal(["Switch", "Price"], FunctionCallContent.GetFunctionCalls(message).Select(call => call.FunctionName));
        Assert.Empty(_calls);
    }

    [Fact]
    public async Task Calls_of_a_stream_are_told_apart_and_the_caller_adds_them_to_the_history()
    {
        Kernel kernel = Kernel();
        IChatCompletionService chat = kernel.GetRequiredService<IChatCompletionService>();
        PromptExecutionSettings manual = new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto(autoInvoke: false) };
        ChatHistory history = new();
        history.AddUserMessage(TwoCalls);
        FunctionCallContentBuilder builder = new();

        await foreach (StreamingChatMessageContent part in chat.GetStreamingChatMessageContentsAsync(history, manual, kernel))
            builder.Append(part);
        IReadOnlyList<FunctionCallContent> calls = builder.Build();

        Assert.Equal(["Lights.Switch", "Shop.Price"], calls.Select(call => $"{call.PluginName}.{call.FunctionName}"));
        Assert.All(calls, call => Assert.Null(call.Exception));
        Assert.Single(history);
        history.Add(new ChatMessageContent(AuthorRole.Assistant, [.. calls]));
        foreach (FunctionCallContent call in calls)
            history.Add((await call.InvokeAsync(kernel)).ToChatMessage());
        ChatMessageContent answer = await chat.GetChatMessageContentAsync(history, manual, kernel);
        Assert.Equal("The light in the hall is on. A lamp costs 12 euros.", answer.Content);
        Assert.Equal(["Switch hall True", "Price lamp"], _calls);
    }

    [Fact]
    public async Task A_stream_leaves_the_history_that_a_whole_answer_leaves()
    {
        Kernel kernel = Kernel();
        IChatCompletionService chat = kernel.GetRequiredService<IChatCompletionService>();
        PromptExecutionSettings settings = new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };
        ChatHistory whole = new();
        whole.AddUserMessage(TwoCalls);
        ChatHistory streamed = new();
        streamed.AddUserMessage(TwoCalls);

        whole.Add(await chat.GetChatMessageContentAsync(whole, settings, kernel));
        string answer = "";
        await foreach (StreamingChatMessageContent part in chat.GetStreamingChatMessageContentsAsync(streamed, settings, kernel))
            answer += part.Content;
        streamed.AddAssistantMessage(answer);

        Assert.Equal(["user", "assistant FunctionCallContent FunctionCallContent", "tool TextContent FunctionResultContent",
            "tool TextContent FunctionResultContent", "assistant TextContent"], whole.Select(Describe));
        Assert.Equal(whole.Select(Describe), streamed.Select(Describe));
        Assert.Equal(await CostAsync(whole), await CostAsync(streamed));

        static string Describe(ChatMessageContent message) => message.Role == AuthorRole.User
            ? "user"
            : string.Join(' ', [message.Role.Label, .. message.Items.Select(item => item.GetType().Name)]);

        async Task<(long?, long?)> CostAsync(ChatHistory history)
        {
            history.AddUserMessage("Thank you.");
            ChatMessageContent next = await chat.GetChatMessageContentAsync(
                history, new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto(autoInvoke: false) }, kernel);
            UsageDetails usage = Assert.IsType<UsageDetails>(next.Metadata!["Usage"]);
            return (usage.InputTokenCount, usage.CachedInputTokenCount);
        }
    }

    [Fact]
    public async Task A_call_may_be_required()
    {
        Kernel kernel = Kernel();
        PromptExecutionSettings settings = new()
        {
            FunctionChoiceBehavior = FunctionChoiceBehavior.Required([kernel.Plugins.GetFunction("Clock", "Now")]),
        };

        await kernel.InvokePromptAsync("Hello!", new KernelArguments(settings));

        Assert.StartsWith("Now ", Assert.Single(_calls));
    }

    private static KernelArguments Automatic =>
        new(new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() });

    private Kernel Kernel()
    {
        Kernel kernel = Empty();
        HousePlugins.AddTo(kernel, _calls);
        return kernel;
    }

    private static Kernel Empty()
    {
        IKernelBuilder builder = Microsoft.SemanticKernel.Kernel.CreateBuilder();
        builder.AddRetNetChatCompletion(options => options.ModelPath = EmbeddedModels.ByHeart);
        return builder.Build();
    }

    private sealed class Paint(List<string> calls)
    {
        [KernelFunction, Description("Mixes a color.")]
        public string Mix(Color color)
        {
            calls.Add($"Mix {color}");
            return "mixed";
        }
    }

    private enum Color
    {
        Red,
        Green,
        Blue,
    }
}
