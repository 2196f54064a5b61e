using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using RetNet.Extensions.Benchmarks.Engines;
using RetNet.Extensions.Benchmarks.Serving;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Benchmarks.Answers;

/// <summary>llama.cpp's own server in a process of its own, with its own grammars of schemas, asked over the loopback interface; its own
/// times count. It sleeps while it is not asked.</summary>
internal sealed class LlamaServer : IAnsweringEngine, IDisposable
{
    private const int ContextTokens = 2048;

    private readonly ServerProcess _server;
    private readonly int[] _prompt;
    private readonly int[] _layout;

    /// <summary>Starts the process and loads a model.</summary>
    /// <param name="program">llama-server.</param>
    /// <param name="model">A GGUF file.</param>
    /// <param name="threads">Threads that compute.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="prompt">What is answered.</param>
    public LlamaServer(string program, string model, int threads, Tokenizer tokenizer, int[] prompt)
    {
        _prompt = prompt;
        _layout = [.. Enumerable.Range(0, tokenizer.VocabularySize).Where(token => IsLayout(tokenizer.Decode([token])))];
        string computing = threads.ToString(CultureInfo.InvariantCulture);
        _server = new ServerProcess(program,
            port =>
            [
                "--model", Path.GetFullPath(model), "--host", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture),
                "--threads", computing, "--threads-batch", computing, "--parallel", "1",
                "--ctx-size", ContextTokens.ToString(CultureInfo.InvariantCulture), "--log-disable",
            ],
            "/health");
    }

    public string Name => EngineNames.LlamaCpp;

    public Answer WriteFreely(int tokens) => Ask(new() { ["n_predict"] = tokens, ["ignore_eos"] = true });

    public Answer AnswerBySchema(JsonElement schema, int mostTokens) =>
        Ask(new()
        {
            ["n_predict"] = mostTokens,
            ["json_schema"] = JsonNode.Parse(schema.GetRawText()),

            // Its grammars allow 20 spaces wherever JSON does, and random weights like them: without these it writes on one line, as here.
            ["logit_bias"] = new JsonArray([.. _layout.Select(token => (JsonNode)new JsonArray(token, false))]),
        });

    public void Dispose() => _server.Dispose();

    private Answer Ask(JsonObject request)
    {
        request["prompt"] = new JsonArray([.. _prompt.Select(token => (JsonNode)token)]);
        request["cache_prompt"] = false;

        // Greedy, by the one sampler that this needs.
        request["samplers"] = new JsonArray("top_k");
        request["top_k"] = 1;
        using HttpResponseMessage response = _server.Client.PostAsJsonAsync("/completion", request).Result;
        string body = response.Content.ReadAsStringAsync().Result;
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"{Name} answered {(int)response.StatusCode}: {body}");
        JsonElement answer = JsonSerializer.Deserialize<JsonElement>(body);
        JsonElement timings = answer.GetProperty("timings");
        int tokens = timings.GetProperty("predicted_n").GetInt32();
        return new(answer.GetProperty("content").GetString()!, tokens, tokens, timings.GetProperty("predicted_ms").GetDouble() / 1000,
            answer.GetProperty("stop_type").GetString() != "limit");
    }

    private static bool IsLayout(string text) =>
        text.ContainsAny(['\n', '\r', '\t']) || text.Contains("  ", StringComparison.Ordinal);
}
