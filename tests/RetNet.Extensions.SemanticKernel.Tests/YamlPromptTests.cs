using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using RetNet.Extensions.AI;

namespace RetNet.Extensions.SemanticKernel.Tests;

/// <summary>Settings as the reader of prompt files in YAML hands them over: mappings and lists of objects, with texts for all
/// scalars.</summary>
public sealed class YamlPromptTests
{
    // {type: object, properties: {title: {type: string, maxLength: 9}, age: {type: integer, minimum: 3, enum: [4, 5]},
    //  tag: {type: string, enum: [7, true]}}, required: [title, age], additionalProperties: false}
    private static readonly Dictionary<object, object?> Schema = new()
    {
        ["type"] = "object",
        ["properties"] = new Dictionary<object, object?>
        {
            ["title"] = new Dictionary<object, object?> { ["type"] = "string", ["maxLength"] = "9" },
            ["age"] = new Dictionary<object, object?>
            {
                ["type"] = "integer",
                ["minimum"] = "3",
                ["enum"] = new List<object?> { "4", "5" },
            },
            ["tag"] = new Dictionary<object, object?> { ["type"] = "string", ["enum"] = new List<object?> { "7", "true" } },
        },
        ["required"] = new List<object?> { "title", "age" },
        ["additionalProperties"] = "false",
    };

    private readonly FakeChatClient _client = new();

    [Fact]
    public async Task Settings_are_honoured()
    {
        await AskAsync(new()
        {
            ["temperature"] = "0.5",
            ["max_tokens"] = "7",
            ["top_k"] = "40",
            ["stop_sequences"] = new List<object> { "END", "FIN" },
            ["policy"] = "tova",
            ["logit_bias"] = new Dictionary<object, object?> { ["5"] = "-1.5" },
        });

        ChatOptions options = _client.Options!;
        Assert.Equal((0.5f, 7, 40), (options.Temperature, options.MaxOutputTokens, options.TopK));
        Assert.Equal(["END", "FIN"], options.StopSequences);
        Assert.Equal("tova", options.AdditionalProperties!["policy"]);
    }

    [Fact]
    public async Task Biases_of_tokens_are_honoured()
    {
        IKernelBuilder builder = Kernel.CreateBuilder();
        builder.AddRetNetChatCompletion(options => options.ModelPath = EmbeddedModels.RetNet);
        PromptExecutionSettings settings = new()
        {
            ExtensionData = new Dictionary<string, object>
            {
                ["logit_bias"] = new Dictionary<object, object?> { ["300"] = "100" },
                ["max_tokens"] = "3",
                ["temperature"] = "0",
            },
        };

        FunctionResult result = await builder.Build().InvokePromptAsync("Hello", new(settings));

        // One token three times.
        string text = result.ToString();
        Assert.Equal(string.Concat(Enumerable.Repeat(text[..(text.Length / 3)], 3)), text);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_schema_has_numbers_and_truth_values_where_its_keywords_do(bool isFormat)
    {
        await AskAsync(isFormat
            ? new()
            {
                ["response_format"] = new Dictionary<object, object?>
                {
                    ["type"] = "json_schema",
                    ["json_schema"] = new Dictionary<object, object?> { ["name"] = "pet", ["schema"] = Schema },
                },
            }
            : new() { ["json_schema"] = Schema });

        JsonElement schema = isFormat
            ? Assert.IsType<ChatResponseFormatJson>(_client.Options!.ResponseFormat).Schema!.Value
            : _client.Options!.JsonSchema!.Value;
        Assert.True(JsonElement.DeepEquals(schema, JsonElement.Parse("""
            {
                "type": "object",
                "properties": {
                    "title": {"type": "string", "maxLength": 9},
                    "age": {"type": "integer", "minimum": 3, "enum": [4, 5]},
                    "tag": {"type": "string", "enum": ["7", "true"]}
                },
                "required": ["title", "age"],
                "additionalProperties": false
            }
            """)), schema.GetRawText());
    }

    [Fact]
    public async Task Any_json_is_asked_for_by_mapping()
    {
        Dictionary<string, object> settings = new()
        {
            ["response_format"] = new Dictionary<object, object?> { ["type"] = "json_object" },
        };

        await AskAsync(settings);

        Assert.Same(ChatResponseFormat.Json, _client.Options!.ResponseFormat);
        Assert.IsType<Dictionary<object, object?>>(settings["response_format"]);
    }

    private Task AskAsync(Dictionary<string, object> settings)
    {
        IKernelBuilder builder = Kernel.CreateBuilder();
        builder.Services.AddSingleton<IChatCompletionService>(
            new KernelChatCompletionService(new KernelChatClient(_client).AsChatCompletionService()));
        return builder.Build().InvokePromptAsync("Hello", new(new PromptExecutionSettings { ExtensionData = settings }));
    }
}
