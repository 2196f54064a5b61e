using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.ChatTemplates.Calls;

namespace RetNet.Extensions.Core.Tests.ChatTemplates;

/// <summary>Templates that write calls as the families do.</summary>
internal static class CallTemplates
{
    private const string ChatMl =
        "{%- if tools %}<|im_start|>system\nTools: {{ tools | tojson }}<|im_end|>\n{% endif %}"
        + "{%- for message in messages %}{{- '<|im_start|>' + message.role + '\\n' }}";

    private const string EndOfChatMl =
        "{{- '<|im_end|>\\n' }}{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}";

    private const string Tagged =
        "{%- for call in message.tool_calls %}{%- if message.content or not loop.first %}{{- '\\n' }}{%- endif %}"
        + "{{- '<tool_call>\\n{\"name\": \"' + call.function.name + '\", \"arguments\": ' + (call.function.arguments | tojson)"
        + " + '}\\n</tool_call>' }}{%- endfor %}";

    private static readonly Dictionary<string, string> Texts = new()
    {
        ["tagged"] = $"{ChatMl}{{{{- message.content }}}}{Tagged}{EndOfChatMl}",
        ["tagged after thinking"] = ChatMl
            + "{%- if message.role == 'assistant' %}{%- set content = message.content.split('</think>')[-1] %}"
            + "{{- '<think>\\n\\n</think>\\n\\n' + content }}{%- else %}{{- message.content }}{%- endif %}"
            + Tagged + EndOfChatMl,
        ["xml"] = ChatMl + "{{- message.content | trim }}{%- for call in message.tool_calls or [] %}"
            + "{{- ('\\n' if message.content or not loop.first else '') + '<tool_call>\\n<function=' + call.function.name + '>\\n' }}"
            + "{%- for key, value in call.function.arguments | items %}"
            + "{{- '<parameter=' + key + '>\\n' }}{{- value | tojson if value is mapping or value is sequence and value is not string"
            + " else value | string }}{{- '\\n</parameter>\\n' }}{%- endfor %}{{- '</function>\\n</tool_call>' }}{%- endfor %}"
            + EndOfChatMl,
        ["json"] = "{{- tools | tojson }}{%- for message in messages %}{{- '<|header|>' + message.role + '<|/header|>\\n\\n' }}"
            + "{%- if 'tool_calls' in message %}{%- if message.tool_calls | length != 1 %}{{- raise_exception('one call') }}{%- endif %}"
            + "{%- set call = message.tool_calls[0].function %}"
            + "{{- '{\"name\": \"' + call.name + '\", \"parameters\": ' }}{{- call.arguments | tojson }}{{- '}' }}"
            + "{%- else %}{{- message.content }}{%- endif %}{{- '<|eot|>' }}{%- endfor %}"
            + "{%- if add_generation_prompt %}{{- '<|header|>assistant<|/header|>\\n\\n' }}{%- endif %}",
        ["named"] = "{%- for tool in tools or [] %}{{- tool.function | tojson }}{%- endfor %}"
            + "{%- for message in messages %}{{- '<|header|>' + message.role + '<|/header|>\\n\\n' + message.content }}"
            + "{%- for call in message.tool_calls %}{{- '<function=' + call.function.name + '>' + call.function.arguments | tojson"
            + " + '</function>' }}{%- endfor %}{{- '<|eom|>' if message.tool_calls else '<|eot|>' }}{%- endfor %}",
        ["list with ids"] = "{{- bos_token }}{%- for message in messages %}{%- if message.role == 'user' %}"
            + "{{- '[TOOLS]' + (tools | tojson) + '[/TOOLS][INST]' + message.content + '[/INST]' }}"
            + "{%- elif message.tool_calls is defined and message.tool_calls is not none %}{{- '[TOOL_CALLS][' }}"
            + "{%- for call in message.tool_calls %}{%- set text = call.function | tojson %}{{- text[:-1] }}"
            + "{%- if call.id | length != 9 %}{{- raise_exception('ids have nine characters') }}{%- endif %}"
            + "{{- ', \"id\": \"' + call.id + '\"}' }}{{- ', ' if not loop.last else ']' }}{%- endfor %}{{- eos_token }}"
            + "{%- elif message.role == 'assistant' %}{{- message.content + eos_token }}{%- endif %}{%- endfor %}",
        ["marked with ids"] = "{%- for message in messages %}{%- if message.role == 'user' %}"
            + "{{- '[TOOLS]' + (tools | tojson) + '[/TOOLS][INST]' + message.content + '[/INST]' }}"
            + "{%- else %}{{- message.content }}{%- for call in message.tool_calls or [] %}"
            + "{{- '[TOOL_CALLS]' + call.function.name + '[CALL_ID]' + call.id + '[ARGS]' + call.function.arguments | tojson }}"
            + "{%- endfor %}{{- eos_token }}{%- endif %}{%- endfor %}",
        ["fenced"] = "{%- set ns = namespace(first=true) %}{{- tools | tojson }}{%- for message in messages %}"
            + "{%- if message.role == 'user' %}{{- '<｜User｜>' + message.content }}{%- endif %}"
            + "{%- if message.role == 'assistant' and message.content is none %}{%- for call in message.tool_calls %}"
            + "{{- '<｜Assistant｜><｜tool▁calls▁begin｜>' if loop.first else '\\n' }}"
            + "{{- '<｜tool▁call▁begin｜>' + call.type + '<｜tool▁sep｜>' + call.function.name + '\\n```json\\n'"
            + " + call.function.arguments + '\\n```<｜tool▁call▁end｜>' }}{%- endfor %}{{- '<｜tool▁calls▁end｜>' + eos_token }}{%- endif %}"
            + "{%- if message.role == 'assistant' and message.content is not none %}"
            + "{{- '<｜Assistant｜>' + message.content + eos_token }}{%- endif %}{%- endfor %}"
            + "{%- if add_generation_prompt %}{{- '<｜Assistant｜><think>\\n' }}{%- endif %}",
        ["described list"] = "{%- if tools %}{{- 'To call a tool write <|tool_call|> and a list. ' + tools | tojson }}{%- endif %}"
            + "{%- for message in messages %}{{- '<|role|>' + message.role + '<|/role|>' + message.content + '<|eot|>' }}{%- endfor %}",
        ["described tags"] =
            "{%- if xml_tools %}{{- xml_tools | tojson + ' Write <tool_call>\\n{\"name\": ..., \"arguments\": ...}\\n</tool_call>' }}"
            + "{%- endif %}{%- for message in messages %}{{- '<|' + message.role + '|>' + message.content + '<|eot|>' }}{%- endfor %}",
        ["bars"] = "{%- for tool in tools or [] %}{{- '<|tool|>' + tool.function | tojson + '<|/tool|>' }}{%- endfor %}"
            + "{%- for message in messages %}{{- '<|' + message.role + '|>' }}{{- message.content or '' }}"
            + "{%- for call in message.tool_calls %}{{- '<|tool_call|>' + call.function | tojson + '<|/tool_call|>' }}{%- endfor %}"
            + "{{- '<|end|>' }}{%- endfor %}",
        ["recipients"] = "{%- for tool in tools or [] %}{{- tool | tojson }}{%- endfor %}"
            + "{%- for message in messages %}{{- '<|header|>' + message.role + '<|/header|>\\n\\n' }}"
            + "{%- if message.role == 'user' %}{{- message.content }}{%- else %}"
            + "{%- if message.content %}{{- '>>>all\\n' + message.content }}{%- endif %}{%- for call in message.tool_calls or [] %}"
            + "{{- '>>>' + call.function.name + '\\n' + call.function.arguments }}{%- endfor %}{%- endif %}{{- '<|eot|>' }}{%- endfor %}"
            + "{%- if add_generation_prompt %}{{- '<|header|>assistant<|/header|>\\n\\n>>>' }}{%- endif %}",
    };

    public static IReadOnlyCollection<string> Names => Texts.Keys;

    public static ChatTemplate Get(string name) => ChatTemplate.Parse(Texts[name], name).WithTokens("<s>", "</s>");

    public static FunctionCallFormat Learn(string name) => new CallFormLearner(Get(name),
        new Dictionary<string, int> { ["<|eom|>"] = 1, ["<|eot|>"] = 2 }, "</s>").Learn()!;

    internal static FunctionCallFormat Of(CallForm form) => new(form, new Dictionary<string, int>());
}
