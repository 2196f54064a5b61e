using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.TextGeneration;

namespace RetNet.Extensions.SemanticKernel.Tests;

/// <summary>Settings as prompt files write them.</summary>
public sealed class PromptFileTests
{
    private readonly FakeChatClient _client = new();

    [Theory]
    [InlineData("""{"max_tokens": 7.0, "top_k": 40.0, "seed": 5.0, "stop": "END"}""")]
    [InlineData("""{"max_tokens": "7", "top_k": "40", "seed": "5", "stop_sequences": "END"}""")]
    [InlineData("""{"max_completion_tokens": 7, "TOP_K": 40, "seed": 5, "stop": ["END"]}""")]
    public async Task Numbers_and_stop_sequences_are_honoured(string settings)
    {
        await AskAsync(settings);

        ChatOptions options = _client.Options!;
        Assert.Equal((7, 40, 5L), (options.MaxOutputTokens, options.TopK, options.Seed));
        Assert.Equal(["END"], options.StopSequences);
        Assert.Empty(options.AdditionalProperties ?? []);
    }

    [Theory]
    [InlineData("""{"max_tokens": 7.5}""", "max_tokens is 7.5; expected a whole number")]
    [InlineData("""{"top_k": "many"}""", "top_k is many; expected a whole number")]
    [InlineData("""{"stop": 3}""", "stop is 3; expected a text or a list of texts")]
    [InlineData("""{"response_format": {"type": "json_schema", "json_schema": {"name": "cat"}}}""", "expected json_schema with a schema")]
    [InlineData("""{"response_format": {"type": "json_schema", "json_schema": {"name": 5, "schema": {}}}}""", "name 5; expected a text")]
    [InlineData("""{"stop": ["a", {}]}""", "expected a text or a list of texts")]
    public async Task A_value_of_another_type_is_named(string settings, string expected) => Assert.Contains(
        expected, (await Assert.ThrowsAsync<ArgumentException>(() => AskAsync(settings))).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("\"json_object\"")]
    [InlineData("""{"type": "json_object"}""")]
    public async Task Any_json_is_asked_for_by_name_and_by_object(string format)
    {
        await AskAsync($$"""{"response_format": {{format}}}""");

        Assert.Same(ChatResponseFormat.Json, _client.Options!.ResponseFormat);
    }

    [Fact]
    public async Task Text_is_asked_for_by_object()
    {
        await AskAsync("""{"response_format": {"type": "text"}}""");

        Assert.Same(ChatResponseFormat.Text, _client.Options!.ResponseFormat);
    }

    [Theory]
    [InlineData("""{"type": "json_schema", "json_schema": {"name": "cat", "strict": true, "schema": {"type": "integer"}}}""", "cat")]
    [InlineData("""{"type": "json_schema", "name": "cat", "schema": {"type": "integer"}}""", "cat")]
    [InlineData("""{"type": "json_object", "schema": {"type": "integer"}}""", null)]
    [InlineData("""{"type": "integer"}""", null)]
    [InlineData("""{"type": "integer", "title": "cat"}""", "cat")]
    public async Task A_schema_is_found_in_its_envelope(string format, string? name)
    {
        await AskAsync($$"""{"response_format": {{format}}}""");

        ChatResponseFormatJson json = Assert.IsType<ChatResponseFormatJson>(_client.Options!.ResponseFormat);
        Assert.Equal("integer", json.Schema!.Value.GetProperty("type").GetString());
        Assert.Equal(name, json.SchemaName);
    }

    [Theory]
    [InlineData("none", 0)]
    [InlineData("MINIMAL", 1)]
    [InlineData("low", 1)]
    [InlineData("medium", 2)]
    [InlineData("high", 3)]
    [InlineData("max", 4)]
    public async Task How_much_a_model_reasons_is_said(string name, int effort)
    {
        PromptExecutionSettings other = new() { ExtensionData = new Dictionary<string, object> { ["reasoning_effort"] = name } };
        RetNetPromptExecutionSettings own = new() { ReasoningEffort = name };
        RetNetPromptExecutionSettings read = RetNetPromptExecutionSettings.FromExecutionSettings(other);
        foreach (PromptExecutionSettings settings in (PromptExecutionSettings[])[own, other, read])
        {
            await OverService().InvokePromptAsync("Hello", new(settings));

            ReasoningEffort[] efforts =
                [ReasoningEffort.None, ReasoningEffort.Low, ReasoningEffort.Medium, ReasoningEffort.High, ReasoningEffort.ExtraHigh];
            Assert.Equal(efforts[effort], _client.Options!.Reasoning!.Effort);
            Assert.Empty(_client.Options.AdditionalProperties ?? []);
        }
    }

