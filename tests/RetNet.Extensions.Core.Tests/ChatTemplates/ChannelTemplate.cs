using System.Text;
using RetNet.Extensions.Core.ChatTemplates;

namespace RetNet.Extensions.Core.Tests.ChatTemplates;

/// <summary>A template whose answers are messages in channels, with the fields and refusals of gpt-oss.</summary>
internal static class ChannelTemplate
{
    public const string Text =
        "{{- '<|start|>system<|message|>Reasoning: ' + (reasoning_effort if reasoning_effort is defined else 'medium') + '<|end|>' }}"
        + "{%- if tools %}{{- '<|start|>developer<|message|>' + (tools | tojson) + '<|end|>' }}{%- endif %}"
        + "{%- for message in messages %}{%- if message.role == 'assistant' %}"
        + "{%- if '<|channel|>final<|message|>' in message.content %}{{- raise_exception('channels in the content') }}{%- endif %}"
        + "{%- if 'tool_calls' in message %}{%- if message.content and message.thinking %}{{- raise_exception('both') }}{%- endif %}"
        + "{%- if message.content or message.thinking %}"
        + "{{- '<|start|>assistant<|channel|>analysis<|message|>' + (message.content or message.thinking) + '<|end|>' }}{%- endif %}"
        + "{%- set call = message.tool_calls[0].function %}{{- '<|start|>assistant to=functions.' + call.name }}"
        + "{{- '<|channel|>commentary json<|message|>' + (call.arguments | tojson) + '<|call|>' }}{%- else %}"
        + "{{- '<|start|>assistant<|channel|>final<|message|>' + message.content + '<|end|>' }}{%- endif %}"
        + "{%- elif message.role == 'tool' %}"
        + "{{- '<|start|>functions to=assistant<|channel|>commentary<|message|>' + (message.content | tojson) + '<|end|>' }}"
        + "{%- else %}{{- '<|start|>user<|message|>' + message.content + '<|end|>' }}{%- endif %}{%- endfor %}"
        + "{%- if add_generation_prompt %}{{- '<|start|>assistant' }}{%- endif %}";

    private static readonly string[] Control =
        ["<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|constrain|>", "<|call|>", "<|return|>"];

    public static IReadOnlyDictionary<string, int> ControlTokens { get; } =
        Control.Select((text, id) => (text, id)).ToDictionary();

    public static ChatTemplate Parsed { get; } = ChatTemplate.Parse(Text, "channels");

    public static FunctionCallFormat Format { get; } = new CallFormLearner(Parsed, ControlTokens, "<|return|>").Learn()!;

    /// <summary>A text with its control tokens as grammars see them.</summary>
    public static byte[] Bytes(string text)
    {
        List<byte> bytes = [];
        for (int at = 0; at < text.Length; at++)
        {
            if (Control.Any(token => text.AsSpan(at).StartsWith(token)))
                bytes.Add(0xFF);
            bytes.AddRange(Encoding.UTF8.GetBytes(text[at].ToString()));
        }

        return [.. bytes];
    }
}
