using System.ComponentModel;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace RetNet.Extensions.SemanticKernel.Tests;

/// <summary>A kernel whose model was trained to call the functions of its plugins: tests/models/calls-by-heart.</summary>
public sealed class TrainedPluginTests
{
    private readonly List<string> _calls = [];

    [Theory]
    [InlineData("What time is it in Paris?", "It is noon in Paris.", "Now Europe/Paris")]
    [InlineData(
        "Switch on the light in the hall, and what does a lamp cost?", "The light in the hall is on. A lamp costs 12 euros.",
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
            "Switch on the light in the hall, and what does a lamp cost?", Automatic))
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
        history.AddUserMessage("Switch on the light in the hall, and what does a lamp cost?");

        ChatMessageContent message = await kernel.GetRequiredService<IChatCompletionService>().GetChatMessageContentAsync(
            history, new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto(autoInvoke: false) }, kernel);

        Assert.Equal(["Switch", "Price"], FunctionCallContent.GetFunctionCalls(message).Select(call => call.FunctionName.Split('_')[^1]));
        Assert.Empty(_calls);
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