    [Fact]
    public async Task An_effort_of_another_name_is_refused() => Assert.Contains("reasoning_effort is \"some\"; expected none",
        await RefusalAsync<ArgumentException>(() => OverService().InvokePromptAsync(
            "Hello", new(new RetNetPromptExecutionSettings { ReasoningEffort = "some" }))), StringComparison.Ordinal);

    [Fact]
    public async Task A_type_is_a_schema()
    {
        await AskAsync(new RetNetPromptExecutionSettings { ResponseFormat = typeof(Cat) });

        ChatResponseFormatJson json = Assert.IsType<ChatResponseFormatJson>(_client.Options!.ResponseFormat);
        Assert.Equal("integer", json.Schema!.Value.GetProperty("properties").GetProperty("lives").GetProperty("type").GetString());
    }

    [Fact]
    public async Task A_format_of_the_chat_client_is_itself()
    {
        await AskAsync(new RetNetPromptExecutionSettings { ResponseFormat = ChatResponseFormat.Json });
        Assert.Same(ChatResponseFormat.Json, _client.Options!.ResponseFormat);

        await AskAsync(new RetNetPromptExecutionSettings { ResponseFormat = ChatResponseFormat.ForJsonSchema<Cat>(schemaName: "pet") });
        Assert.Equal("pet", Assert.IsType<ChatResponseFormatJson>(_client.Options!.ResponseFormat).SchemaName);
    }

