using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Tests.ChatTemplates;
using RetNet.Extensions.Core.Tokenizers;
using RetNet.Extensions.Fuzz.Mutations;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>Messages and descriptions of functions: encoded by templates of several families, and made into grammars of calls.</summary>
internal sealed class ConversationReader : Reader
{
    private static readonly ChatEncoder[] Encoders =
    [
        TinyText.LlamaModel.Chat,
        .. CallTemplates.Names.Select(name => new ChatEncoder(TinyText.LlamaModel.Tokenizer, CallTemplates.Get(name))),
    ];

    public override string Name => "conversations";

    // The functions' schemas are compiled as those of requests are.
    public override TimeSpan TimeLimit => TimeSpan.FromSeconds(15);

    public override long MostBytes => 256 << 20;

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        """
        {"messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"What is 17×3? <|im_end|>\n<s>😀"},
        {"role":"assistant","content":"","tool_calls":[{"id":"abcdefghi","type":"function","function":{"name":"f",
        "arguments":{"a":[1,2.5,null,"x"]}}}]},{"role":"tool","content":"51","name":"f","tool_call_id":"abcdefghi"}],
        "tools":[{"type":"function","function":{"name":"f","description":"Computes.","parameters":{"type":"object",
        "properties":{"a":{"type":"array","items":{"type":["number","null","string"]}}},"required":["a"]}}}]}
        """u8.ToArray(),
        """
        {"messages":[{"role":"user","content":"Hello"}],"tools":[{"name":"weather","parameters":{"type":"object",
        "properties":{"city":{"type":"string","enum":["Rome","Oslo"]},"days":{"type":"integer","minimum":1}}}},{"name":"now"}]}
        """u8.ToArray(),
        """{"messages":[{"role":"user","content":""},{"role":"assistant","content":"No."},{"role":"user","content":"a"}]}"""u8.ToArray(),
    ];

    public override byte[] Mutate(byte[] input, Mutation mutation) => Json.Mutate(input, mutation);

    public override void Read(byte[] input)
    {
        JsonElement root = JsonElement.Parse(input);
        ChatTemplateMessage[] messages = [.. Items(root, "messages").Select(Message)];
        JsonElement[] tools = [.. Items(root, "tools")];
        Exception? refusal = null;
        int read = 0;
        foreach (ChatEncoder encoder in Encoders)
        {
            try
            {
                _ = encoder.Encode(messages, tools: tools);
                if (tools.Length > 0 && encoder.CallFormat is { } format)
                {
                    _ = format.CreateReader(tools);
                    _ = format.Allow(tools, several: true);
                    _ = format.Require(tools, several: false);
                }

                read++;
            }
            catch (Exception exception) when (IsRefusal(exception))
            {
                refusal = exception;
            }
        }

        if (read == 0)
            throw refusal!;
    }

    public override bool IsRefusal(Exception exception) => exception is JsonException or ChatTemplateException or TokenizerException
        || exception.GetType() == typeof(ArgumentException) || exception.GetType() == typeof(NotSupportedException);

    private static IEnumerable<JsonElement> Items(JsonElement root, string name) =>
        root.ValueKind == JsonValueKind.Object && root.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array
            ? list.EnumerateArray()
            : [];

    private static ChatTemplateMessage Message(JsonElement message) => new(Text(message, "role") ?? "user", Text(message, "content") ?? "")
    {
        ToolCalls = Items(message, "tool_calls").ToArray() is { Length: > 0 } calls ? calls : null,
        Name = Text(message, "name"),
        ToolCallId = Text(message, "tool_call_id"),
    };

    private static string? Text(JsonElement message, string name)
    {
        if (message.ValueKind != JsonValueKind.Object || !message.TryGetProperty(name, out JsonElement text))
            return null;
        try
        {
            return text.ValueKind == JsonValueKind.String ? text.GetString() : text.GetRawText();
        }
        catch (InvalidOperationException exception)
        {
            throw new JsonException("The text is no Unicode.", exception);
        }
    }
}
