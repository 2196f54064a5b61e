using System.ComponentModel;
using System.Globalization;
using System.Text.Json;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using RetNet.Extensions.AI.Tests;
using RetNet.Extensions.DependencyInjection;

namespace RetNet.Extensions.SemanticKernel.Tests;

/// <summary>A real kernel, its plugin, and a model whose weights make it call the plugin's function.</summary>
public sealed class FunctionInvocationTests : IDisposable
{
    private readonly ScriptedModel _model = new("Clock_Now");
    private readonly Clock _clock = new();

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Auto_calls_the_plugin_and_answers_with_its_result(bool asChatClient)
    {
        Kernel kernel = CreateKernel(asChatClient);

        string? answer = await kernel.InvokePromptAsync<string>("What time is it?", Arguments(FunctionChoiceBehavior.Auto()));

        Assert.Equal("Noon.", answer);
        Assert.Equal(["UTC"], _clock.Zones);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Auto_calls_the_plugin_in_a_stream(bool asChatClient)
    {
        Kernel kernel = CreateKernel(asChatClient);
        string answer = "";

        await foreach (string piece in kernel.InvokePromptStreamingAsync<string>(
            "What time is it?", Arguments(FunctionChoiceBehavior.Auto())))
        {
            answer += piece;
        }

        Assert.Equal("Noon.", answer);
        Assert.Equal(["UTC"], _clock.Zones);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Auto_calls_the_plugin_where_the_client_remembers_conversations(bool asChatClient)
    {
        Kernel kernel = CreateKernel(asChatClient, remember: true);

        string? answer = await kernel.InvokePromptAsync<string>("What time is it?", Arguments(FunctionChoiceBehavior.Auto()));
        string streamed = "";
        await foreach (string piece in kernel.InvokePromptStreamingAsync<string>(
            "What time is it?", Arguments(FunctionChoiceBehavior.Auto())))
        {
            streamed += piece;
        }

        Assert.Equal(("Noon.", "Noon."), (answer, streamed));
        Assert.Equal(["UTC", "UTC"], _clock.Zones);
    }

    [Fact]
    public async Task Every_turn_of_a_chat_calls_the_plugin_again()
    {
        Kernel kernel = CreateKernel();
        IChatCompletionService chat = kernel.GetRequiredService<IChatCompletionService>();
        PromptExecutionSettings settings = new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };
        ChatHistory history = new();
        for (int turn = 1; turn <= 3; turn++)
        {
            history.AddUserMessage("What time is it?");
            ChatMessageContent answer = await chat.GetChatMessageContentAsync(history, settings, kernel);
            history.Add(answer);

            Assert.Equal("Noon.", answer.Content);
            Assert.Equal(turn, _clock.Zones.Count);
        }
    }

    [Fact]
    public async Task Without_automatic_invocation_the_caller_gets_the_call()
    {
        Kernel kernel = CreateKernel();
        IChatCompletionService chat = kernel.GetRequiredService<IChatCompletionService>();
        PromptExecutionSettings settings = new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto(autoInvoke: false) };
        ChatHistory history = new();
        history.AddUserMessage("What time is it?");

        ChatMessageContent asked = await chat.GetChatMessageContentAsync(history, settings, kernel);
        history.Add(asked);
        FunctionCallContent call = Assert.Single(FunctionCallContent.GetFunctionCalls(asked));
        FunctionResultContent result = await call.InvokeAsync(kernel);
        history.Add(result.ToChatMessage());
        ChatMessageContent answered = await chat.GetChatMessageContentAsync(history, settings, kernel);

        Assert.Equal(["UTC"], _clock.Zones);
        Assert.Equal("Noon.", answered.Content);
    }

    [Fact]
    public async Task None_offers_no_function()
    {
        string? answer = await CreateKernel().InvokePromptAsync<string>("What time is it?", Arguments(FunctionChoiceBehavior.None()));

        Assert.Equal("Noon.", answer);
        Assert.Empty(_clock.Zones);
    }

    [Theory]
    [InlineData("auto", true)]
    [InlineData("required", true)]
    [InlineData("none", false)]
    public async Task A_behavior_of_a_prompt_file_offers_its_functions(string type, bool isCalled)
    {
        Kernel kernel = CreateKernel();
        string behavior = $$"""{"type": "{{type}}", "functions": ["Clock.Now"]}""";

        FunctionResult result = await kernel.InvokeAsync(kernel.CreateFunctionFromPrompt(PromptTemplateConfig.FromJson($$"""
            {
                "template": "What time is it?",
                "execution_settings": { "default": { "function_choice_behavior": {{behavior}} } }
            }
            """)));

        Assert.Equal("Noon.", result.ToString());
        Assert.Equal(isCalled ? ["UTC"] : [], _clock.Zones);
    }

