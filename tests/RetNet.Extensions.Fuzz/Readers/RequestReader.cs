using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using RetNet.Extensions.AI;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Fuzz.Mutations;
using RetNet.Extensions.SemanticKernel;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>The options of chat requests as JSON, as prompt files and additional properties write them: an answer of a few
/// tokens.</summary>
internal sealed class RequestReader : Reader
{
    private const int MostTokens = 4;

    private readonly RetNetChatClient _client = new(TinyText.LlamaModel);

    public override string Name => "requests";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. new[]
        {
            """
            {"temperature":0.7,"top_p":0.9,"top_k":20,"min_p":0.05,"seed":7,"max_tokens":3,"frequency_penalty":0.1,
            "presence_penalty":0.2,"repetition_penalty":1.1}
            """,
            """
            {"stop_sequences":["\n","end"],"logit_bias":{"5":1.5,"6":-100},"policy":"tova","state_size":"16","sinks":2,
            "prompt_chunk":8}
            """,
            """
            {"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":{"type":"object",
            "properties":{"a":{"type":"integer"}}}}},"max_tokens":"4"}
            """,
            """{"response_format":{"type":"json_object"},"stop":"x","max_completion_tokens":2.0}""",
            """{"regex":"(yes|no)","enable_thinking":false}""", """{"grammar":"root ::= \"a\"+"}""",
            """{"json_schema":{"type":"array","items":{"enum":["a","b"]}},"policy":"window","state_size":"25%"}""",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public override byte[] Mutate(byte[] input, Mutation mutation) => Json.Mutate(input, mutation);

    public override void Read(byte[] input)
    {
        RetNetPromptExecutionSettings settings = JsonSerializer.Deserialize<RetNetPromptExecutionSettings>(input)
            ?? throw new JsonException("The settings are null.");
        _ = settings.Clone();
        Answer(PromptFileSettings.Complete(settings.ToChatOptions(kernel: null)));
        ChatOptions options = new() { AdditionalProperties = [] };
        foreach ((string name, JsonElement value) in JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(input)!)
            options.AdditionalProperties[name] = value;
        Answer(options);
    }

    public override bool IsRefusal(Exception exception) =>
        exception is JsonException or ArgumentException or NotSupportedException or ChatTemplateException;

    private void Answer(ChatOptions? options)
    {
        options = options?.Clone() ?? new ChatOptions();
        options.MaxOutputTokens = Math.Min(options.MaxOutputTokens ?? MostTokens, MostTokens);
#pragma warning disable RS0030 // One request after the other, on this thread.
        _ = _client.GetResponseAsync("The dog", options).GetAwaiter().GetResult();
#pragma warning restore RS0030
    }
}
