using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using NATS.Client.Core;
using NATS.Client.JetStream;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scoring;
using RetNet.Extensions.Servers;
using RetNet.Extensions.Tool.Work;

namespace RetNet.Extensions.Tool.Tests.Work;

/// <summary><c>retnet work</c> with a NATS server of its own.</summary>
public sealed class WorkCommandTests
{
    private const int Seed = 14;

    [ServerFact(NatsServer.Executable)]
    public async Task Each_of_300_texts_has_one_result_though_two_of_three_workers_are_killed()
    {
        const int texts = 300;
        await using NatsServer server = await NatsServer.StartAsync();
        using WorkFolder folder = new();
        string[] prompts = [.. Enumerable.Range(1, texts).Select(i => $"Once upon a time there were {i} dogs")];
        string file = folder.Write("texts.txt", string.Join('\n', prompts));
        await RunAsync(server, "submit", file, "--task", "generate", "--max-tokens", "8", "--temperature", "0", "--ack-wait", "1");

        Process[] workers = [.. Enumerable.Range(0, 3).Select(_ => StartWorker(server, "--batch", "4"))];
        await using WorkQueue queue = await WorkQueue.ConnectAsync(NatsAddress.Parse(server.Url, credentialsFile: null), "default");
        Random random = new(Seed);
        foreach ((Process worker, int results) in workers.Zip([random.Next(10, 100), random.Next(100, 250)]))
        {
            await WaitForResultsAsync(queue, results);
            worker.Kill(entireProcessTree: true);
            await worker.WaitForExitAsync();
            worker.Dispose();
        }

        ToolRun survivor = await ToolProcess.FinishAsync(workers[2]);
        Assert.Equal((0, ""), (survivor.ExitCode, survivor.Error));
        Assert.InRange(survivor.Json.GetProperty("results").GetInt32(), 50, texts);
        Assert.Equal(texts, await queue.CountResultsAsync(CancellationToken.None));

        JsonElement[] collected = await CollectAsync(server, folder);
        Assert.Equal(Enumerable.Range(1, texts), collected.Select(result => result.GetProperty("id").GetInt32()));
        using TextModel model = TextModel.Load(TestFiles.RetNet);
        GenerationOptions options = new GenerationOverrides { MaxTokens = 8, Temperature = 0 }.ApplyTo(model.DefaultOptions);
        IReadOnlyList<GenerationResult> expected = await model.Scheduler.GenerateAsync(
            [.. prompts.Select(prompt => new GenerationRequest(model.EncodePrompt(prompt), options))]);
        Assert.Equal(expected.Select(result => result.Text), collected.Select(result => result.GetProperty("text").GetString()));
    }

    [ServerFact(NatsServer.Executable)]
    public async Task Embeddings_and_scores_are_those_of_the_library_with_the_ids_of_the_file()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        using WorkFolder folder = new();
        string[] texts = ["Once upon a time", "The dog \"Max\"\nran", "wörld", ""];
        string file = folder.Write("texts.jsonl", """
            {"id": "a", "text": "Once upon a time"}
            {"text": "The dog \"Max\"\nran", "id": 17}

            {"text": "wörld", "other": [1]}
            {"id": "4", "text": ""}
            """);
        using TextModel model = TextModel.Load(TestFiles.RetNet);

        await RunAsync(server, "submit", file, "--task", "embed", "--job", "vectors");
        await RunAsync(server, "run", TestFiles.RetNet, "--job", "vectors", "--batch", "2");
        JsonElement[] vectors = await CollectAsync(server, folder, "--job", "vectors");
        Assert.Equal(["\"a\"", "17", "4", "\"4\""], vectors.Select(result => result.GetProperty("id").GetRawText()));
        Assert.Equal(
            new SequenceEmbedder(model.Model).Embed([.. texts.Select(model.EncodePrompt)]),
            vectors.Select(result => result.GetProperty("embedding").Deserialize<float[]>()!));

