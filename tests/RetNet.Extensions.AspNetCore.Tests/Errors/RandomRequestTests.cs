using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RetNet.Extensions.AspNetCore.Tests.Errors;

/// <summary>Whatever a client sends, the answer is an answer or an error of the client's.</summary>
public sealed class RandomRequestTests
{
    private static readonly string[] Seeds =
    [
        """
        {"model": "llama-calls", "messages": [{"role": "system", "content": "s"},
         {"role": "user", "content": [{"type": "text", "text": "a"}]},
         {"role": "assistant", "content": null, "tool_calls": [{"id": "c", "type": "function",
         "function": {"name": "f", "arguments": "{\"x\": 1}"}}]}, {"role": "tool", "tool_call_id": "c", "content": "1"}],
         "tools": [{"type": "function", "function": {"name": "f", "description": "d",
         "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}, "required": ["x"]}}}], "tool_choice": "auto",
         "temperature": 0.5, "top_p": 0.9, "max_tokens": 2, "stop": ["x"], "seed": 1, "n": 1, "logprobs": true, "top_logprobs": 2,
         "logit_bias": {"5": 1}, "presence_penalty": 0.1, "policy": "tova", "state_size": 64, "min_p": 0.1}
        """,
        """
        {"model": "llama-calls", "messages": [{"role": "user", "content": "a"}], "stream": true,
         "stream_options": {"include_usage": true, "include_state": true}, "max_completion_tokens": 2, "response_format":
         {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object", "properties": {"a": {"enum": [1, "b"]}}}}}}
        """,
        """{"prompt": ["a", "b"], "max_tokens": 2, "echo": true, "n": 2, "stop": "z", "regex": "[a-c]{1,3}"}""",
        """{"input": ["a", [5, 6]], "encoding_format": "base64", "dimensions": 160}""",
        """{"input": "a", "instructions": "b", "max_output_tokens": 2, "text": {"format": {"type": "text"}}, "store": false}""",
    ];

    private const string ItemSeed = """
        {"input": [{"role": "developer", "content": "s"},
         {"type": "message", "id": "msg_1", "status": "completed", "role": "user", "content": [{"type": "input_text", "text": "a"}]},
         {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "t"}],
         "content": [{"type": "reasoning_text", "text": "r"}]},
         {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "b", "annotations": [], "logprobs": []},
         {"type": "refusal", "refusal": "no"}]},
         {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{\"x\": 1}", "content": "y"},
         {"type": "function_call_output", "id": "fco_1", "call_id": "c", "output": [{"type": "input_text", "text": "1"}]}],
         "tools": [{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {"x": {"type": "integer"}}}}],
         "tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "f"}]},
         "metadata": {"a": "b"}, "reasoning": {"effort": "low", "summary": "auto"}, "text": {"format": {"type": "text"}}}
        """;

    private static readonly string[] Values =
    [
        "null", "true", "-1", "0", "1e999", "3", "\"\"", "\"x\"", "\"\\ud83d\"", "[]", "{}", "[[]]", "[null]", "{\"type\": \"function\"}",
        "\"\\u0000\"", "9223372036854775808", "{\"$ref\": \"#\"}", "\"root ::= \\\"a\\\"\"", "2.5", "\"(\"",
    ];

    private static readonly string[] Paths = ["/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/responses"];

    [Fact]
    public async Task Mutated_bodies_are_no_failures_of_the_server()
    {
        await using TestHost host = await TestHost.StartAsync(
            Models.Calls, options => options.RequestTimeout = TimeSpan.FromSeconds(20));
        Random random = new(14);
        for (int round = 0; round < 400; round++)
        {
            string path = Paths[random.Next(Paths.Length)];
            string body = Mutated(Seeds[random.Next(Seeds.Length)], random);
            using HttpRequestMessage request = TestHost.Request(path, body, key: null);
            using HttpResponseMessage response = await host.Client.SendAsync(request);
            string text = await response.Content.ReadAsStringAsync();
            Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest or HttpStatusCode.NotFound,
                $"{(int)response.StatusCode} for {path} {body}: {text}");
            Assert.False(text.Contains("server_error", StringComparison.Ordinal), $"{path} {body}: {text}");
            Assert.False(text.Contains(AppContext.BaseDirectory, StringComparison.Ordinal), $"{path} {body}: {text}");
        }
    }

    [Fact]
    public async Task Mutated_items_are_no_failures_of_the_server_now_or_later()
    {
        const string path = "/v1/responses";
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"));
        Random random = new(16);
        int kept = 0;
        for (int round = 0; round < 1500; round++)
        {
            string body = Mutated(ItemSeed, random);
            using HttpRequestMessage request = TestHost.Request(path, body, key: null);
            using HttpResponseMessage response = await host.Client.SendAsync(request);
            string text = await response.Content.ReadAsStringAsync();
            Assert.True(response.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest, $"{body}: {text}");
            Assert.False(text.Contains("server_error", StringComparison.Ordinal), $"{body}: {text}");
            if (response.StatusCode != HttpStatusCode.OK || !text.StartsWith('{'))
                continue;
            string id = JsonNode.Parse(text)!["id"]!.GetValue<string>();
            Answer items = await host.GetAsync($"{path}/{id}/input_items");
            Answer next = await host.PostAsync(path, $$"""{"input": "And?", "previous_response_id": "{{id}}"}""");
            Assert.True(items.Status == next.Status && next.Status is HttpStatusCode.OK or HttpStatusCode.NotFound,
                $"{body}: {items.Text} {next.Text}");
            kept += next.Status == HttpStatusCode.OK ? 1 : 0;
        }

        Assert.True(kept > 100, $"{kept} requests were not refused.");
    }

    [Fact]
    public async Task Random_bytes_are_no_failures_of_the_server()
    {
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("m"));
        Random random = new(15);
        for (int round = 0; round < 200; round++)
        {
            byte[] bytes = new byte[random.Next(64)];
            random.NextBytes(bytes);
            using ByteArrayContent body = new(bytes);
            body.Headers.ContentType = new("application/json");
            using HttpResponseMessage response = await host.Client.PostAsync(Paths[random.Next(Paths.Length)], body);
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        }
    }

    private static string Mutated(string seed, Random random)
    {
        if (random.Next(6) == 0)
        {
            StringBuilder text = new(seed);
            text[random.Next(text.Length)] = (char)random.Next(32, 127);
            return text.ToString();
        }

        JsonNode root = JsonNode.Parse(seed)!;
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            JsonNode[] containers = [.. Containers(root)];
            JsonNode container = containers[random.Next(containers.Length)];

            // The place of a value; not all values can be nodes, such as half of a surrogate pair.
            JsonNode value = $"@{random.Next(Values.Length)}@";
            if (container is JsonObject { Count: > 0 } fields)
                fields[fields.ElementAt(random.Next(fields.Count)).Key] = value;
            else if (container is JsonArray { Count: > 0 } items)
                items[random.Next(items.Count)] = value;
        }

        return Regex.Replace(root.ToJsonString(), "\"@([0-9]+)@\"", place => Values[int.Parse(place.Groups[1].Value)]);
    }

    private static IEnumerable<JsonNode> Containers(JsonNode node)
    {
        if (node is not (JsonObject or JsonArray))
            yield break;
        yield return node;
        IEnumerable<JsonNode?> children = node is JsonObject fields ? fields.Select(field => field.Value) : (JsonArray)node;
        foreach (JsonNode? child in children.ToArray())
        {
            foreach (JsonNode inner in child is null ? [] : Containers(child))
                yield return inner;
        }
    }
}