    [Fact]
    public async Task Filters_see_the_call()
    {
        Kernel kernel = CreateKernel();
        Recorder recorder = new();
        kernel.AutoFunctionInvocationFilters.Add(recorder);
        kernel.FunctionInvocationFilters.Add(recorder);

        Assert.Equal(
            "Noon.", await kernel.InvokePromptAsync<string>("What time is it?", Arguments(FunctionChoiceBehavior.Auto())));

        Assert.Contains("auto Now", recorder.Seen);
        Assert.Contains("function Now", recorder.Seen);
    }

    [Fact]
    public async Task Without_automatic_invocation_a_stream_has_the_call()
    {
        Kernel kernel = CreateKernel();
        IChatCompletionService chat = kernel.GetRequiredService<IChatCompletionService>();
        PromptExecutionSettings settings = new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto(autoInvoke: false) };
        ChatHistory history = new();
        history.AddUserMessage("What time is it?");
        FunctionCallContentBuilder calls = new();

        await foreach (StreamingChatMessageContent part in chat.GetStreamingChatMessageContentsAsync(history, settings, kernel))
            calls.Append(part);

        FunctionCallContent call = Assert.Single(calls.Build());
        Assert.Equal(("Clock", "Now"), (call.PluginName, call.FunctionName));
        Assert.Empty(_clock.Zones);
        await call.InvokeAsync(kernel);
        Assert.Equal(["UTC"], _clock.Zones);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_enum_reaches_the_plugin(bool asChatClient)
    {
        Kernel kernel = CreateKernel(asChatClient, withClock: false);
        List<Zone> zones = [];
        kernel.Plugins.AddFromFunctions("Clock", [KernelFunctionFactory.CreateFromMethod((Zone zone) => zones.Add(zone), "Now")]);

        Assert.Equal("Noon.", await kernel.InvokePromptAsync<string>("What time is it?", Arguments(FunctionChoiceBehavior.Auto())));

        Assert.Equal([Zone.UTC], zones);
    }

    [Theory]
    [InlineData("2026-11-29", "2026-11-29")]
    [InlineData("3.14.15", "3.14.15")]
    [InlineData("2026-11-29T12:30:00Z", "2026-11-29T12:30:00.0000000+00:00")]
    [InlineData("12:30:00", "12:30:00.0000000")]
    [InlineData("any", "any")]
    [InlineData("UTC", "UTC")]
    public async Task A_text_reaches_the_plugin_as_the_type_of_its_parameter(string written, string expected)
    {
        List<string> seen = [];
        Delegate function = written switch
        {
            "2026-11-29" => (DateOnly? zone) => seen.Add(zone!.Value.ToString("O", CultureInfo.InvariantCulture)),
            "3.14.15" => (Version zone) => seen.Add(zone.ToString()),
            "2026-11-29T12:30:00Z" => (DateTimeOffset zone) => seen.Add(zone.ToString("O", CultureInfo.InvariantCulture)),
            "12:30:00" => (TimeOnly zone) => seen.Add(zone.ToString("O", CultureInfo.InvariantCulture)),
            "any" => (JsonElement zone) => seen.Add(zone.GetString()!),
            _ => (Zone? zone) => seen.Add(zone.ToString()!),
        };

        await CallAsync(function, $"\"{written}\"");

        Assert.Equal([expected], seen);
    }

    [Fact]
    public async Task Names_of_an_enum_reach_the_plugin_in_a_list_and_in_an_object()
    {
        List<Zone> seen = [];

        await CallAsync((List<Zone> zone) => seen.AddRange(zone), """["UTC", "GMT"]""");
        await CallAsync((Place zone) => seen.Add(zone.Zone), """{"Zone": "UTC"}""", isStreamed: true);

        Assert.Equal([Zone.UTC, Zone.GMT, Zone.UTC], seen);
    }

    private static async Task CallAsync(Delegate function, string zone, bool isStreamed = false)
    {
        using ScriptedModel model = new(
            ["<tool_call>", "\n{\"name\": \"Clock_Now\", ", $"\"arguments\": {{\"zone\": {zone}}}}}\n", "</tool_call>"]);
        IKernelBuilder builder = Kernel.CreateBuilder();
        builder.AddRetNetChatCompletion(options => options.ModelPath = model.Folder);
        Kernel kernel = builder.Build();
        kernel.Plugins.AddFromFunctions("Clock", [KernelFunctionFactory.CreateFromMethod(function, "Now")]);
        KernelArguments arguments = Arguments(FunctionChoiceBehavior.Auto());

        Assert.Equal("Noon.", isStreamed
            ? string.Concat(await kernel.InvokePromptStreamingAsync<string>("What time is it?", arguments).ToArrayAsync())
            : await kernel.InvokePromptAsync<string>("What time is it?", arguments));
    }

    private sealed record Place(Zone Zone);

