using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.TextGeneration;
using RetNet.Extensions.AI;
using RetNet.Extensions.AI.Tests;

namespace RetNet.Extensions.SemanticKernel.Tests;

public class EmbeddedModelTests
{
    private const string Prompt = "Tell me a story about a {{$animal}}.";

    private readonly IKernelBuilder _builder = Kernel.CreateBuilder();

    [Theory]
    [InlineData("retnet", EmbeddedModels.RetNetName)]
    [InlineData("tova", EmbeddedModels.LlamaName)]
    public async Task A_prompt_is_answered_by_the_service_it_names(string serviceId, string modelId)
    {
        Kernel kernel = BothModels();

        FunctionResult result = await kernel.InvokePromptAsync(Prompt, Dog(Greedy(serviceId)));

        ChatMessageContent content = result.GetValue<ChatMessageContent>()!;
        Assert.Equal(modelId, content.ModelId);
        Assert.Equal(AuthorRole.Assistant, content.Role);
        Assert.NotEmpty(content.Content!);
        UsageDetails usage = Assert.IsType<UsageDetails>(result.Metadata!["Usage"]);
        Assert.Equal(20, usage.OutputTokenCount);
        Assert.Equal(usage.InputTokenCount + 20, usage.TotalTokenCount);
    }

    [Fact]
    public async Task A_stream_is_the_same_text_and_ends_with_the_usage()
    {
        Kernel kernel = BothModels();
        string whole = (await kernel.InvokePromptAsync<string>(Prompt, Dog(Greedy("tova"))))!;
        List<StreamingChatMessageContent> contents = new();

        await foreach (StreamingChatMessageContent content in kernel.InvokePromptStreamingAsync<StreamingChatMessageContent>(Prompt,
            Dog(Greedy("tova"))))
        {
            contents.Add(content);
        }

        Assert.Equal(whole, string.Concat(contents));
        Assert.Equal(20, Assert.IsType<UsageContent>(contents[^1].Metadata!["Usage"]).Details.OutputTokenCount);
        Assert.All(contents, content => Assert.Equal(EmbeddedModels.LlamaName, content.ModelId));
    }

    [Fact]
    public async Task A_stream_brings_text_while_the_rest_is_not_written_yet()
    {
        using PacedPolicy policy = new();
        List<StreamingChatMessageContent> contents = [];

        await foreach (StreamingChatMessageContent content in Paced(policy).InvokePromptStreamingAsync<StreamingChatMessageContent>(
            Prompt, Dog(Greedy(maxTokens: 24))))
        {
            policy.HasRead();
            contents.Add(content);
        }

        Assert.InRange(contents.Count, 4, 25);
        Assert.All(contents.SkipLast(1), content => Assert.NotEmpty(content.Content!));
    }

    [Fact]
    public async Task Grammars_are_settings()
    {
        Kernel kernel = BothModels();
        RetNetPromptExecutionSettings[] settings = [Greedy("retnet"), Greedy("retnet"), Greedy("retnet")];
        settings[0].Grammar = "root ::= \"red\" | \"green\"";
        settings[1].Regex = "[0-9]{3}";
        settings[2].JsonSchema = JsonElement.Parse("""{"enum": [17, true]}""");

        string?[] answers = new string?[settings.Length];
        for (int i = 0; i < answers.Length; i++)
            answers[i] = await kernel.InvokePromptAsync<string>(Prompt, Dog(settings[i]));

        Assert.Matches("^(red|green)$", answers[0]);
        Assert.Matches("^[0-9]{3}$", answers[1]);
        Assert.Matches("^(17|true)$", answers[2]);
    }