        await RunAsync(server, "submit", file, "--task", "score", "--job", "scores");
        await RunAsync(server, "run", TestFiles.RetNet, "--job", "scores");
        JsonElement[] scores = await CollectAsync(server, folder, "--job", "scores");
        int start = model.BeginningOfSequenceId!.Value;
        int[][] tokens = [.. texts.Select(text => (int[])[start, .. model.Tokenizer.Encode(text, addSpecialTokens: false)])];
        Assert.Equal(new SequenceLikelihood(model.Model).Score(tokens), scores.Select(result => result.GetProperty("nats").GetDouble()));
        Assert.Equal(JsonValueKind.Null, scores[3].GetProperty("perplexity").ValueKind);
    }

    [ServerFact(NatsServer.Executable)]
    public async Task An_encoder_embeds_and_does_nothing_else()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        using WorkFolder folder = new();
        string file = folder.Write("texts.txt", Lines(3));
        foreach (string task in (string[])["embed", "score", "generate"])
            await RunAsync(server, "submit", file, "--task", task, "--job", task);

        await RunAsync(server, "run", TestFiles.Encoder, "--job", "embed");

        Assert.All(await CollectAsync(server, folder, "--job", "embed"),
            result => Assert.Equal(48, result.GetProperty("embedding").GetArrayLength()));
        foreach (string task in (string[])["score", "generate"])
            await FailsAsync(server, "is an encoder (bert), which embeds texts", "run", TestFiles.Encoder, "--job", task);
    }

    [ServerFact(NatsServer.Executable)]
    public async Task Submission_goes_on_where_an_earlier_one_was_killed()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        using WorkFolder folder = new();
        string file = folder.Write("texts.txt", "one\ntwo\n\nthree\nfour\n");
        byte[][] messages = [.. WorkText.ReadFile(file).Select(text => text.Text.ToBytes())];
        WorkJob job = new(WorkJob.ScoreTask, messages.Length, WorkText.Hash(messages)) { Generation = new GenerationOverrides() };
        await using (WorkQueue queue = await WorkQueue.ConnectAsync(NatsAddress.Parse(server.Url, null), "default"))
        {
            Assert.Equal(0, await queue.CreateAsync(job, TimeSpan.FromSeconds(30), CancellationToken.None));
            await queue.SubmitAsync(messages[..3], 0, new Progress<long>(), CancellationToken.None);
        }

        Assert.Equal(1, (await RunAsync(server, "submit", file, "--task", "score")).GetProperty("sent").GetInt32());
        Assert.Equal(0, (await RunAsync(server, "submit", file, "--task", "score")).GetProperty("sent").GetInt32());
        await RunAsync(server, "run", TestFiles.RetNet);
        Assert.Equal(0, (await RunAsync(server, "submit", file, "--task", "score")).GetProperty("sent").GetInt32());
        Assert.Equal([1, 2, 4, 5], (await CollectAsync(server, folder)).Select(result => result.GetProperty("id").GetInt32()));
        await FailsAsync(server, "has other texts or options", "submit", file, "--task", "embed");
        await FailsAsync(server, "has other texts or options", "submit", folder.Write("other.txt", "one"), "--task", "score");
    }

    [ServerFact(NatsServer.Executable)]
    public async Task Results_of_a_job_whose_removal_was_interrupted_are_not_those_of_the_next()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        using WorkFolder folder = new();
        await RunAsync(server, "submit", folder.Write("before.txt", Lines(3)), "--task", "score");
        await RunAsync(server, "run", TestFiles.RetNet);
        await using (NatsConnection connection = new(new NatsOpts { Url = server.Url }))
            await new NatsJSContext(connection).DeleteStreamAsync("retnet-work-default-texts");
        await RunAsync(server, "submit", folder.Write("texts.txt", Lines(2)), "--task", "embed");
        await RunAsync(server, "run", TestFiles.RetNet);
        Assert.All(await CollectAsync(server, folder), result => Assert.True(result.TryGetProperty("embedding", out _)));
    }

    [ServerFact(NatsServer.Executable)]
    public async Task Worker_goes_on_when_the_server_was_killed_and_started_again()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        using WorkFolder folder = new();
        string file = folder.Write("texts.txt", Lines(60));
        await RunAsync(server, "submit", file, "--task", "generate", "--max-tokens", "8", "--ack-wait", "1");
        using Process worker = StartWorker(server, "--batch", "2");
        await using (WorkQueue queue = await WorkQueue.ConnectAsync(NatsAddress.Parse(server.Url, null), "default"))
            await WaitForResultsAsync(queue, 10);
        await server.KillAsync();
        await server.RestartAsync();
        ToolRun run = await ToolProcess.FinishAsync(worker);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.Equal(60, (await CollectAsync(server, folder)).Length);
    }

    [ServerFact(NatsServer.Executable)]
    public async Task Terminated_worker_gives_its_texts_back_at_once()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        using WorkFolder folder = new();
        string file = folder.Write("texts.txt", Lines(40));
        await RunAsync(server, "submit", file, "--task", "generate", "--max-tokens", "8", "--ack-wait", "3600");
        Process worker = StartWorker(server, "--batch", "2");
        await using (WorkQueue queue = await WorkQueue.ConnectAsync(NatsAddress.Parse(server.Url, null), "default"))
            await WaitForResultsAsync(queue, 4);
        using (Process kill = Process.Start("kill", ["-TERM", $"{worker.Id}"]))
            await kill.WaitForExitAsync();
        ToolRun run = await ToolProcess.FinishAsync(worker);
        Assert.Equal((130, "", "retnet: interrupted"), (run.ExitCode, run.Output, run.Error.Trim()));

        // Texts that were not given back would come after an hour.
        await RunAsync(server, "run", TestFiles.RetNet);
        Assert.Equal(40, (await CollectAsync(server, folder, "--delete")).Length);
        await FailsAsync(server, "There is no job 'default'", "run", TestFiles.RetNet);
    }

    [ServerFact(NatsServer.Executable)]
    public async Task Nothing_is_collected_while_results_are_missing()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        using WorkFolder folder = new();
        string results = folder.Write("results.jsonl", "before");
        await RunAsync(server, "submit", folder.Write("texts.txt", Lines(3)), "--task", "embed");
        await FailsAsync(server, "3 of 3 results are missing", "collect", results);
        Assert.Equal("before", await File.ReadAllTextAsync(results));
        Task<JsonElement[]> waiting = CollectAsync(server, folder, "--wait");
        await RunAsync(server, "run", TestFiles.RetNet);
        Assert.Equal(3, (await waiting).Length);
    }

    [ServerFact(NatsServer.Executable)]
    public async Task Workers_of_a_job_have_one_model()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        using WorkFolder folder = new();
        await RunAsync(server, "submit", folder.Write("texts.txt", Lines(3)), "--task", "embed");
        await RunAsync(server, "run", TestFiles.RetNet);
        await FailsAsync(server, "this worker has weights", "run", TestFiles.Llama);
        await FailsAsync(server, "this worker has weights", "run", TestFiles.RetNet, "--format", "int8");
    }

    [ServerFact(NatsServer.Executable)]
    public async Task Workers_of_a_job_generate_by_the_same_defaults()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        using WorkFolder folder = new();
        using ModelCopy other = new();
        string defaults = Path.Combine(other.Path, "generation_config.json");
        await RunAsync(server, "submit", folder.Write("texts.txt", Lines(3)), "--task", "generate", "--seed", "1", "--max-tokens", "2");
        await RunAsync(server, "run", TestFiles.RetNet);
        await RunAsync(server, "run", other.Path);

        await File.WriteAllTextAsync(defaults, """{"do_sample": true, "temperature": 0.9, "top_k": 40, "eos_token_id": [4, 0]}""");
        await FailsAsync(server, "temperature 0.7, top k 40, top p 1, min p 0; this worker has weights", "run", other.Path);
        await File.WriteAllTextAsync(defaults, """{"do_sample": true, "temperature": 0.7, "top_k": 40, "eos_token_id": [4, 0, 7]}""");
        await FailsAsync(server, "stop tokens 0 4 7", "run", other.Path);
    }

    [ServerFact(NatsServer.Executable)]
    public async Task Workers_of_a_job_embed_in_the_same_way()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        using WorkFolder folder = new();
        using ModelCopy other = new(TestFiles.Encoder);
        await RunAsync(server, "submit", folder.Write("texts.txt", Lines(3)), "--task", "embed");
        await RunAsync(server, "run", TestFiles.Encoder);
        await RunAsync(server, "run", other.Path);

        await File.WriteAllTextAsync(
            Path.Combine(other.Path, "config_sentence_transformers.json"),
            """{"prompts": {"query": "query: "}, "default_prompt_name": "query"}""");
        await FailsAsync(server, "prompt \"query: \"", "run", other.Path);
        File.Delete(Path.Combine(other.Path, "config_sentence_transformers.json"));
        await File.WriteAllTextAsync(
            Path.Combine(other.Path, "sentence_bert_config.json"), """{"max_seq_length": 8, "do_lower_case": false}""");
        await FailsAsync(server, "at most 8 tokens", "run", other.Path);
    }

    [ServerFact(NatsServer.Executable)]
    public async Task Text_longer_than_a_message_is_an_error_before_anything_is_sent()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        using WorkFolder folder = new();
        string file = folder.Write("texts.txt", $"short\n{new string('a', 1 << 20)}");
        await FailsAsync(server, "texts.txt, line 2: the text has 1048594 bytes as a message", "submit", file, "--task", "embed");
        await FailsAsync(server, "There is no job 'default'", "run", TestFiles.RetNet);
    }

    [ServerFact(NatsServer.Executable)]
    public async Task A_text_that_a_worker_has_too_little_memory_for_is_left_to_others_until_the_fifth()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        using WorkFolder folder = new();
        await RunAsync(server, "submit", folder.Write("texts.txt", "one"), "--task", "generate", "--max-tokens", "2000000000");
        await using WorkQueue queue = await WorkQueue.ConnectAsync(NatsAddress.Parse(server.Url, credentialsFile: null), "default");
        for (int worker = 1; worker < 5; worker++)
        {
            await FailsAsync(server, "budget", "run", TestFiles.Llama);
            Assert.Equal(0, await queue.CountResultsAsync(CancellationToken.None));
        }

        await RunAsync(server, "run", TestFiles.Llama);
        string results = Path.Combine(folder.Path, "results.jsonl");
        ToolRun run = await ToolRun.Run("work", "collect", results, "--nats", server.Url, "--json");
        Assert.Equal((0, 1), (run.ExitCode, run.Json.GetProperty("errors").GetInt32()));
        Assert.Contains("1 of 1 texts have an error", run.Error, StringComparison.Ordinal);
        Assert.StartsWith("{\"id\":1,\"error\":\"The state may need", File.ReadLines(results).First(), StringComparison.Ordinal);
    }

    [ServerFact(NatsServer.Executable)]
    public async Task Text_that_the_tokenizer_or_the_chat_template_refuses_is_an_error_of_that_text()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        using WorkFolder folder = new();
        using ModelCopy model = new();
        string tokenizer = Path.Combine(model.Path, "tokenizer.json");
        JsonNode json = JsonNode.Parse(await File.ReadAllTextAsync(tokenizer))!;
        JsonObject Longer() => new()
        {
            ["type"] = "Replace",
            ["pattern"] = new JsonObject { ["String"] = "~" },
            ["content"] = new string('~', 500),
        };
        json["normalizer"] = new JsonObject { ["type"] = "Sequence", ["normalizers"] = new JsonArray(Longer(), Longer()) };
        await File.WriteAllTextAsync(tokenizer, json.ToJsonString());
        await File.WriteAllTextAsync(Path.Combine(model.Path, "chat_template.jinja"), """
            {%- if messages[0]['content'] == 'no' %}{{ raise_exception('Say yes.') }}{% endif %}{{ messages[0]['content'] }}
            """);
        string file = folder.Write("texts.txt", "yes\n~\nno");
        foreach (string task in (string[])["embed", "score"])
            await RunAsync(server, "submit", file, "--task", task, "--job", task);
        await RunAsync(server, "submit", file, "--task", "generate", "--job", "chat", "--chat", "--max-tokens", "2");

        foreach ((string job, bool[] expected) in ((string, bool[])[])[
            ("embed", [false, true, false]), ("score", [false, true, false]), ("chat", [false, true, true])])
        {
            await RunAsync(server, "run", model.Path, "--job", job);
            string results = Path.Combine(folder.Path, $"{job}.jsonl");
            await ToolRun.Run("work", "collect", results, "--nats", server.Url, "--job", job);
            string[] lines = await File.ReadAllLinesAsync(results);
            Assert.Equal(expected, lines.Select(line => line.Contains("\"error\":", StringComparison.Ordinal)));
            Assert.Contains("tokenizer.json", lines[1], StringComparison.Ordinal);
            if (expected[2])
                Assert.Contains("Say yes.", lines[2], StringComparison.Ordinal);
        }
    }

    [ServerFact(NatsServer.Executable)]
    public async Task Wrong_credentials_are_an_error_that_does_not_show_them()
    {
        await using NatsServer server = await NatsServer.StartAsync("--user", "joe", "--pass", "sesame");
        string wrong = server.Url.Replace("nats://", "nats://joe:open%40sesame@", StringComparison.Ordinal);
        await FailsAsync(wrong, "refuses these credentials", "run", TestFiles.RetNet);
        await FailsAsync(server, "refuses these credentials", "run", TestFiles.RetNet);
        string right = server.Url.Replace("nats://", "nats://joe:sesame@", StringComparison.Ordinal);
        await FailsAsync(right, "There is no job 'default'", "run", TestFiles.RetNet);
    }

    [Theory]
    [InlineData("nats://joe:sesame@127.0.0.1:1", "The NATS server at nats://127.0.0.1:1 cannot be used")]
    [InlineData("joe:sesame@127.0.0.1:1", "--nats cannot be read; expected addresses")]
    [InlineData("http://127.0.0.1:4222", "--nats is 'http://127.0.0.1:4222'; expected addresses such as nats://")]
    [InlineData(",", "--nats is empty; expected addresses")]
    public async Task Server_that_is_none_is_an_error_without_credentials(string url, string message) =>
        await FailsAsync(url, message, "run", TestFiles.RetNet);

    [Theory]
    [InlineData("{\"text\": 1}", "texts.jsonl, line 1: found {\"text\": 1}; expected {\"text\": \"…\"}")]
    [InlineData("{\"text\": \"a\", \"id\": [1]}", "texts.jsonl, line 1: \"id\" is [1]; expected a string or a number")]
    [InlineData("{\"text\": \"a\", \"id\": 2}\n{\"text\": \"b\"}", "lines 1 and 2 both have the id 2")]
    [InlineData("{\"text\": \"a\"}\n{", "texts.jsonl, line 2: ")]
    [InlineData("{\"text\": \"a\"}\n{\"text\": \"\\ud83d\"}", "texts.jsonl, line 2: found {\"text\": \"\\ud83d\"}, in which an escape")]
    [InlineData("{\"text\": \"a\", \"id\": \"\\udc00\"}", "texts.jsonl, line 1: found {\"text\": \"a\", \"id\": \"\\udc00\"}, in which")]
    [InlineData("\n \n", "texts.jsonl has no text")]
    public async Task Line_that_is_no_text_is_named(string content, string message)
    {
        using WorkFolder folder = new();
        await FailsAsync("nats://127.0.0.1:1", message, "submit", folder.Write("texts.jsonl", content), "--task", "embed");
    }

    [Fact]
    public async Task Options_of_generation_belong_to_that_task()
    {
        using WorkFolder folder = new();
        string file = folder.Write("texts.txt", "one");
        await FailsAsync("nats://127.0.0.1:1", "--task is embed; expected generate", "submit", file, "--task", "embed", "--max-tokens",
            "3");
        await FailsAsync("nats://127.0.0.1:1", "--job is 'a.b'; expected", "submit", file, "--task", "embed", "--job", "a.b");
    }

    [Fact]
    public async Task Other_commands_do_not_load_the_client_of_NATS()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using Process chat = Process.Start(ToolProcess.StartInfo("chat", TestFiles.RetNet, "--max-tokens", "2"))!;
        await chat.StandardInput.WriteLineAsync("Hello");
        await chat.StandardInput.FlushAsync();
        Assert.NotNull(await chat.StandardOutput.ReadLineAsync());
        string files = await File.ReadAllTextAsync($"/proc/{chat.Id}/maps");
        await ToolProcess.FinishAsync(chat);
        Assert.Contains("RetNet.Extensions.Tool.dll", files, StringComparison.Ordinal);
        Assert.DoesNotContain("NATS.", files, StringComparison.Ordinal);
    }

    private static string Lines(int count) => string.Join('\n', Enumerable.Range(1, count).Select(i => $"There were {i} dogs"));

    private static Process StartWorker(NatsServer server, params string[] arguments) => Process.Start(
        ToolProcess.StartInfo(["work", "run", TestFiles.RetNet, "--nats", server.Url, "--json", .. arguments]))!;

    private static Task<JsonElement> RunAsync(NatsServer server, params string[] arguments) =>
        ToolRun.RunForJson(["work", .. arguments, "--nats", server.Url]);

    private static async Task<JsonElement[]> CollectAsync(NatsServer server, WorkFolder folder, params string[] arguments)
    {
        string file = Path.Combine(folder.Path, "collected.jsonl");
        await RunAsync(server, ["collect", file, .. arguments]);
        return [.. (await File.ReadAllLinesAsync(file)).Select(line => JsonDocument.Parse(line).RootElement)];
    }

    private static Task FailsAsync(NatsServer server, string message, params string[] arguments) =>
        FailsAsync(server.Url, message, arguments);

    private static async Task FailsAsync(string url, string message, params string[] arguments)
    {
        ToolRun run = await ToolRun.Run(["work", .. arguments, "--nats", url]);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("sesame", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.Trim().Split('\n'));
    }

    private static async Task WaitForResultsAsync(WorkQueue queue, int count)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(2));
        while (await queue.CountResultsAsync(limit.Token) < count)
            await Task.Delay(20, limit.Token);
    }
}