    [Fact]
    public void Own_settings_are_read_as_leniently()
    {
        RetNetPromptExecutionSettings settings = JsonSerializer.Deserialize<RetNetPromptExecutionSettings>(
            """{"max_tokens": 7.0, "top_k": "40", "seed": 5.0, "stop_sequences": "END", "response_format": {"type": "text"}}""")!;

        Assert.Equal((7, 40, 5L), (settings.MaxTokens, settings.TopK, settings.Seed));
        Assert.Equal(["END"], settings.StopSequences);
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<RetNetPromptExecutionSettings>("""{"max_tokens": 7.5}"""));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<RetNetPromptExecutionSettings>("""{"max_tokens": 1e12}"""));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<RetNetPromptExecutionSettings>("""{"stop_sequences": [1]}"""));
    }

    [Fact]
    public async Task The_callers_options_stay_as_they_are()
    {
        ChatOptions options = new() { AdditionalProperties = new() { ["max_tokens"] = 7.0 } };
        using KernelChatClient client = new(_client);

        await client.GetResponseAsync("Hello", options);

        Assert.Equal(7, _client.Options!.MaxOutputTokens);
        Assert.Null(options.MaxOutputTokens);
        Assert.Single(options.AdditionalProperties);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_cut_off_answer_says_so(bool asChatClient)
    {
        Kernel kernel = Stories(asChatClient);
        KernelFunction prompt = Prompt(kernel, """{"max_tokens": 7.0, "temperature": 0}""");

        FunctionResult result = await kernel.InvokeAsync(prompt);
        StreamingChatMessageContent[] parts = await kernel.InvokeStreamingAsync<StreamingChatMessageContent>(prompt).ToArrayAsync();

        ChatMessageContent content = result.GetValue<ChatMessageContent>()!;
        ChatResponse response = Assert.IsType<ChatResponse>(content.InnerContent);
        Assert.Equal(7, response.Usage!.OutputTokenCount);
        Assert.Equal("length", content.Metadata!["FinishReason"]);
        Assert.Equal("length", result.Metadata!["FinishReason"]);
        Assert.Equal("length", parts[^1].Metadata!["FinishReason"]);
        Assert.All(parts, part => Assert.IsType<ChatResponseUpdate>(part.InnerContent));
        Assert.Equal(content.Content, string.Concat(parts.Select(part => part.Content)));
    }

    [Theory]
    [InlineData("bogus")]
    [InlineData("json_schema")]
    public async Task A_format_of_another_name_is_refused(string format)
    {
        string expected = $"response_format is \"{format}\"; expected";
        Kernel kernel = Stories(asChatClient: false, builder =>
            builder.AddRetNetTextGeneration(options => options.ModelPath = EmbeddedModels.RetNet, serviceId: "text"));
        KernelFunction prompt = Prompt(kernel, $$"""{"response_format": "{{format}}"}""");
        KernelArguments own = new(new RetNetPromptExecutionSettings { ResponseFormat = format });
        PromptExecutionSettings text = new() { ExtensionData = new Dictionary<string, object> { ["response_format"] = format } };

        Assert.Contains(expected, await RefusalAsync<ArgumentException>(() => kernel.InvokeAsync(prompt)), StringComparison.Ordinal);
        Assert.Contains(expected, await RefusalAsync<ArgumentException>(
            () => kernel.InvokeStreamingAsync<string>(prompt).ToArrayAsync().AsTask()), StringComparison.Ordinal);
        Assert.Contains(expected, await RefusalAsync<ArgumentException>(() => kernel.GetRequiredService<ITextGenerationService>("text")
            .GetTextContentsAsync("Once", text, kernel)), StringComparison.Ordinal);
        foreach (Kernel either in new[] { kernel, Stories(asChatClient: true) })
        {
            Assert.Contains(
                expected, await RefusalAsync<JsonException>(() => either.InvokePromptAsync("Hello", own)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_schema_that_holds_no_json_is_named()
    {
        Assert.Contains("JsonSchema", Assert.Throws<ArgumentException>(
            () => new RetNetPromptExecutionSettings { JsonSchema = default(JsonElement) }).Message, StringComparison.Ordinal);
        foreach (object format in (object[])[default(JsonElement), ChatResponseFormat.ForJsonSchema(default(JsonElement))])
        {
            string refusal = await RefusalAsync<JsonException>(
                () => AskAsync(new RetNetPromptExecutionSettings { ResponseFormat = format }));
            Assert.Contains("response_format", refusal, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_text_is_continued_with_settings_of_prompt_files()
    {
        IKernelBuilder builder = Kernel.CreateBuilder();
        builder.AddRetNetTextGeneration(options => options.ModelPath = EmbeddedModels.RetNet);
        Kernel kernel = builder.Build();

        FunctionResult result = await kernel.InvokeAsync(Prompt(kernel, """{"max_tokens": 3.0}""", "Once upon a time"));

        Assert.Equal(3, ((UsageDetails)result.Metadata!["Usage"]!).OutputTokenCount);
    }

    [Fact]
    public async Task Unknown_settings_are_logged_once()
    {
        FakeLoggerProvider log = new();
        Kernel kernel = Stories(asChatClient: false, builder => builder.Services.AddLogging(logging => logging.AddProvider(log)));
        KernelFunction prompt = Prompt(kernel, """{"max_tokens": 1, "max_tokns": 3}""");

        for (int i = 0; i < 3; i++)
            await kernel.InvokeAsync(prompt);

        Assert.Single(log.Collector.GetSnapshot(), entry => entry.Level == LogLevel.Warning
            && entry.Message.Contains("max_tokns", StringComparison.Ordinal));
    }

    private static async Task<string> RefusalAsync<T>(Func<Task> ask)
        where T : Exception => (await Assert.ThrowsAsync<T>(ask)).Message;

    private Task AskAsync(string settings)
    {
        Kernel kernel = Over();
        return kernel.InvokeAsync(Prompt(kernel, settings));
    }

    private Task AskAsync(PromptExecutionSettings settings) => Over().InvokePromptAsync("Hello", new KernelArguments(settings));

    private Kernel Over()
    {
        IKernelBuilder builder = Kernel.CreateBuilder();
        builder.Services.AddSingleton(new KernelChatClient(_client).AsChatCompletionService());
        return builder.Build();
    }

    /// <summary>As <c>AddRetNetChatCompletion</c> puts a service together.</summary>
    private Kernel OverService()
    {
        IKernelBuilder builder = Kernel.CreateBuilder();
        builder.Services.AddSingleton<IChatCompletionService>(
            new KernelChatCompletionService(new KernelChatClient(_client).AsChatCompletionService()));
        return builder.Build();
    }

    private static Kernel Stories(bool asChatClient, Action<IKernelBuilder>? configure = null)
    {
        IKernelBuilder builder = Kernel.CreateBuilder();
        if (asChatClient)
            builder.AddRetNetChatClient(options => options.ModelPath = EmbeddedModels.RetNet);
        else
            builder.AddRetNetChatCompletion(options => options.ModelPath = EmbeddedModels.RetNet);
        configure?.Invoke(builder);
        return builder.Build();
    }

    private static KernelFunction Prompt(Kernel kernel, string settings, string template = "Tell me a story about a dog.") =>
        kernel.CreateFunctionFromPrompt(PromptTemplateConfig.FromJson(
            $"{{\"template\": \"{template}\", \"execution_settings\": {{\"default\": {settings}}}}}"));

    private sealed record Cat(string Name, int Lives);
}
