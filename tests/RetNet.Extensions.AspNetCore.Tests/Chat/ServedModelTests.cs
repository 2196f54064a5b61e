using System.Net;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using RetNet.Extensions.AI;

namespace RetNet.Extensions.AspNetCore.Tests.Chat;

/// <summary>Which model a name stands for.</summary>
public sealed class ServedModelTests
{
    private const string Chat = "/v1/chat/completions";

    [Fact]
    public async Task Chats_of_another_client_are_not_the_embedding_models()
    {
        await using TestHost host = await TestHost.StartAsync(services => Add(services, new ScriptedClient("m")));

        Answer chat = await host.PostAsync(Chat, Request("both"));
        Answer model = await host.GetAsync("/v1/models/both");

        Assert.Equal("hello", chat.Content);
        Assert.Equal(JsonValueKind.Null, chat.Json.GetProperty("system_fingerprint").ValueKind);
        Assert.Equal("scripted", model.Json.GetProperty("owned_by").GetString());
        Assert.Equal(JsonValueKind.Null, model.Json.GetProperty("retnet").ValueKind);
    }

    [Fact]
    public async Task Tokens_are_read_by_the_model_that_they_are_for()
    {
        await using TestHost host = await TestHost.StartAsync(services => Add(services, new RetNetChatClient(Models.Calls)));
        const string text = "a small dog";
        string ofChat = string.Join(", ", Models.Calls.Tokenizer.Encode(text));
        string ofEmbeddings = string.Join(", ", Models.RetNet.Tokenizer.Encode(text));

        Answer embedded = await host.PostAsync("/v1/embeddings", $$"""{"input": [{{ofEmbeddings}}]}""");
        Answer expected = await host.PostAsync("/v1/embeddings", $$"""{"input": "{{text}}"}""");
        Answer echoed = await host.PostAsync("/v1/completions", $$"""{"prompt": [{{ofChat}}], "echo": true, "max_tokens": 0}""");
        Answer ready = await host.GetAsync("/health/ready");

        Assert.NotEqual(ofChat, ofEmbeddings);
        Assert.Equal(expected.Json.GetProperty("data").GetRawText(), embedded.Json.GetProperty("data").GetRawText());
        Assert.Contains(text, echoed.Json.GetProperty("choices")[0].GetProperty("text").GetString(), StringComparison.Ordinal);
        JsonElement check = ready.Json.GetProperty("checks").GetProperty("retnet-models");
        Assert.Equal("ready", check.GetProperty("both").GetProperty("state").GetString());
        Assert.Equal("ready", check.GetProperty("both (embeddings)").GetProperty("state").GetString());
    }

    [Fact]
    public async Task Names_that_differ_in_case_are_different_models()
    {
        await using TestHost host = await TestHost.StartAsync(services => services
            .AddKeyedSingleton<IChatClient>("Tiny", Saying("large letter"))
            .AddKeyedSingleton<IChatClient>("tiny", Saying("small letter"))
            .AddKeyedSingleton<IChatClient>("Other", Saying("other")));

        Answer models = await host.GetAsync("/v1/models");

        Assert.Equal(["Tiny", "tiny", "Other"],
            models.Json.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()));
        Assert.Equal("large letter", (await host.PostAsync(Chat, Request("Tiny"))).Content);
        Assert.Equal("small letter", (await host.PostAsync(Chat, Request("tiny"))).Content);
        Assert.Equal("other", (await host.PostAsync(Chat, Request("OTHER"))).Content);
        Assert.Equal(HttpStatusCode.NotFound, (await host.PostAsync(Chat, Request("none"))).Status);
    }

    private static void Add(IServiceCollection services, IChatClient chat) => services
        .AddKeyedSingleton("both", chat)
        .AddKeyedSingleton<IEmbeddingGenerator<string, Embedding<float>>>("both", new RetNetEmbeddingGenerator(Models.RetNet));

    private static ScriptedClient Saying(string text) => new("m") { Answer = (_, _, _) => ScriptedClient.Updates(text) };

    private static string Request(string model) => $$"""{"model": "{{model}}", "messages": [{"role": "user", "content": "a"}]}""";
}
