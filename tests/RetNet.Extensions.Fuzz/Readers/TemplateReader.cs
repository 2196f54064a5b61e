using System.Text;
using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Fuzz.Mutations;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>Chat templates: parsed, rendered with a conversation and tools, and asked for the form of their calls.</summary>
internal sealed class TemplateReader : Reader
{
    private static readonly string[] Words =
    [
        "{% for i in range(100000) %}", "{% for message in messages %}", "{% for c in 'a' * 100000 %}", "{% endfor %}", "{% if tools %}",
        "{% elif not tools %}", "{% else %}", "{% endif %}", "{% set x = ", "{% set ns = namespace(x=[1], y='a') %}",
        "{% set ns.x = ns.x + ns.x %}",
        "{% set ns.y = ns.y ~ ns.y %}", "{% set x %}", "{% endset %}", "{% macro m(a, b=1) %}", "{% endmacro %}",
        "{{ m(m, m(1)) }}", "{% filter upper %}",
        "{% call(x) m(1) %}", "{% endcall %}", "{{ caller(1) }}", "{% with a = ", "{% endwith %}", "{% raw %}", "{% endraw %}",
        "{% for i in [[1], 2] recursive %}", "{{ loop([1]) }}", "{{ loop.cycle(1, 2) }}", "{{ loop.changed(i) }}", "*[1, 2]", "**{'a': 1}",
        "{% endfilter %}", "{% generation %}", "{% endgeneration %}", "{% break %}", "{% continue %}", "{{ ", " }}", "{%- ",
        " -%}", " %}", "{#", "#}",
        " | list", " | reverse", " | sort", " | sort(reverse=true)", " | unique", " | int", " | float", " | string", " | tojson",
        " | tojson(indent=4)",
        " | from_json", " | length", " | first", " | last", " | trim", " | upper", " | title", " | indent(8)", " | join(', ')",
        " | items", " | dictsort",
        " | map('upper')", " | map(attribute='a.b')", " | select('string')", " | selectattr('role', 'equalto', "
            + "'user')", " | rejectattr('role')", " | default(1)",
        " | dictsort(by='value', reverse=true)", " | groupby('a')", " | batch(3, 'x')", " | sum", " | min", " | max", " | round(2)",
        " | center(9)", " | format(1, 'a')", " | e", " | safe", " | abs", " | wordcount", " | attr('a')",
        " | tojson(separators=(',', ':'), sort_keys=true, ensure_ascii=true)", " | sort(attribute='a,b')", ".format(1, a=2)",
        ".partition('a')", ".removeprefix('a')", ".rfind('a')", ".index('a')", ".center(9)", "joiner()", "cycler(1, 'a').next()",
        "99999999999999999999", "0x1F", "1e15", "(1, 'a')", "{1: 2, none: 3, 1.5: 4}", " % (1, 'a')", "'%5d|%s'",
        " | replace('a', 'bb')", ".split('a')", ".split()", ".rsplit('a', 1)", ".splitlines()", ".strip('a')", ".startswith('a')",
        ".endswith(['a'])",
        ".find('a')", ".count('a')", ".replace('a', 'aa')", ".join(['a', 'b'])", ".items()", ".keys()", ".values()",
        ".get('a', 1)", ".title()", ".isdigit()",
        "[0]", "[-1]", "[::-1]", "[1:]", "[:2]", "['a']", " is string", " is defined", " is sameas none", " is in [1, 'a']",
        " in ", " not in ", " and ", " or ",
        " not ", " if 1 else ", " * 1000000", " * -1", " ** 99", " // 0", " % 3", " ~ ", " + ", " - ", " == ", " < ", "messages",
        "messages[0].content", "tools",
        "loop", "loop.previtem", "none", "true", "9223372036854775807", "-9223372036854775808", "1.5", "0", "'a'", "'1' * 500000",
        "'\\ud83d'", "''", "[1, 'a', none]", "{'a': 1}", "{}", "[]",
        "range(5000)", "range(5, 1, -2)", "dict(a=1)", "strftime_now('%d %b %Y')", "strftime_now('x' * 100000)",
        "raise_exception('no')", "namespace", "(", ")", ",",
    ];

    private static readonly ChatTemplateMessage[] Messages =
    [
        new("system", "Be brief."), new("user", "  What is 17\n×3? 😀 <|im_end|>"),
        new("assistant", "")
        {
            ToolCalls =
                [JsonElement.Parse("""{"type":"function","id":"abcdefghi","function":{"name":"f","arguments":{"a":[1,2.5,null,"x"]}}}""")],
            Reasoning = "It is simple.",
        },
        new("tool", "51") { Name = "f", ToolCallId = "abcdefghi" }, new("user", "And now?"),
    ];

    private static readonly JsonElement[] Tools =
    [
        JsonElement.Parse("""
            {"type":"function","function":{"name":"f","description":"","parameters":{"type":"object","properties":{"a":{"type":"array"}}}}}
            """),
    ];

    public override string Name => "templates";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        .. Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Seeds", "templates"), "*.jinja").Order()
        .Select(File.ReadAllBytes),
        .. Constructs(),
        .. new[]
        {
            TinyText.Template, "{{ [1, 2, 3] | sort }}", "{% for i in range(100) %}{% set x = [i] | list %}{% endfor "
                + "%}", "{{ {'a': 1, 'b': [2]} | tojson }}",
            "{% macro m(x) %}{{ x | upper }}{% endmacro %}{{ m('a' * 10) }}", "{{ '{\"a\": 1}' | from_json | dictsort }}",
            "{% set ns = namespace(x='a') %}{% for i in range(5) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x }}",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    public override byte[] Mutate(byte[] input, Mutation mutation) => Texts.Mutate(input, mutation, Words);

    public override void Read(byte[] input)
    {
        ChatTemplate template = ChatTemplate.Parse(Encoding.UTF8.GetString(input), "template").WithTokens("<s>", "</s>");
        bool last = input.Length % 2 == 0;
        _ = template.Render(Messages, addGenerationPrompt: last, last ? Tools : null);
    }

    private static IEnumerable<byte[]> Constructs()
    {
        using JsonDocument document = JsonDocument.Parse(
            File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Seeds", "templates", "constructs.json")));
        return [.. document.RootElement.GetProperty("cases").EnumerateArray()
            .Select(test => Encoding.UTF8.GetBytes(test.GetProperty("template").GetString()!))];
    }

    public override bool IsRefusal(Exception exception) => exception is ChatTemplateException;
}
