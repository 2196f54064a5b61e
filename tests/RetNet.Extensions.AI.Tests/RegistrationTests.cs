using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using RetNet.Extensions.Core;
using RetNet.Extensions.DependencyInjection;

namespace RetNet.Extensions.AI.Tests;

public sealed class RegistrationTests
{
    private static readonly string RetNetPath = Models.PathOf("retnet-tinystories");

    [Fact]
    public void A_second_model_under_a_service_id_is_refused_and_the_same_again_is_not()
    {
        ServiceCollection services = new();
        services.AddRetNetChatClient("a", serviceId: "chat");
        services.AddRetNetChatClient("a", serviceId: "chat");
        services.AddRetNetChatClient("b", serviceId: "other");
        services.AddRetNetEmbeddingGenerator("b", serviceId: "chat");
        Assert.Contains("'a'", Assert.Throws<InvalidOperationException>(() => services.AddRetNetChatClient("b", serviceId: "chat")).Message,
            StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => services.AddRetNetEmbeddingGenerator(serviceId: "chat"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("chat")]
    public async Task A_second_model_that_a_service_brings_under_an_id_is_an_error_when_the_host_starts(string? serviceId)
    {
        string llama = Models.PathOf("llama-tinystories");
        IConfiguration section = new ConfigurationBuilder().AddInMemoryCollection([new("ModelPath", llama)]).Build();
        foreach (Action<IServiceCollection> second in (Action<IServiceCollection>[])
        [
            services => services.AddRetNetChatClient(options => options.ModelPath = llama, serviceId),
            services => services.AddRetNetChatClient(section, serviceId),
            services => services.AddRetNetEmbeddingGenerator(options => options.ModelPath = llama, serviceId),
            services => services.AddRetNetEmbeddingGenerator(section, serviceId),
            services => services.AddRetNet(serviceId, llama),
        ])
        {
            HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new());
            builder.Services.AddRetNetChatClient(options => options.ModelPath = RetNetPath, serviceId);
            second(builder.Services);
            using IHost host = builder.Build();

            OptionsValidationException failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

            Assert.Contains("expected one model under a name or service id", failure.Message, StringComparison.Ordinal);
            Assert.Throws<OptionsValidationException>(() => host.Services.GetRequiredKeyedService<RetNetChatClient>(serviceId));
        }
    }

    [Fact]
    public void Services_are_singletons_keyed_by_their_id()
    {
        IServiceCollection registered = new ServiceCollection()
            .AddRetNet("story", RetNetPath)
            .AddRetNetEmbeddingGenerator("story")
            .AddRetNetEmbeddingGenerator("story", serviceId: "vectors");
        registered.AddRetNetChatClient("story");
        registered.AddRetNetChatClient("story", serviceId: "chat");
        using ServiceProvider services = registered.BuildServiceProvider();

        IChatClient byDefault = services.GetRequiredService<IChatClient>();
        IChatClient keyed = services.GetRequiredKeyedService<IChatClient>("chat");
        Assert.NotSame(byDefault, keyed);
        Assert.Same(byDefault, services.GetRequiredService<RetNetChatClient>());
        Assert.Same(keyed, services.GetRequiredKeyedService<RetNetChatClient>("chat"));
        Assert.Same(byDefault.GetService<SharedModel>(), keyed.GetService<SharedModel>());
        Assert.NotSame(
            services.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>(),
            services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>("vectors"));
        Assert.Null(byDefault.GetService<TextModel>());
        Assert.Null(byDefault.GetRequiredService<SharedModel>().Loaded);
        Assert.Equal("retnet-tinystories", byDefault.GetRequiredService<ChatClientMetadata>().DefaultModelId);
    }

    [Fact]
    public async Task A_model_is_registered_with_its_service()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection([new("ModelPath", RetNetPath)]).Build();
        ServiceCollection registered = new();
        registered.AddRetNetChatClient(options => (options.ModelPath, options.MaxTokens, options.Temperature) = (RetNetPath, 3, 0));
        registered.AddRetNetChatClient(configuration, serviceId: "bound");
        registered.AddRetNetEmbeddingGenerator(options => options.ModelPath = RetNetPath, serviceId: "vectors")
            .AddRetNetEmbeddingGenerator(configuration, serviceId: "bound");
        await using ServiceProvider services = registered.BuildServiceProvider();

        ChatResponse response = await services.GetRequiredService<IChatClient>().GetResponseAsync(Golden.Prompt);

        Assert.Equal(3, response.Usage!.OutputTokenCount);
        Assert.Same(
            services.GetRequiredKeyedService<IChatClient>("bound").GetService<SharedModel>(),
            services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>("bound").GetService<SharedModel>());
        Assert.Single(await services.GetRequiredKeyedService<IEmbeddingGenerator<string, Embedding<float>>>(
            "vectors").GenerateAsync(["x"]));
    }

