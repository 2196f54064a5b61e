using System.Net;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.AspNetCore.Tests.Responses;

/// <summary>Items of kept responses that a request names instead of sending them again.</summary>
public sealed class ItemReferenceTests
{
    private const string Path = "/v1/responses";

    [Theory]
    [InlineData("\"type\": \"item_reference\", ")]
    [InlineData("\"type\": null, ")]
    [InlineData("")]
    public async Task Items_of_input_and_output_stand_for_themselves(string type)
    {
        ScriptedClient client = Calling();
        await using TestHost host = await TestHost.StartAsync(client);
        Answer first = await host.PostAsync(Path, """
            {"input": [{"role": "user", "content": "What time is it?"}], "tools": [{"type": "function", "name": "clock"}]}
            """);
        string question = (await host.GetAsync($"{Path}/{Id(first)}/input_items")).Json.GetProperty("data")[0]
            .GetProperty("id").GetString()!;
        string[] ids = [question, .. ItemIds(first)];

        Answer second = await host.PostAsync(Path, $$"""
            {"input": [{{string.Join(", ", ids.Select(id => $"{{{type}\"id\": \"{id}\"}}"))}},
             {"type": "function_call_output", "call_id": "call_1", "output": "noon"}]}
            """);

        Assert.True(second.Status == HttpStatusCode.OK, second.Text);
        Assert.Equal(["msg", "rs", "msg", "fc"], ids.Select(id => id[..id.IndexOf('_')]));
        Assert.All(ids, id => Assert.Contains(Id(first)["resp_".Length..], id, StringComparison.Ordinal));
        IReadOnlyList<ChatMessage> messages = client.Requests[1].Messages;
        Assert.Equal([ChatRole.User, ChatRole.Assistant, ChatRole.Tool], messages.Select(message => message.Role));
        Assert.Equal("What time is it?", messages[0].Text);
        Assert.Equal(
            [typeof(TextReasoningContent), typeof(TextContent), typeof(FunctionCallContent)],
            messages[1].Contents.Select(content => content.GetType()));
        Assert.Equal("1", $"{messages[1].Contents.OfType<FunctionCallContent>().Single().Arguments!["zone"]}");

        // The new response lists what was referred to as if it had been sent.
        JsonElement listed = (await host.GetAsync($"{Path}/{Id(second)}/input_items?order=asc")).Json.GetProperty("data");
        Assert.Equal(ids, listed.EnumerateArray().Take(ids.Length).Select(item => item.GetProperty("id").GetString()!));
        Assert.Equal("What time is it?", listed[0].GetProperty("content")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task Conversation_of_references_is_one_read_of_the_store()
    {
        CountingStore store = new();
        await using TestHost host = await TestHost.StartAsync(services =>
            services.AddSingleton<IChatClient>(new ScriptedClient("m")).AddSingleton<IConversationStore>(store));
        List<string> history = [];
        for (int turn = 0; turn < 4; turn++)
        {
            history.Add($$"""{"role": "user", "content": "{{turn}}"}""");
            store.Reads = 0;
            Answer answer = await host.PostAsync(Path, $$"""{"input": [{{string.Join(", ", history)}}]}""");
            Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
            Assert.Equal(turn == 0 ? 0 : 1, store.Reads);
            history.AddRange(ItemIds(answer).Select(id => $$"""{"type": "item_reference", "id": "{{id}}"}"""));
        }
    }

    [Theory]
    [InlineData("msg_1")]
    [InlineData("msg_0123456789abcdef0123456789abcdef_0")]
    [InlineData("../../etc/passwd")]
    public async Task Unknown_items_are_not_found(string id)
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"));

        Answer answer = await host.PostAsync(
            Path, $$"""{"input": [{"role": "user", "content": "a"}, {"type": "item_reference", "id": "{{id}}"}]}""");

        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
        Assert.Equal("input[1].id", answer.Error.GetProperty("param").GetString());
        Assert.Equal("item_not_found", answer.Error.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Only_kept_responses_of_this_host_have_items()
    {
        MemoryConversationStore store = new();
        await store.WriteAsync(
            "resp_0123456789abcdef0123456789abcdef", new StoredConversation(1, [new ChatMessage(ChatRole.User, "private")]), storedTurn: 0);
        await using TestHost host = await TestHost.StartAsync(services =>
            services.AddSingleton<IChatClient>(new ScriptedClient("m")).AddSingleton<IConversationStore>(store));
        Answer unkept = await host.PostAsync(Path, """{"input": "a", "store": false}""");
        Answer deleted = await host.PostAsync(Path, """{"input": "a"}""");
        await host.Client.DeleteAsync(new Uri($"{Path}/{Id(deleted)}", UriKind.Relative));
        Answer kept = await host.PostAsync(Path, """{"input": "a"}""");
        string none = ItemIds(kept).Single();

        string[] unknown =
            [.. ItemIds(unkept), .. ItemIds(deleted), $"{none[..^1]}7", "msg_0123456789abcdef0123456789abcdef_0"];
        foreach (string id in unknown)
        {
            Answer answer = await host.PostAsync(Path, $$"""{"input": [{"id": "{{id}}"}]}""");
            Assert.Equal((HttpStatusCode.NotFound, "input[0].id"), (answer.Status, answer.Error.GetProperty("param").GetString()));
        }
    }

    [Fact]
    public async Task Items_that_are_referred_to_count_as_if_they_were_sent()
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"), options => options.MaxRequestBytes = 4_000);
        Answer first = await host.PostAsync(
            Path, $$"""{"input": [{"id": "mine", "role": "user", "content": "{{new string('a', 3_000)}}"}]}""");
        string last = ItemIds(first).Single();

        Answer once = await host.PostAsync(Path, $$"""{"input": [{"id": "mine"}, {"id": "{{last}}"}]}""");
        Answer twice = await host.PostAsync(Path, $$"""{"input": [{"id": "mine"}, {"id": "mine"}, {"id": "{{last}}"}]}""");

        Assert.Equal(HttpStatusCode.OK, once.Status);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, twice.Status);
        Assert.Equal(
            ("request_too_large", "input"),
            (twice.Error.GetProperty("code").GetString(), twice.Error.GetProperty("param").GetString()));
    }

    private static ScriptedClient Calling() => new("m")
    {
        Answer = (messages, _, _) => messages[^1].Role == ChatRole.Tool
            ? ScriptedClient.Updates("It is noon.")
            : ScriptedClient.Contents(new TextReasoningContent("Hm."), new TextContent("I look."),
                new FunctionCallContent("call_1", "clock", new Dictionary<string, object?> { ["zone"] = 1 })),
    };

    private static string Id(Answer answer) => answer.Json.GetProperty("id").GetString()!;

    private static IEnumerable<string> ItemIds(Answer answer) =>
        answer.Json.GetProperty("output").EnumerateArray().Select(item => item.GetProperty("id").GetString()!);

    private sealed class CountingStore : IConversationStore
    {
        private readonly MemoryConversationStore _kept = new();

        public int Reads { get; set; }

        public ValueTask<StoredConversation?> ReadAsync(string id, CancellationToken cancellationToken = default)
        {
            Reads++;
            return _kept.ReadAsync(id, cancellationToken);
        }

        public ValueTask WriteAsync(
            string id, StoredConversation conversation, long storedTurn, CancellationToken cancellationToken = default) =>
            _kept.WriteAsync(id, conversation, storedTurn, cancellationToken);

        public ValueTask<bool> DeleteAsync(string id, CancellationToken cancellationToken = default) =>
            _kept.DeleteAsync(id, cancellationToken);
    }
}
