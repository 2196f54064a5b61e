using System.Diagnostics;
using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates;

namespace RetNet.Extensions.Core.Tests.Tokenizers;

/// <summary>Templates that are broken, unsupported, or made to run for ever.</summary>
public class ChatTemplateHostileTests
{
    /// <summary>In all, nearly everything garbage at once; what a template keeps is bounded by its characters.</summary>
    private const long LargestAllocation = 2L << 30;

    /// <summary>What one rendering may take beyond its input.</summary>
    private const long LargestShare = 64 << 20;

    private static readonly ChatTemplateMessage[] Messages = [new("user", "hello")];

    public static TheoryData<string, string> Unreadable => new()
    {
        { "{{ messages", "closed" },
        { "{% if x %}", "endif" },
        { "{% endif %}", "no open statement" },
        { "{% for x in y %}{% endif %}", "endfor" },
        { "{# never closed", "comment" },
        { "{{ 'never closed }}", "string" },
        { "{{ 1 + }}", "a value" },
        { "{{ a b }}", "}}" },
        { "{{ a ? b }}", "'?'" },
        { "{% include 'x' %}", "\"include\"" },
        { "{% import 'x' as y %}", "\"import\"" },
        { "{% extends 'x' %}", "\"extends\"" },
        { "{% raw %}{{ x }}", "\"raw\"" },
        { "{% call m %}{% endcall %}", "\"call\"" },
        { "{% if true %}{% break %}{% endif %}", "\"break\"" },
        { "{{ f(a=1, 2) }}", "by position" },
        { "{{ " + new string('9', 5000) + " }}", "digits" },
        { "{{ " + new string('(', 200_000) + "1" + new string(')', 200_000) + " }}", "nested too deeply" },
        { "{{ " + new string('-', 200_000) + "1 }}", "nested too deeply" },
        { "{{ " + string.Concat(Enumerable.Repeat("not ", 200_000)) + "1 }}", "nested too deeply" },
        { string.Concat(Enumerable.Repeat("{% if 1 %}", 50_000)), "nested too deeply" },
        { new string('x', 2_000_000), "characters" },
    };

