using System.Net;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using RetNet.Extensions.AI;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AspNetCore.Tests.Responses;

/// <summary>Conversations that go on from kept responses, and their input.</summary>
public sealed class ResponseConversationTests
{
    private const string Path = "/v1/responses";

    private static ScriptedClient Counting() => new("scripted")
    {
        Answer = (messages, _, _) => ScriptedClient.Updates($"answer {messages.Count}"),
    };

    [Fact]
    public async Task Conversations_branch_at_any_response()
    {
        ScriptedClient client = Counting();
        await using TestHost host = await TestHost.StartAsync(client);
        string first = Id(await host.PostAsync(Path, """{"input": "one", "instructions": "Never kept."}"""));
        string second = Id(await host.PostAsync(Path, $$"""{"input": "two", "previous_response_id": "{{first}}"}"""));

        await host.PostAsync(Path, $$"""{"input": "three", "previous_response_id": "{{second}}"}""");
        await host.PostAsync(Path, $$"""{"input": "other", "previous_response_id": "{{first}}"}""");

        Assert.Equal(["one", "answer 1", "two", "answer 3", "three"], Texts(client, 2));
        Assert.Equal(["one", "answer 1", "other"], Texts(client, 3));
        Assert.Null(client.Requests[^1].Options!.Instructions);
        Assert.All(client.Requests[2].Messages, message => Assert.True(message.AdditionalProperties is null or { Count: 0 }));
    }

    [Fact]
    public async Task Conversation_goes_on_in_another_host_that_has_the_store()
    {
        StoreOfBytes store = new();
        string first;
        await using (TestHost host = await TestHost.StartAsync(services => Add(services, Counting(), store)))
            first = Id(await host.PostAsync(Path, """{"input": "one"}"""));
        ScriptedClient client = Counting();
        await using TestHost other = await TestHost.StartAsync(services => Add(services, client, store));

        Answer kept = await other.GetAsync($"{Path}/{first}");
        await other.PostAsync(Path, $$"""{"input": "two", "previous_response_id": "{{first}}"}""");

        Assert.Equal(first, Id(kept));
        Assert.Equal(["one", "answer 1", "two"], Texts(client, 0));

        static void Add(IServiceCollection services, IChatClient client, IConversationStore store) =>
            services.AddSingleton(client).AddSingleton(store);
    }

    [Fact]
    public async Task Model_goes_on_in_another_host_without_reading_again()
    {
        StoreOfBytes store = new();
        const string fields = "\"max_output_tokens\": 12, \"temperature\": 0";
        await using TestHost host = await TestHost.StartAsync(Add);
        Answer first = await host.PostAsync(Path, $$"""{"input": "Tell me a story about a dog.", {{fields}}}""");
        string next = $$"""{"input": "Why?", "previous_response_id": "{{Id(first)}}", {{fields}}}""";
        await using TestHost other = await TestHost.StartAsync(Add);

        Answer second = await other.PostAsync(Path, next);
        Answer same = await host.PostAsync(Path, next);

        Assert.True(Cached(second) >= Usage(first).GetProperty("total_tokens").GetInt32() - 1, second.Text);
        Assert.Equal(Text(same), Text(second));

        // The clients, each with a memory of its own, share the model.
        void Add(IServiceCollection services) =>
            services.AddSingleton<IChatClient>(new RetNetChatClient(Models.RetNet)).AddSingleton<IConversationStore>(store);

        static string? Text(Answer answer) =>
            answer.Json.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString();
    }