    [Fact]
    public async Task A_history_is_continued()
    {
        IChatCompletionService chat = BothModels().GetRequiredService<IChatCompletionService>("retnet");
        ChatHistory history = new();
        history.AddUserMessage("Tell me a story about a dog.");
        ChatMessageContent first = await chat.GetChatMessageContentAsync(history, Greedy());
        history.Add(first);
        history.AddUserMessage("Tell me a story about a cat.");

        ChatMessageContent second = await chat.GetChatMessageContentAsync(history, Greedy());

        UsageDetails before = (UsageDetails)first.Metadata!["Usage"]!;
        UsageDetails after = (UsageDetails)second.Metadata!["Usage"]!;
        Assert.True(after.InputTokenCount > before.InputTokenCount + 20);
        Assert.Equal(3, history.Count);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_text()
    {
        Kernel kernel = BothModels();
        RetNetPromptExecutionSettings settings = new() { ServiceId = "retnet", MaxTokens = 20, Temperature = 1, MinP = 0.02f, Seed = 7 };

        string? first = await kernel.InvokePromptAsync<string>(Prompt, Dog(settings));

        Assert.Equal(first, await kernel.InvokePromptAsync<string>(Prompt, Dog(settings)));
        settings.Seed = 8;
        Assert.NotEqual(first, await kernel.InvokePromptAsync<string>(Prompt, Dog(settings)));
    }

    [Fact]
    public async Task A_request_chooses_its_policy()
    {
        Kernel kernel = BothModels();
        RetNetPromptExecutionSettings full = Greedy("tova", maxTokens: 60);
        RetNetPromptExecutionSettings small = Greedy("tova", maxTokens: 60);
        (small.Policy, small.StateSize) = ("window", "4");

        Assert.NotEqual(
            await kernel.InvokePromptAsync<string>(Prompt, Dog(full)),
            await kernel.InvokePromptAsync<string>(Prompt, Dog(small)));
    }

    [Fact]
    public async Task A_setting_out_of_range_is_named()
    {
        RetNetPromptExecutionSettings settings = new() { ServiceId = "retnet", TopP = 2 };

        ArgumentException exception = await Assert.ThrowsAsync<ArgumentException>(() => BothModels().InvokePromptAsync(Prompt,
            Dog(settings)));

        Assert.Contains("TopP", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_generation_continues_the_prompt_without_a_chat_template()
    {
        _builder.AddRetNetTextGeneration(options => options.ModelPath = EmbeddedModels.RetNet);
        Kernel kernel = _builder.Build();

        FunctionResult result = await kernel.InvokePromptAsync("Once upon a time", new KernelArguments(Greedy()));
        string streamed = string.Empty;
        StreamingTextContent? last = null;
        await foreach (StreamingTextContent content in kernel.InvokePromptStreamingAsync<StreamingTextContent>("Once upon a time",
            new KernelArguments(Greedy())))
        {
            streamed += content;
            last = content;
        }

        Assert.Equal(result.ToString(), streamed);
        Assert.Equal(EmbeddedModels.RetNetName, result.GetValue<Microsoft.SemanticKernel.TextContent>()!.ModelId);
        Assert.Equal("length", result.Metadata!["FinishReason"]);
        Assert.Equal(20, ((UsageDetails)result.Metadata!["Usage"]!).OutputTokenCount);
        Assert.Equal(20, ((UsageDetails)last!.Metadata!["Usage"]!).OutputTokenCount);
        Assert.Equal(EmbeddedModels.RetNetName, kernel.GetRequiredService<ITextGenerationService>().Attributes["ModelId"]);
    }

    [Fact]
    public async Task A_generated_text_has_the_log_probabilities_of_all_its_tokens()
    {
        _builder.AddRetNetTextGeneration(options => options.ModelPath = EmbeddedModels.RetNet);
        PromptExecutionSettings settings = new()
        {
            ExtensionData = new Dictionary<string, object> { ["max_tokens"] = 5, ["logprobs"] = true, ["top_logprobs"] = 0 },
        };

        FunctionResult result = await _builder.Build().InvokePromptAsync("Once upon a time", new(settings));

        ChatResponse response = Assert.IsType<ChatResponse>(result.GetValue<Microsoft.SemanticKernel.TextContent>()!.InnerContent);
        Assert.Equal(5, Assert.IsType<List<TokenLogProbs>>(response.AdditionalProperties!["logprobs"]).Count);
    }

    [Fact]
    public async Task A_chat_client_of_the_kernel_answers_prompts()
    {
        _builder.AddRetNetChatClient(options => options.ModelPath = EmbeddedModels.RetNet, "retnet");
        Kernel kernel = _builder.Build();

        string? text = await kernel.InvokePromptAsync<string>(Prompt, Dog(Greedy("retnet")));

        Assert.NotEmpty(text!);
        Assert.Equal(EmbeddedModels.RetNetName, kernel.GetRequiredService<IChatClient>("retnet").GetModelId());
    }

    [Fact]
    public async Task An_encoder_embeds_as_its_reference_does()
    {
        _builder.AddRetNetEmbeddingGenerator(options => options.ModelPath = EmbeddedModels.Encoder);
        JsonElement reference = JsonElement.Parse(File.ReadAllText(Path.Combine(EmbeddedModels.Encoder, "texts.json")));
        string[] texts = reference.GetProperty("texts").Deserialize<string[]>()!;
        float[][] expected = reference.GetProperty("prompts").GetProperty("none").GetProperty("vectors").Deserialize<float[][]>()!;

        IEmbeddingGenerator<string, Embedding<float>> generator =
            _builder.Build().GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(texts);

        Assert.All(embeddings.Zip(expected), pair =>
            Assert.All(pair.First.Vector.ToArray().Zip(pair.Second), values => Assert.Equal(values.Second, values.First, 2e-6f)));
        Assert.Equal(expected.Length, embeddings.Count);
    }

    [Fact]
    public async Task An_embedding_generator_is_registered()
    {
        _builder.AddRetNetEmbeddingGenerator(options => options.ModelPath = EmbeddedModels.Llama);

        IEmbeddingGenerator<string, Embedding<float>> generator =
            _builder.Build().GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>();
        GeneratedEmbeddings<Embedding<float>> embeddings = await generator.GenerateAsync(["A dog ran.", "A cat sat."]);

        Assert.All(embeddings, embedding => Assert.Equal(1, embedding.Vector.ToArray().Sum(x => x * x), 3));
    }

    [Fact]
    public async Task Several_services_share_a_model_registered_by_name()
    {
        _builder.Services.AddRetNet("stories", EmbeddedModels.RetNet);
        _builder.AddRetNetChatCompletion("stories", "chat").AddRetNetTextGeneration("stories", "chat")
            .AddRetNetChatClient("stories", "chat");
        Kernel kernel = _builder.Build();

        Assert.Same(
            kernel.GetRequiredService<RetNetChatClient>("chat"), kernel.GetRequiredService<IChatClient>("chat")
                .GetService<RetNetChatClient>());
        Assert.NotEmpty((await kernel.InvokePromptAsync<string>(Prompt, Dog(Greedy("chat"))))!);
    }

    [Fact]
    public async Task Chat_completion_alone_registers_no_chat_client()
    {
        Kernel kernel = BothModels();

        Assert.Empty(kernel.GetAllServices<IChatClient>());
        Assert.Equal(2, kernel.GetAllServices<IChatCompletionService>().Count());
        Assert.Equal(
            EmbeddedModels.LlamaName, (await kernel.InvokePromptAsync(Prompt, Dog(Greedy()))).GetValue<ChatMessageContent>()!.ModelId);
    }

    [Fact]
    public void A_model_that_was_not_registered_is_named()
    {
        _builder.AddRetNetChatCompletion("stories");
        Kernel kernel = _builder.Build();

        InvalidOperationException exception =
            Assert.Throws<InvalidOperationException>(() => kernel.GetRequiredService<IChatCompletionService>());

        Assert.Contains("'stories'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_running_answer_can_be_canceled()
    {
        using CancellationTokenSource source = new();
        using PacedPolicy policy = new();

        await Assert.ThrowsAsync<KernelFunctionCanceledException>(async () =>
        {
            await foreach (string _ in Paced(policy).InvokePromptStreamingAsync<string>(Prompt, Dog(Greedy(maxTokens: 200)),
                cancellationToken: source.Token))
            {
                await source.CancelAsync();
            }
        });
    }

    private Kernel BothModels() => _builder
        .AddRetNetChatCompletion(options => options.ModelPath = EmbeddedModels.RetNet, "retnet")
        .AddRetNetChatCompletion(
            options =>
            {
                options.ModelPath = EmbeddedModels.Llama;
                options.Policy = "tova";
                options.StateSize = "64";
            },
            "tova")
        .Build();

    /// <summary>A kernel whose model waits for the reader of its text.</summary>
    private Kernel Paced(PacedPolicy policy)
    {
        _builder.Services.AddRetNetChatClient(options => options.ModelPath = EmbeddedModels.Llama)
            .ConfigureOptions(options => options.RawRepresentationFactory = _ => policy.Options);
        return _builder.Build();
    }

    private static RetNetPromptExecutionSettings Greedy(string? serviceId = null, int maxTokens = 20)
        => new() { ServiceId = serviceId, Temperature = 0, MaxTokens = maxTokens };

    private static KernelArguments Dog(PromptExecutionSettings settings) => new(settings) { ["animal"] = "dog" };
}
