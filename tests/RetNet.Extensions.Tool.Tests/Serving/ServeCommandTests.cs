using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.Tool.Tests.Serving;

/// <summary><c>retnet serve</c>.</summary>
public sealed class ServeCommandTests
{
    private const string AnyPort = "http://127.0.0.1:0";
    private const string Chat = "/v1/chat/completions";

    [Fact]
    public async Task Serves_models_page_health_and_metrics_until_it_is_terminated()
    {
        if (OperatingSystem.IsWindows())
            return;
        await using ServerProcess server = await ServerProcess.StartAsync(TestFiles.RetNet, TestFiles.Llama, "--urls", AnyPort);
        JsonElement models = await server.Client.GetFromJsonAsync<JsonElement>("/v1/models");
        Assert.Equal(["retnet-tinystories", "llama-tinystories"],
            models.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()!));
        JsonElement answer = await AskAsync(server.Client, "llama-tinystories");
        Assert.Equal(8, answer.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.Contains("<title>RetNet chat</title>", await server.Client.GetStringAsync("/"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/health/ready")).StatusCode);
        string metrics = await server.Client.GetStringAsync("/metrics");
        Assert.Contains("retnet_scheduler", metrics, StringComparison.Ordinal);

        await server.TerminateAsync();
        ToolRun end = await server.EndAsync();
        Assert.Equal((0, "", ""), (end.ExitCode, end.Output, end.Error));
    }

    [Fact]
    public async Task An_encoder_is_served_for_embeddings_only()
    {
        JsonElement reference = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(TestFiles.Encoder, "texts.json"))).RootElement;
        float[] expected = reference.GetProperty("prompts").GetProperty("none").GetProperty("vectors")[0].Deserialize<float[]>()!;
        await using ServerProcess server = await ServerProcess.StartAsync(TestFiles.Encoder, TestFiles.RetNet, "--urls", AnyPort);

        HttpResponseMessage answer = await server.Client.PostAsJsonAsync("/v1/embeddings",
            new { model = "encoder-bert", input = reference.GetProperty("texts")[0].GetString() });
        HttpResponseMessage chat = await server.Client.PostAsJsonAsync(Chat, Question("encoder-bert", tokens: 8, stream: false));

        JsonElement data = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("data");
        float[] found = data[0].GetProperty("embedding").Deserialize<float[]>()!;
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
        Assert.Equal(HttpStatusCode.NotFound, chat.StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/health/ready")).StatusCode);
    }

    [Fact]
    public async Task An_answer_that_runs_is_finished_before_it_ends()
    {
        if (OperatingSystem.IsWindows())
            return;
        await using ServerProcess server = await ServerProcess.StartAsync(TestFiles.RetNet, "--urls", AnyPort);
        using HttpRequestMessage request = new(HttpMethod.Post, Chat)
        {
            Content = JsonContent.Create(Question("retnet-tinystories", tokens: 200, stream: true)),
        };
        using HttpResponseMessage response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync());
        Assert.StartsWith("data:", await reader.ReadLineAsync(), StringComparison.Ordinal);
        await server.TerminateAsync();
        Assert.EndsWith("data: [DONE]", (await reader.ReadToEndAsync()).TrimEnd(), StringComparison.Ordinal);
        Assert.Equal(0, (await server.EndAsync()).ExitCode);
    }

    [Fact]
    public async Task Policy_of_the_command_line_holds_for_the_server()
    {
        await using ServerProcess server = await ServerProcess.StartAsync(
            TestFiles.Llama, "--urls", AnyPort, "--policy", "tova", "--state", "16");
        await using ServerProcess full = await ServerProcess.StartAsync(TestFiles.Llama, "--urls", AnyPort);
        Assert.True(await StateBytesAsync(server) < await StateBytesAsync(full));

        static async Task<long> StateBytesAsync(ServerProcess server) =>
            (await AskAsync(server.Client, "llama-tinystories", tokens: 60)).GetProperty("usage").GetProperty("retnet")
            .GetProperty("state_bytes").GetInt64();
    }

    [Fact]
    public async Task A_conversation_goes_on_after_the_server_was_killed()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string before;
            string expected;
            await using (ServerProcess server = await ServerProcess.StartAsync(TestFiles.RetNet, "--urls", AnyPort, "--sessions", folder))
            {
                before = (await RespondAsync(server, "Tell me a story about a dog.", null)).Id;
                expected = (await RespondAsync(server, "Tell me more.", before)).Text;
            }