    [Fact]
    public async Task Model_that_has_changed_reads_the_conversation_again()
    {
        StoreOfBytes store = new();
        const string fields = "\"max_output_tokens\": 12, \"temperature\": 0";
        string first;
        await using (TestHost host = await TestHost.StartAsync(services => Add(services, Models.RetNet)))
            first = Id(await host.PostAsync(Path, $$"""{"input": "Tell me a story about a dog.", {{fields}}}"""));
        await using TestHost changed = await TestHost.StartAsync(services => Add(services, Models.Llama));

        Answer second = await changed.PostAsync(Path, $$"""{"input": "Why?", "previous_response_id": "{{first}}", {{fields}}}""");
        Answer third = await changed.PostAsync(Path, $$"""{"input": "And?", "previous_response_id": "{{Id(second)}}", {{fields}}}""");

        Assert.True(Cached(third) >= Usage(second).GetProperty("input_tokens").GetInt32(), third.Text);

        void Add(IServiceCollection services, TextModel model) =>
            services.AddKeyedSingleton<IChatClient>("model", new RetNetChatClient(model)).AddSingleton<IConversationStore>(store);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task History_that_is_sent_again_is_not_read_again(string isKept)
    {
        using TextModel model = TextModel.Load(Models.PathOf("retnet-tinystories"), new ModelLoadOptions { Threads = 1 });
        await using TestHost host = await TestHost.StartAsync(model);
        string fields = $"\"max_output_tokens\": 12, \"temperature\": 0, \"store\": {isKept}";
        const string question = """{"role": "user", "content": "Tell me a story about a dog."}""";

        Answer first = await host.PostAsync(Path, $$"""{"input": [{{question}}], {{fields}}}""");
        Answer second = await host.PostAsync(Path, $$"""
            {"input": [{{question}}, {{first.Json.GetProperty("output")[0].GetRawText()}}, {"role": "user", "content": "Why?"}], {{fields}}}
            """);

        // All but the last token, which the model has written and not read.
        Assert.Equal(0, Cached(first));
        Assert.Equal(Usage(first).GetProperty("total_tokens").GetInt32() - 1, Cached(second));
    }

    [Fact]
    public async Task Responses_outlive_what_the_model_remembers_of_them()
    {
        MemoryConversationStore measured = new();
        const string fields = "\"max_output_tokens\": 4, \"temperature\": 0";
        await using (TestHost host = await TestHost.StartAsync(services => Add(services, measured)))
            Id(await host.PostAsync(Path, $$"""{"input": "One.", {{fields}}}"""));
        MemoryConversationStore small = new(2 * measured.Bytes);
        await using TestHost crowded = await TestHost.StartAsync(services => Add(services, small));

        string[] ids = new string[6];
        for (int i = 0; i < ids.Length; i++)
            ids[i] = Id(await crowded.PostAsync(Path, $$"""{"input": "One.", {{fields}}}"""));
        Answer oldest = await crowded.PostAsync(Path, $$"""{"input": "Two.", "previous_response_id": "{{ids[0]}}", {{fields}}}""");
        Answer newest = await crowded.PostAsync(Path, $$"""{"input": "Two.", "previous_response_id": "{{ids[^1]}}", {{fields}}}""");

        Assert.Equal(HttpStatusCode.OK, oldest.Status);
        Assert.Equal(Usage(newest).GetProperty("input_tokens").GetInt32(), Usage(oldest).GetProperty("input_tokens").GetInt32());
        Assert.Equal(ids.Length + 2, small.Count);

        static void Add(IServiceCollection services, IConversationStore store) =>
            services.AddSingleton<IChatClient>(new RetNetChatClient(Models.RetNet)).AddSingleton(store);
    }

    [Fact]
    public async Task Input_is_empty_only_after_an_earlier_response()
    {
        await using TestHost host = await TestHost.StartAsync(Counting());
        string first = Id(await host.PostAsync(Path, """{"input": "one"}"""));

        Answer empty = await host.PostAsync(Path, """{"input": []}""");

        Assert.Equal(HttpStatusCode.BadRequest, empty.Status);
        Assert.Equal("input", empty.Error.GetProperty("param").GetString());
        Id(await host.PostAsync(Path, $$"""{"input": [], "previous_response_id": "{{first}}"}"""));
    }

    [Fact]
    public async Task Long_prompt_is_refused_with_what_went_before()
    {
        ScriptedClient client = Counting();
        await using TestHost host = await TestHost.StartAsync(client, options => options.MaxPromptCharacters = 20);
        string first = Id(await host.PostAsync(Path, """{"input": "0123456789"}"""));

        Answer answer = await host.PostAsync(Path, $$"""{"input": "012", "previous_response_id": "{{first}}"}""");

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal("context_length_exceeded", answer.Error.GetProperty("code").GetString());
        Assert.Single(client.Requests);
    }

    [Fact]
    public async Task Response_is_kept_before_its_end_is_told()
    {
        StoreOfBytes store = new();
        ScriptedClient client = Counting();
        await using TestHost host = await TestHost.StartAsync(services => services.AddSingleton<IChatClient>(client)
            .AddSingleton<IConversationStore>(store));
        store.Refuses = true;

        Answer streamed = await host.PostAsync(Path, """{"input": "one", "stream": true}""");
        Answer whole = await host.PostAsync(Path, """{"input": "one"}""");

        Assert.DoesNotContain("response.completed", streamed.Text, StringComparison.Ordinal);
        Assert.Contains("response.failed", streamed.Text, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.InternalServerError, whole.Status);
    }

    [Fact]
    public async Task What_is_not_to_be_kept_is_not()
    {
        StoreOfBytes store = new();
        await using TestHost host = await TestHost.StartAsync(services => services.AddSingleton<IChatClient>(Counting())
            .AddSingleton<IConversationStore>(store));

        await host.PostAsync(Path, """{"input": "one", "store": false}""");

        Assert.Empty(store.Kept);
    }

    [Fact]
    public async Task Other_conversations_of_the_store_are_no_responses()
    {
        StoreOfBytes store = new();
        string id = "resp_0123456789abcdef0123456789abcdef";
        await store.WriteAsync(id, new StoredConversation(1, [new ChatMessage(ChatRole.User, "private")]), storedTurn: 0);
        await store.WriteAsync("session-1", new StoredConversation(1, [new ChatMessage(ChatRole.User, "private")]), storedTurn: 0);
        await using TestHost host = await TestHost.StartAsync(services => services.AddSingleton<IChatClient>(Counting())
            .AddSingleton<IConversationStore>(store));

        foreach (string path in (string[])[$"{Path}/{id}", $"{Path}/session-1", $"{Path}/session-1/input_items", $"{Path}/a%20b"])
            Assert.Equal(HttpStatusCode.NotFound, (await host.GetAsync(path)).Status);
        using HttpResponseMessage deleted = await host.Client.DeleteAsync(new Uri($"{Path}/session-1", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, deleted.StatusCode);
        Assert.Contains("session-1", store.Kept.Keys);
    }

    [Fact]
    public async Task Items_that_belong_together_are_one_message()
    {
        ScriptedClient client = Counting();
        await using TestHost host = await TestHost.StartAsync(client);

        Answer answer = await host.PostAsync(Path,
            """
            {"input": [
                {"role": "developer", "content": "Be brief."},
                {"role": "user", "content": [{"type": "input_text", "text": "What do "}, {"type": "input_text", "text": "they cost?"}]},
                {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "I ask."}]},
                {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                 "content": [{"type": "output_text", "text": "Wait.", "annotations": [], "logprobs": []}]},
                {"type": "function_call", "id": "fc_1", "call_id": "a", "name": "f", "arguments": "{\"x\": 1}", "status": "completed"},
                {"type": "function_call", "call_id": "b", "name": "f", "arguments": ""},
                {"type": "function_call_output", "call_id": "a", "output": "one"},
                {"type": "function_call_output", "call_id": "b", "output": [{"type": "input_text", "text": "two"}]},
                {"role": "assistant", "content": "One and two."},
                {"role": "user", "content": "Thanks."}]}
            """);

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        IReadOnlyList<ChatMessage> messages = client.Requests.Single().Messages;
        Assert.Equal(
            [ChatRole.System, ChatRole.User, ChatRole.Assistant, ChatRole.Tool, ChatRole.Assistant, ChatRole.User],
            messages.Select(message => message.Role));
        Assert.Equal("What do they cost?", messages[1].Text);
        Assert.Equal(
            [typeof(TextReasoningContent), typeof(TextContent), typeof(FunctionCallContent), typeof(FunctionCallContent)],
            messages[2].Contents.Select(content => content.GetType()));
        Assert.Equal(["one", "two"], messages[3].Contents.OfType<FunctionResultContent>().Select(result => result.Result));
    }

    [Theory]
    [InlineData("""{"role": "user", "content": "a", "id": 5}""", "input[0].id")]
    [InlineData("""{"role": "user", "content": "a", "status": []}""", "input[0].status")]
    [InlineData("""{"type": "function_call_output", "call_id": "c", "output": 5}""", "input[0].output")]
    public async Task Wrong_items_are_named(string item, string parameter)
    {
        await using TestHost host = await TestHost.StartAsync(Counting());

        Answer answer = await host.PostAsync(Path, $$"""{"input": [{{item}}]}""");

        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(parameter, answer.Error.GetProperty("param").GetString());
    }

    [Fact]
    public async Task Items_are_listed_with_their_text_in_parts()
    {
        await using TestHost host = await TestHost.StartAsync(Counting());
        string id = Id(await host.PostAsync(Path,
            """
            {"input": [{"role": "user", "content": "a", "id": null},
             {"type": "reasoning", "content": "b"},
             {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}", "content": "more"},
             {"type": "function_call_output", "call_id": "c", "output": "d", "content": "more"}]}
            """));

        JsonElement items = (await host.GetAsync($"{Path}/{id}/input_items?order=asc")).Json.GetProperty("data");

        Assert.Equal("""[{"text":"a","type":"input_text"}]""", items[0].GetProperty("content").GetRawText());
        Assert.Equal("""[{"text":"b","type":"reasoning_text"}]""", items[1].GetProperty("content").GetRawText());
        Assert.Equal(
            ["msg_", "rs_", "fc_", "fco_"],
            items.EnumerateArray().Select(item => string.Concat(item.GetProperty("id").GetString()!.TakeWhile(c => c != '_')) + "_"));
    }

    [Fact]
    public async Task Input_is_listed_in_pages()
    {
        await using TestHost host = await TestHost.StartAsync(Counting());
        string id = Id(await host.PostAsync(Path,
            """
            {"input": [{"role": "user", "content": "one"}, {"role": "assistant", "content": "two"}, {"role": "user", "content": "three"}]}
            """));

        JsonElement newest = (await host.GetAsync($"{Path}/{id}/input_items?limit=2")).Json;
        string last = newest.GetProperty("last_id").GetString()!;
        JsonElement rest = (await host.GetAsync($"{Path}/{id}/input_items?limit=2&after={last}")).Json;
        JsonElement oldest = (await host.GetAsync($"{Path}/{id}/input_items?order=asc")).Json;
        Answer wrong = await host.GetAsync($"{Path}/{id}/input_items?limit=0");

        Assert.Equal(["three", "two"], Listed(newest));
        Assert.True(newest.GetProperty("has_more").GetBoolean());
        Assert.Equal(["one"], Listed(rest));
        Assert.False(rest.GetProperty("has_more").GetBoolean());
        Assert.Equal(["one", "two", "three"], Listed(oldest));
        Assert.Equal(["input_text", "output_text", "input_text"], oldest.GetProperty("data").EnumerateArray()
            .Select(item => item.GetProperty("content")[0].GetProperty("type").GetString()));
        Assert.Equal("limit", wrong.Error.GetProperty("param").GetString());
        Answer bogus = await host.GetAsync($"{Path}/{id}/input_items?order=bogus");
        Assert.Equal((HttpStatusCode.BadRequest, "order"), (bogus.Status, bogus.Error.GetProperty("param").GetString()));
    }

    private static IEnumerable<string?> Listed(JsonElement list) => list.GetProperty("data").EnumerateArray()
        .Select(item => item.GetProperty("content")[0].GetProperty("text").GetString());

    private static IEnumerable<string> Texts(ScriptedClient client, int request) =>
        client.Requests[request].Messages.Select(message => message.Text);

    private static JsonElement Usage(Answer answer) => answer.Json.GetProperty("usage");

    private static int Cached(Answer answer) =>
        Usage(answer).GetProperty("input_tokens_details").GetProperty("cached_tokens").GetInt32();

    private static string Id(Answer answer)
    {
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        return answer.Json.GetProperty("id").GetString()!;
    }

    /// <summary>Keeps conversations as bytes, as a store outside the process does.</summary>
    private sealed class StoreOfBytes : IConversationStore
    {
        public Dictionary<string, byte[]> Kept { get; } = [];

        public bool Refuses { get; set; }

        public ValueTask<StoredConversation?> ReadAsync(string id, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(Kept.TryGetValue(id, out byte[]? bytes) ? StoredConversation.FromBytes(bytes) : null);

        public ValueTask WriteAsync(
            string id, StoredConversation conversation, long storedTurn, CancellationToken cancellationToken = default)
        {
            if (Refuses)
                throw new IOException("The disk is full.");
            Kept[id] = conversation.ToBytes();
            return ValueTask.CompletedTask;
        }

        public ValueTask<bool> DeleteAsync(string id, CancellationToken cancellationToken = default) =>
            ValueTask.FromResult(Kept.Remove(id));
    }
}