    [Fact]
    public async Task A_function_that_fails_does_not_end_the_chat()
    {
        Kernel kernel = CreateKernel(withClock: false);
        kernel.Plugins.AddFromFunctions("Clock", [KernelFunctionFactory.CreateFromMethod(
            string (string zone) => throw new InvalidOperationException("The clock stands."), "Now")]);

        Assert.Equal("Noon.", await kernel.InvokePromptAsync<string>("What time is it?", Arguments(FunctionChoiceBehavior.Auto())));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_result_says_that_the_answer_after_a_call_was_finished(bool asChatClient)
    {
        FunctionResult result = await CreateKernel(asChatClient).InvokePromptAsync(
            "What time is it?", Arguments(FunctionChoiceBehavior.Auto()));

        Assert.Equal(["UTC"], _clock.Zones);
        Assert.Equal("stop", result.Metadata!["FinishReason"]);
    }

    [Theory]
    [InlineData("-")]
    [InlineData("_")]
    public async Task A_history_of_another_service_is_read_as_one_of_this(string separator)
    {
        // The model answers if the call has the name that it knows, and the result stands alone.
        const string template = "{# A call is written <tool_call>{\"name\": ..., \"arguments\": {...}}</tool_call>. #}"
            + "{% if messages|length == 3 and 'Clock_Now' in messages[1]|tojson and messages[2].content == 'noon' %}"
            + "{{ '<result>' }}{% endif %}";
        IKernelBuilder builder = Kernel.CreateBuilder();
        builder.AddRetNetChatCompletion(options => (options.ModelPath, options.ChatTemplate) = (_model.Folder, template));
        FunctionCallContent call = separator == "_" ? new("Clock_Now", id: "1") : new("Now", "Clock", "1");
        ChatHistory history = new("What time is it?")
        {
            new ChatMessageContent(AuthorRole.Assistant, [call]),
            new ChatMessageContent(AuthorRole.Tool, [new TextContent("noon"), new FunctionResultContent(call, "noon")]),
        };

        ChatMessageContent answer = await builder.Build().GetRequiredService<IChatCompletionService>()
            .GetChatMessageContentAsync(history);

        Assert.Equal("Noon.", answer.Content);
        Assert.Equal(2, history[^1].Items.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_a_prompt_function_returns_is_read_as_its_text(bool isStreamed)
    {
        // The model answers if it is shown the text alone.
        const string template = "{# A call is written <tool_call>{\"name\": ..., \"arguments\": {...}}</tool_call>. #}"
            + "{% if messages[messages|length - 1]['content'] == 'noon' %}{{ '<result>' }}{% elif tools %}{{ '<ask>' }}{% endif %}";
        IKernelBuilder builder = Kernel.CreateBuilder();
        builder.AddRetNetChatCompletion(options => (options.ModelPath, options.ChatTemplate) = (_model.Folder, template));
        Kernel kernel = builder.Build();
        kernel.Plugins.AddFromFunctions("Clock", [KernelFunctionFactory.CreateFromMethod(
            (string zone) => new ChatMessageContent(AuthorRole.Assistant, "noon"), "Now")]);
        IChatCompletionService chat = kernel.GetRequiredService<IChatCompletionService>();
        ChatHistory history = new("What time is it?");

        string? answer = isStreamed
            ? string.Concat(await chat.GetStreamingChatMessageContentsAsync(history, Auto, kernel).ToArrayAsync())
            : (await chat.GetChatMessageContentAsync(history, Auto, kernel)).Content;

        Assert.Equal("Noon.", answer);
        FunctionResultContent result = Assert.Single(history[^1].Items.OfType<FunctionResultContent>());
        Assert.Equal(("Clock", "Now", "noon"), (result.PluginName, result.FunctionName, result.Result));
    }

    private static PromptExecutionSettings Auto => new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() };

    private enum Zone
    {
        GMT,
        UTC,
    }

    private Kernel CreateKernel(bool asChatClient = false, bool withClock = true, bool remember = false)
    {
        IKernelBuilder builder = Kernel.CreateBuilder();
        if (asChatClient)
            builder.AddRetNetChatClient(Configure);
        else
            builder.AddRetNetChatCompletion(Configure);
        if (withClock)
            builder.Plugins.AddFromObject(_clock);
        return builder.Build();

        void Configure(RetNetOptions options) => (options.ModelPath, options.RememberConversations) = (_model.Folder, remember);
    }

    private static KernelArguments Arguments(FunctionChoiceBehavior behavior)
        => new(new PromptExecutionSettings { FunctionChoiceBehavior = behavior });

    private sealed class Clock
    {
        public List<string> Zones { get; } = [];

        [KernelFunction, Description("Tells the time.")]
        public string Now([Description("The time zone.")] string zone)
        {
            Zones.Add(zone);
            return "noon";
        }
    }

    private sealed class Recorder : IAutoFunctionInvocationFilter, IFunctionInvocationFilter
    {
        public List<string> Seen { get; } = [];

        public Task OnAutoFunctionInvocationAsync(
            AutoFunctionInvocationContext context, Func<AutoFunctionInvocationContext, Task> next)
        {
            Seen.Add($"auto {context.Function.Name}");
            return next(context);
        }

        public Task OnFunctionInvocationAsync(FunctionInvocationContext context, Func<FunctionInvocationContext, Task> next)
        {
            Seen.Add($"function {context.Function.Name}");
            return next(context);
        }
    }
}