            // The first one was killed in mid-life.
            await using ServerProcess next = await ServerProcess.StartAsync(TestFiles.RetNet, "--urls", AnyPort, "--sessions", folder);
            (string _, string text, long cached) = await RespondAsync(next, "Tell me more.", before);
            Assert.Equal(expected, text);
            Assert.True(cached > 0, "The history was read again.");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static async Task<(string Id, string Text, long Cached)> RespondAsync(ServerProcess server, string input, string? previous)
        {
            using HttpResponseMessage response = await server.Client.PostAsJsonAsync("/v1/responses",
                new { model = "retnet-tinystories", input, previous_response_id = previous, temperature = 0, max_output_tokens = 20 });
            JsonElement json = await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
            return (json.GetProperty("id").GetString()!,
                json.GetProperty("output")[0].GetProperty("content")[0].GetProperty("text").GetString()!,
                json.GetProperty("usage").GetProperty("input_tokens_details").GetProperty("cached_tokens").GetInt64());
        }
    }

    [Fact]
    public async Task Conversations_that_have_expired_are_deleted_from_the_folder()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory();
        try
        {
            StoredConversation conversation = new(1, [new ChatMessage(ChatRole.User, "Hello.")]);
            await new FileConversationStore(folder.FullName, TimeSpan.FromMilliseconds(1)).WriteAsync("old", conversation, 0);
            await new FileConversationStore(folder.FullName, TimeSpan.FromDays(1)).WriteAsync("new", conversation, 0);

            await using ServerProcess server = await ServerProcess.StartAsync(
                TestFiles.RetNet, "--urls", AnyPort, "--sessions", folder.FullName, "--session-days", "7");

            for (int i = 0; folder.GetFiles("*.conversation").Length > 1 && i < 1000; i++)
                await Task.Delay(20);
            Assert.Single(folder.GetFiles("*.conversation"));
            Assert.NotNull(await new FileConversationStore(folder.FullName).ReadAsync("new"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("--session-days is 3 without --sessions", "--session-days", "3")]
    [InlineData("0 to 36500", "--sessions", "folder", "--session-days", "40000")]
    [InlineData("--max-queue", "--max-queue", "0")]
    [InlineData("--max-batch", "--max-batch", "4097")]
    public async Task Numbers_are_checked_by_the_names_of_the_options(string error, params string[] options)
    {
        ToolRun refused = await ToolProcess.FinishAsync(System.Diagnostics.Process.Start(
            ToolProcess.StartInfo(["serve", TestFiles.RetNet, "--urls", AnyPort, .. options]))!);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains(error, refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_machines_need_a_key()
    {
        ToolRun refused = await ToolProcess.FinishAsync(
            System.Diagnostics.Process.Start(ToolProcess.StartInfo("serve", TestFiles.RetNet, "--urls", "http://0.0.0.0:0"))!);
        Assert.Equal((1, ""), (refused.ExitCode, refused.Output));
        Assert.Contains("API key", refused.Error, StringComparison.OrdinalIgnoreCase);
        Assert.Single(refused.Error.Trim().Split('\n'));

        string keys = Path.Combine(Directory.CreateTempSubdirectory().FullName, "keys");
        try
        {
            await File.WriteAllTextAsync(keys, "# of the team\nfirst-key\nsecond-key\n");
            await using ServerProcess server = await ServerProcess.StartAsync(
                TestFiles.RetNet, "--urls", "http://0.0.0.0:0", "--api-key-file", keys);
            Assert.Equal(HttpStatusCode.Unauthorized, (await server.Client.GetAsync("/v1/models")).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/")).StatusCode);
            server.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "second-key");
            Assert.Equal(HttpStatusCode.OK, (await server.Client.GetAsync("/v1/models")).StatusCode);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(keys)!, recursive: true);
        }
    }

    [Fact]
    public async Task A_port_in_use_is_an_error_of_one_line()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        ToolRun run = await ToolProcess.FinishAsync(System.Diagnostics.Process.Start(
            ToolProcess.StartInfo("serve", TestFiles.RetNet, "--urls", $"http://{listener.LocalEndpoint}"))!);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("already in use", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.Trim().Split('\n'));
    }

    [Theory]
    [InlineData("localhost:8080", "--urls is 'localhost:8080'; expected addresses such as")]
    [InlineData("ftp://127.0.0.1", "--urls is 'ftp://127.0.0.1'")]
    [InlineData("http://127.0.0.1:99999", "--urls is 'http://127.0.0.1:99999'")]
    [InlineData("http://127.0.0.1/path", "--urls is 'http://127.0.0.1/path'")]
    public async Task A_wrong_address_is_named(string urls, string message)
    {
        ToolRun run = await ToolRun.Run("serve", TestFiles.RetNet, "--urls", urls);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_model_is_named()
    {
        ToolRun run = await ToolRun.Run("serve", "no-such-model", "--urls", AnyPort);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("no-such-model", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_model_that_cannot_be_loaded_ends_it()
    {
        using ModelCopy broken = new();
        await File.WriteAllTextAsync(Path.Combine(broken.Path, "tokenizer.json"), "{}");
        ToolRun run = await ToolRun.Run("serve", TestFiles.RetNet, broken.Path, "--urls", AnyPort);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("tokenizer.json", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_models_of_one_name_are_refused()
    {
        ToolRun run = await ToolRun.Run("serve", TestFiles.RetNet, TestFiles.RetNet, "--urls", AnyPort);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("are both named retnet-tinystories", run.Error, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> AskAsync(HttpClient client, string model, int tokens = 8)
    {
        using HttpResponseMessage response = await client.PostAsJsonAsync(Chat, Question(model, tokens, stream: false));
        return await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>();
    }

    private static object Question(string model, int tokens, bool stream) => new
    {
        model,
        messages = new[] { new { role = "user", content = "Tell me a story about a dog." } },
        temperature = 0,
        max_tokens = tokens,
        stream,
    };
}