    public static TheoryData<string, string> Failing => new()
    {
        { "{{ nothing.at.all }}", "nothing" },
        { "{{ nothing() }}", "no function" },
        { "{{ messages.append(1) }}", "cannot be called|no function" },
        { "{{ ''.__class__.__mro__ }}", "__class__" },
        { "{{ 'a' + 1 }}", "+" },
        { "{{ 1 // 0 }}", "zero" },
        { "{{ x | urlize }}", "\"urlize\"" },
        { "{{ x is prime }}", "\"prime\"" },
        { "{{ 'a' * 9223372036854775808 }}", "not supported" },
        { "{{ range(9223372036854775808) }}", "too large" },
        { "{{ raise_exception('no such role') }}", "no such role" },
        { "{{ strftime_now('%Q') }}", "%Q" },
        { "{% for i in range(1000000000) %}{% endfor %}", "range" },
        { "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}", "characters|steps" },
        { "{% for i in range(99999) %}{% for j in 'abcdefghij' %}{% for k in [1,2,3,4,5,6,7,8,9,10] %}{% set x = 1 %}{% endfor %}{% "
            + "endfor %}{% endfor %}", "steps" },
        { "{{ 'x' * 1000000000000 }}", "characters" },
        { "{{ ('x' * 4000000) * 4000000000000 }}", "characters" },
        { "{% set ns = namespace(x='ab') %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}", "characters" },
        { "{% set ns = namespace(x=[1]) %}{% for i in range(100) %}{% set ns.x = ns.x + ns.x %}{% endfor %}", "characters" },
        { "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "deep" },
        { "{% macro m(n) %}{% for i in range(10) %}{{ m(n) if n < 60 }}{{ m(n + 1) if n < 60 }}{% endfor %}{% endmacro %}{{ m(0) "
            + "}}", "deep|steps" },
        { "{{ {'a': 1} | tojson(indent=1000000000) }}{{ messages[0].content | indent(1000000000) }}", "characters" },
        { "{{ ('a\n' * 100000) | indent(3000000) }}", "characters" },
        { "{{ " + string.Join(" + ", Enumerable.Repeat("1", 100_000)) + " }}", "nested too deeply" },
        { "{{ 'a'.split('') }}", "empty" },
        { "{% set messages.x = 1 %}", "namespace" },
        { "{{ 'x'[::0] }}", "step" },
    };

    /// <summary>Values that nest so deeply that no stack holds them, however small the frames of optimised code are, made by templates with
    /// any budget.</summary>
    public static TheoryData<string> Deep =>
    [
        "{% set ns = namespace(x=[]) %}{% for i in range(90000) %}{% set ns.x = [[[ns.x]]] %}{% endfor %}{{ ns.x | tojson }}",
        "{% set ns = namespace(x=[]) %}{% for i in range(90000) %}{% set ns.x = [[[ns.x]]] %}{% endfor %}{{ ns.x }}",
        "{% set ns = namespace(x=[], y=[]) %}{% for i in range(90000) %}{% set ns.x = [[[ns.x]]] %}{% set ns.y = [[[ns.y]]] %}"
            + "{% endfor %}{{ ns.x == ns.y }}",
    ];

    /// <summary>Short templates that touch much at each step.</summary>
    public static TheoryData<string> Costly =>
    [
        Often("x = list | list"),
        Often("x = list | reverse"),
        Often("x = list[::-1]"),
        Often("x = list[1:]"),
        Often("x = list + list"),
        Often("x = list | map('upper') | list"),
        Often("x = list | select"),
        Often("x = list | unique"),
        Often("x = list | sort"),
        Often("x = list | join"),
        Often("x = list | map(attribute='a')"),
        Often("x = digits | int"),
        Often("x = digits | float"),
        Often("x = digits.isdigit()"),
        Often("x = digits | length"),
        Often("x = digits | reverse"),
        Often("x = digits | trim('0')"),
        Often("x = digits.strip(digits)"),
        Often("x = digits[-1]"),
        Often("x = digits | last"),
        Often("x = digits == other"),
        Often("x = digits < other"),
        Often("x = digits.startswith(other)"),
        Often("x = digits.endswith([other, other])"),
        Often("x = digits.find('2')"),
        Often("x = digits.count('2')"),
        Often("x = digits.split('2')"),
        Often("x = digits.replace('2', '3')"),
        Often("x = digits in digits"),
        Often("x = digits in {'1': 1}"),
        Often("x = {'1': 1}[digits]"),
        Often("x = {'1': 1}.get(digits)"),
        Often("x = {digits: 1}"),
        Often("x = namespace(map)"),
        Often("x = map.values()"),
        Often("x = map.keys()"),
        Often("x = map.items()"),
        Often("x = map | dictsort"),
        Often("x = map | tojson"),
        Often("x = digits | tojson"),
        Often("x = digits | from_json"),
        Often("x = [digits] | string"),
        Often("x = digits.upper()"),
        Often("x = digits.title()"),
        Often("x = digits.splitlines()"),
        Often("x = digits | indent(first=true)"),
        Often("x = strftime_now(digits)"),
        Often("x = range(100000)"),
        Often("x = " + new string('x', 100_000)),
        Often("x = list." + new string('x', 100_000)),
        "{{ strftime_now('x' * 2000000) }}",
        "{{ strftime_now('%B' * 200000) }}",
        "{% for character in 'a' * 1000000 %}{% endfor %}",
        "{{ ('a' * 1000000) | list }}",
        "{{ (('a' * 250000) + 'b' + ('a' * 250000)) in 'a' * 1000000 }}",
        "{% set a = 'a' * 500000 %}{{ a.split(a[1:250000] ~ 'b' ~ a[1:250000]) }}",
        "{% set a = 'a' * 500000 %}{{ a.strip('b' * 499999 ~ 'a') }}",
        "{% set ns = namespace(x='') %}{% for i in range(3000) %}{% set ns.x = ns.x ~ messages[0].content ~ '.' %}{% endfor %}"
            + "{% for i in range(1000) %}{% set x = ns.x | upper %}{% endfor %}",
        "{{ range(60000) | sort(reverse=true) }}",
        "{% for i in range(100) %}{% set x = range(9000) | sort(reverse=true) %}{% endfor %}",
        "{% macro m(" + string.Join(',', Enumerable.Range(0, 20_000).Select(i => $"a{i}")) + ") %}{% endmacro %}{{ m("
            + string.Join(',', Enumerable.Range(0, 20_000).Select(i => $"a{i}=1")) + ") }}",
        string.Concat(Enumerable.Range(0, 2000).Select(i => $"{{% for a{i} in [1] %}}"))
            + Often("x = 1 if not " + string.Join(" and not ", Enumerable.Repeat("y", 1000)))
            + string.Concat(Enumerable.Repeat("{% endfor %}", 2000)),
    ];

    [Theory]
    [MemberData(nameof(Costly))]
    public void Work_output_and_memory_come_out_of_one_budget(string template)
    {
        ChatTemplateException e = Refused(() => ChatTemplate.Parse(template, "hostile").Render(Messages, addGenerationPrompt: true),
            LargestShare);
        Assert.Contains("budget", e.Problem, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Deep))]
    public void Deep_values_are_refused_with_any_budget(string template)
    {
        ChatTemplate parsed = ChatTemplate.Parse(template, "hostile").WithBudget(int.MaxValue);
        Assert.Contains("nested too deeply", Refused(() => parsed.Render(Messages, addGenerationPrompt: true)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{{ [1, 'a'] | sort }}", "have no order")]
    [InlineData("{{ ['a', none] | sort }}", "have no order")]
    [InlineData("{{ [none, 1, none] | sort }}", "have no order")]
    [InlineData("{{ [none, none] | min }}", "have no order")]
    [InlineData("{{ ('\"' ~ ('a' * 1000)) | from_json }}", "JSON")]
    [InlineData("{{ raise_exception('long ' * 100000) }}", "long")]
    [InlineData("{{ 'a'.rsplit(none, 1) }}{{ 'a'.rsplit('b', 9223372036854775807) }}{{ 1 < 'a' }}", "have no order")]
    public void What_cannot_be_done_is_said_shortly(string template, string named)
    {
        ChatTemplateException e = Refused(
            () => ChatTemplate.Parse(template, "hostile").Render(Messages, addGenerationPrompt: true), LargestShare);
        Assert.Contains(named, e.Problem, StringComparison.Ordinal);
        Assert.InRange(e.Problem.Length, 1, 1_001);
    }

    [Fact]
    public void One_character_of_a_long_text_costs_one_character()
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal("['a']a", ChatTemplate.Parse("{{ ('a' * 1000000)[-1] | list }}{{ ('a' * 1000000) | first }}", "t").Render(Messages,
            addGenerationPrompt: false));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < LargestShare);
    }

    [Fact]
    public void The_longest_template_that_is_read_takes_little_memory()
    {
        foreach (string item in new[] { "1,", "a,", "'a',", "{},", "a|d,", "a.b,", "a<b,", "-1,", "f(a)," })
        {
            string template = $"{{{{ [{string.Concat(Enumerable.Repeat(item, 1_000_000 / item.Length - 10))}] }}}}";
            long before = GC.GetAllocatedBytesForCurrentThread();
            Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(template, "long").Render(Messages, addGenerationPrompt: false));
            Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < LargestShare, item);
        }
    }

    [Fact]
    public void Half_of_a_surrogate_pair_in_a_tool_is_a_replacement_character()
    {
        ChatTemplate template = ChatTemplate.Parse("{{ tools[0] | tojson }}", "t");
        JsonElement tool = JsonElement.Parse("""{"a\ud800":"\\\udc00\ud83d\ude00\\ud800"}""");
        Assert.Equal("""{"a\ufffd": "\\\ufffd😀\\ud800"}""".Replace("\\ufffd", "\ufffd", StringComparison.Ordinal),
            template.Render(Messages, addGenerationPrompt: false, [tool]));
    }

    [Fact]
    public void The_budget_is_an_option_and_grows_with_the_conversation()
    {
        ChatTemplate template = ChatTemplate.Parse("{% for message in messages %}{{ message.content }}{% endfor %}", "t").WithBudget(3_000);
        Assert.Equal("hello", template.Render(Messages, addGenerationPrompt: false));
        ChatTemplateMessage[] ten = [.. Enumerable.Repeat(Messages[0], 10)];
        Assert.Contains("3060", Refused(() => template.Render(ten, addGenerationPrompt: false)).Problem, StringComparison.Ordinal);
        ChatTemplateMessage[] thousand = [.. Enumerable.Repeat(Messages[0], 1_000)];
        Assert.Equal(5_000, template.WithBudget(2_000_000).Render(thousand, addGenerationPrompt: false).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => template.WithBudget(0));
    }

    [Theory]
    [MemberData(nameof(Unreadable))]
    public void What_is_not_understood_is_refused_with_its_place(string template, string named)
    {
        ChatTemplateException e = Refused(() => ChatTemplate.Parse("first line\n" + template, "hostile"));
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
        Assert.StartsWith("hostile", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Failing))]
    public void What_fails_or_does_not_end_is_stopped(string template, string named)
    {
        ChatTemplate parsed = ChatTemplate.Parse(template, "hostile");
        ChatTemplateException e = Refused(() => parsed.Render(Messages, addGenerationPrompt: true));
        Assert.Contains(named.Split('|'), word => e.Message.Contains(word, StringComparison.Ordinal));
    }

    [Fact]
    public void Errors_count_lines_and_columns_from_one()
    {
        ChatTemplateException e = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("a\nb {{ x | nope }}",
            "here").Render(Messages,
            addGenerationPrompt: false));
        Assert.Equal(("here", 2), (e.TemplateSource, e.Line));
        Assert.Contains("nope", e.Problem, StringComparison.Ordinal);
        ChatTemplateException late = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("{{ x.y.z }}", "here").Render(Messages,
            addGenerationPrompt: false));
        Assert.Equal((1, 5), (late.Line, late.Column));
    }

    [Fact]
    public void A_long_conversation_renders_within_a_quarter_of_the_budget()
    {
        foreach (string file in Directory.EnumerateFiles(TestFiles.Path("Tokenizers", "templates"), "*.jinja"))
        {
            // The template of all corners of the language, and no model's.
            if (Path.GetFileNameWithoutExtension(file) == "corners")
                continue;
            ChatTemplate template = ChatTemplate.Parse(File.ReadAllText(file), file).WithTokens("<s>", "</s>")
                .WithBudget(ChatTemplate.DefaultBudget / 4);
            ChatTemplateMessage[] messages = Enumerable.Range(0, 2000)
                .Select(i => new ChatTemplateMessage(i % 2 == 0 ? "user" : "assistant", new string('x', 500))).ToArray();
            Assert.True(template.Render(messages, addGenerationPrompt: true).Length > 1_000_000);
        }
    }

    [Fact]
    public void A_long_conversation_renders_within_the_budget()
    {
        string file = TestFiles.Path("Tokenizers", "templates", "qwen3.jinja");
        ChatTemplate template = ChatTemplate.Parse(File.ReadAllText(file), file);
        ChatTemplateMessage[] messages = Enumerable.Range(0, 2000)
            .Select(i => new ChatTemplateMessage(i % 2 == 0 ? "user" : "assistant", new string('x', 5000))).ToArray();
        Assert.True(template.Render(messages, addGenerationPrompt: true).Length > 10_000_000);
    }

    [Fact]
    public void A_string_in_many_pieces_is_joined_once()
    {
        const int pieces = 200_000;
        long before = GC.GetAllocatedBytesForCurrentThread();
        ChatTemplate template = ChatTemplate.Parse("{{ " + string.Concat(Enumerable.Repeat("'a' ", pieces)) + "}}", "hostile");
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < LargestAllocation);
        Assert.Equal(new string('a', pieces), template.Render(Messages, addGenerationPrompt: false));
    }

    [Fact]
    public void Tools_are_seen_where_the_template_reads_them()
    {
        Assert.True(ChatTemplate.Parse("{% if tools %}x{% endif %}", "t").UsesTools);
        Assert.False(ChatTemplate.Parse("tools {{ message.content }}", "t").UsesTools);
    }

    /// <summary>A template that sets something a hundred thousand times.</summary>
    private static string Often(string assignment) =>
        "{% set list = range(10000) %}{% set digits = '1' * 600000 %}{% set other = digits ~ '1' %}{% set map = dict(a=1) %}"
        + $"{{% for i in range(100000) %}}{{% set {assignment} %}}{{% endfor %}}";

    private static ChatTemplateException Refused(Action action, long largestAllocation = LargestAllocation)
    {
        Stopwatch clock = Stopwatch.StartNew();
        long before = GC.GetAllocatedBytesForCurrentThread();
        ChatTemplateException e = Assert.Throws<ChatTemplateException>(action);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, largestAllocation);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60));
        return e;
    }
}