    [Fact]
    public async Task Named_options_apply_to_the_service_with_that_id()
    {
        IServiceCollection registered = new ServiceCollection().AddRetNet(RetNetPath);
        registered.AddRetNetChatClient(serviceId: "remembering");
        registered.Configure<RetNetChatClientOptions>("remembering", options => options.RememberConversations = true);
        await using ServiceProvider services = registered.BuildServiceProvider();

        ChatResponse response = await services.GetRequiredKeyedService<IChatClient>("remembering")
            .GetResponseAsync("hi", new() { MaxOutputTokens = 1 });

        Assert.NotNull(response.ConversationId);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Named_options_override_the_models_whatever_comes_first(bool isConfiguredFirst)
    {
        ServiceCollection registered = new();
        if (isConfiguredFirst)
            Configure();
        registered.AddRetNetChatClient(
            options => (options.ModelPath, options.RememberConversations, options.MaxConversations) = (RetNetPath, true, 5));
        if (!isConfiguredFirst)
            Configure();
        registered.AddRetNetClient(modelName: null, serviceId: null);
        using ServiceProvider services = registered.BuildServiceProvider();

        RetNetChatClientOptions options = services.GetRequiredService<IOptions<RetNetChatClientOptions>>().Value;

        Assert.Equal((false, 5), (options.RememberConversations, options.MaxConversations));

        void Configure() => registered.Configure<RetNetChatClientOptions>(options => options.RememberConversations = false);
    }

    [Fact]
    public async Task The_models_section_says_whether_conversations_are_remembered()
    {
        IConfiguration section = new ConfigurationBuilder().AddInMemoryCollection(
            [new("ModelPath", RetNetPath), new("RememberConversations", "true"), new("MaxConversations", "1")]).Build();
        ServiceCollection registered = new();
        registered.AddRetNetChatClient(section);
        await using ServiceProvider services = registered.BuildServiceProvider();
        IChatClient client = services.GetRequiredService<IChatClient>();
        ChatOptions Options(string? id) => new() { MaxOutputTokens = 1, ConversationId = id };

        ChatResponse first = await client.GetResponseAsync("hi", Options(null));
        ChatResponse second = await client.GetResponseAsync("ho", Options(null));
        await client.GetResponseAsync("again", Options(second.ConversationId));

        Assert.Contains("the 1 most recently used", (await Assert.ThrowsAsync<InvalidOperationException>(
            () => client.GetResponseAsync("again", Options(first.ConversationId)))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_limit_out_of_range_is_refused_when_the_host_starts(bool inSection)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection([new("Model:ModelPath", RetNetPath)]);
        if (inSection)
            builder.Configuration.AddInMemoryCollection([new("Model:MaxConversations", "-1")]);
        builder.Services.AddRetNetChatClient(builder.Configuration.GetSection("Model"));
        if (!inSection)
            builder.Services.Configure<RetNetChatClientOptions>(options => options.MaxConversations = -1);
        using IHost host = builder.Build();

        OptionsValidationException failure = await Assert.ThrowsAsync<OptionsValidationException>(() => host.StartAsync());

        Assert.Contains("MaxConversations", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("chat")]
    public void Clients_are_added_around_the_registered_one(string? serviceId)
    {
        ServiceCollection registered = new();
        registered.AddRetNetChatClient(options => options.ModelPath = RetNetPath, serviceId).UseFunctionInvocation();
        using ServiceProvider services = registered.BuildServiceProvider();

        IChatClient client = services.GetRequiredKeyedService<IChatClient>(serviceId);

        Assert.NotNull(client.GetService<FunctionInvokingChatClient>());
        Assert.Same(services.GetRequiredKeyedService<RetNetChatClient>(serviceId), client.GetService<RetNetChatClient>());
    }

    [Fact]
    public void A_model_that_is_not_registered_is_named()
    {
        ServiceCollection registered = new();
        registered.AddRetNetChatClient("stroy");
        using ServiceProvider services = registered.BuildServiceProvider();

        InvalidOperationException failure = Assert.Throws<InvalidOperationException>(() => services.GetRequiredService<IChatClient>());

        Assert.Contains("'stroy'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("AddRetNet", failure.Message, StringComparison.Ordinal);
    }
}
