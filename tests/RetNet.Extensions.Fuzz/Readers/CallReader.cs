using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.ChatTemplates.Calls;
using RetNet.Extensions.Core.Tests.ChatTemplates;
using RetNet.Extensions.Fuzz.Mutations;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>A model's text, in which calls are looked for in the form of every family, cut into pieces at random. What is no call stays
/// text: nothing is refused.</summary>
internal sealed class CallReader : Reader
{
    private static readonly FunctionCallFormat[] Formats = [.. CallTemplates.Names.Select(CallTemplates.Learn)];

    private static readonly JsonElement[] Functions =
    [
        JsonElement.Parse("""
            {"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"string"},
            "b":{"type":"array","items":{"type":"integer"}},"c":{"anyOf":[{"type":"number"},{"type":"null"}]}}}}}
            """),
        JsonElement.Parse("""{"type":"function","function":{"name":"now"}}"""),
    ];

    private static readonly FunctionCall[] Calls =
    [
        new("abcdefghi", "f", JsonElement.Parse("""{"a":"x \"y\"\n<","b":[1,2],"c":null}""")),
        new("123456789", "now", CallJson.NoArguments),
    ];

    private static readonly string[] Words =
    [
        "{", "}", "[", "]", "\"", ":", ",", "\\", "\n", " ", "f", "now", "\"name\"", "\"arguments\"", "\"parameters\"", "\"a\"", "null",
        "1e999", "\\ud800", "\\u0000", "<tool_call>", "</tool_call>", "<function=", "<parameter=a>", "</parameter>", "</function>",
        "[TOOL_CALLS]", "[ARGS]", "[CALL_ID]", "<|tool_call|>", ">>>", "```json", "<｜tool▁call▁begin｜>", "😀", "true", "\"id\"",
        .. Formats.SelectMany(format => (string[])[format.Form.Open, format.Form.Before, format.Form.Write(Calls).Text]),
    ];

    public override string Name => "calls";

    // The text is read once for each form.
    public override long MostBytes => Formats.Length * base.MostBytes;

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. Formats.SelectMany(format => (string[])
            [format.Form.Write(Calls).Text, $"Let me see. {format.Form.Write([Calls[0]]).Text} Done."])
            .Append("{\"name\": \"f\", \"arguments\": {}}").Append("No call, < and { only.").Select(Encoding.UTF8.GetBytes),
    ];

    public override byte[] Mutate(byte[] input, Mutation mutation) => Texts.Mutate(input, mutation, Words);

    public override void Read(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        Random random = new(text.Length);
        foreach (FunctionCallFormat format in Formats)
        {
            FunctionCallReader reader = format.CreateReader(Functions);
            int plain = 0;
            for (int start = 0; start < text.Length;)
            {
                int length = Math.Min(random.Next(1, 1 + (text.Length / 2)), text.Length - start);
                plain += reader.Add(text.AsSpan(start, length)).Length;
                start += length;
            }

            plain += reader.Finish().Length;
            if (plain > text.Length)
                throw new InvalidOperationException($"{plain} characters were made of {text.Length}.");
            foreach (FunctionCall call in reader.Calls)
                _ = call.ToJson().GetRawText();
        }
    }

    public override bool IsRefusal(Exception exception) => false;
}
