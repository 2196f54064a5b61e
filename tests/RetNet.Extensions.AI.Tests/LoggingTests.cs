using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace RetNet.Extensions.AI.Tests;

public sealed class LoggingTests
{
    private static readonly string Long = string.Concat(
        Enumerable.Repeat("The dog ran home. ", Models.Llama.Model.Info.ContextLength!.Value / 4));
    private static readonly ChatOptions Short = new() { Temperature = 0, MaxOutputTokens = 1 };

    private readonly FakeLogger<RetNetChatClient> _log = new();

    [Fact]
    public async Task A_prompt_beyond_a_Transformers_positions_is_answered_with_a_warning()
    {
        using RetNetChatClient client = new(Models.Llama, logger: _log);
        int context = Models.Llama.Model.Info.ContextLength!.Value;

        ChatResponse response = await client.GetResponseAsync(Long, Short);

        FakeLogRecord warning = Assert.Single(_log.Collector.GetSnapshot());
        Assert.True(response.Usage!.InputTokenCount > context);
        Assert.Equal(LogLevel.Warning, warning.Level);
        Assert.Contains($"has {response.Usage.InputTokenCount} tokens", warning.Message, StringComparison.Ordinal);
        Assert.Contains($"is {context}", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_option_refuses_such_a_prompt()
    {
        using RetNetChatClient client = new(Models.Llama, new() { RefuseLongPrompts = true }, _log);

        PromptLengthException failure = await Assert.ThrowsAsync<PromptLengthException>(() => client.GetResponseAsync(Long, Short));

        Assert.Contains(nameof(RetNetChatClientOptions.RefuseLongPrompts), failure.Message, StringComparison.Ordinal);
        await client.GetResponseAsync("hi", Short);
    }

    [Fact]
    public async Task A_RetNet_has_no_last_position()
    {
        using RetNetChatClient client = new(Models.RetNet, new() { RefuseLongPrompts = true }, _log);

        await client.GetResponseAsync(Long, Short);

        Assert.Empty(_log.Collector.GetSnapshot());
    }

    [Fact]
    public async Task Settings_that_mean_nothing_are_logged_once()
    {
        using RetNetChatClient client = new(Models.RetNet, logger: _log);
        ChatOptions options = new() { MaxOutputTokens = 1, AdditionalProperties = new() { ["min_p"] = 0.1, ["max_tokns"] = 3 } };

        for (int i = 0; i < 3; i++)
            await client.GetResponseAsync("hi", options);

        Assert.Contains("max_tokns", Assert.Single(_log.Collector.GetSnapshot()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Raw_options_of_another_kind_are_not_ours_and_logged_once()
    {
        using RetNetChatClient client = new(Models.RetNet, logger: _log);
        IChatClient? asked = null;
        ChatOptions options = new() { MaxOutputTokens = 1, RawRepresentationFactory = client => (asked = client, new ChatOptions()).Item2 };

        await client.GetResponseAsync("hi", options);
        await client.ContinueTextAsync("hi", options).ToListAsync();

        Assert.Same(client, asked);
        string logged = Assert.Single(_log.Collector.GetSnapshot()).Message;
        Assert.Contains("a Microsoft.Extensions.AI.ChatOptions,", logged, StringComparison.Ordinal);
        Assert.Contains("it reads GenerationOptions", logged, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_embedding_generator_logs_the_settings_that_mean_nothing_to_it_once()
    {
        FakeLogger<RetNetEmbeddingGenerator> log = new();
        using RetNetEmbeddingGenerator generator = new(Models.RetNet, logger: log);
        EmbeddingGenerationOptions options = new()
        {
            RawRepresentationFactory = _ => new ChatOptions(),
            AdditionalProperties = new() { ["max_prompt_tokens"] = 100, ["policy"] = "tova", ["encoding"] = "base64" },
        };

        for (int i = 0; i < 3; i++)
            await generator.GenerateAsync(["hi"], options);
        await generator.GenerateAsync(["hi"], new EmbeddingGenerationOptions
        {
            RawRepresentationFactory = _ => new RetNetEmbeddingOptions(),
        });

        Assert.Collection(
            log.Collector.GetSnapshot().Select(record => record.Message),
            message => Assert.StartsWith("The setting policy means nothing", message, StringComparison.Ordinal),
            message => Assert.StartsWith("The setting encoding means nothing", message, StringComparison.Ordinal),
            message => Assert.Contains("it reads RetNetEmbeddingOptions", message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_registered_embedding_generator_logs_too()
    {
        FakeLogCollector log = new();
        ServiceCollection services = new();
        services.AddLogging(logging => logging.AddProvider(new FakeLoggerProvider(log)));
        services.AddRetNetEmbeddingGenerator(options => options.ModelPath = Models.PathOf("retnet-tinystories"));
        await using ServiceProvider provider = services.BuildServiceProvider();

        await provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>().GenerateAsync(
            ["hi"], new EmbeddingGenerationOptions { AdditionalProperties = new() { ["max_tokns"] = 3 } });

        Assert.Contains(log.GetSnapshot(), record => record.Message.Contains("max_tokns", StringComparison.Ordinal));
    }
}
