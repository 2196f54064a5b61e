using System.Diagnostics;
using RetNet.Extensions.Core.ChatTemplates;

namespace RetNet.Extensions.Core.Tests.Tokenizers;

/// <summary>Templates that are broken, unsupported, or made to run for ever.</summary>
public class ChatTemplateHostileTests
{
    /// <summary>In all, nearly everything garbage at once; what a template keeps is bounded by its characters.</summary>
    private const long LargestAllocation = 2L << 30;
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
        { "{% raw %}{% endraw %}", "\"raw\"" },
        { "{{ x | urlize }}", "\"urlize\"" },
        { "{{ x is prime }}", "\"prime\"" },
        { "{% for x in y recursive %}{% endfor %}", "recursive" },
        { "{{ 99999999999999999999 }}", "too large" },
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
        { "{{ 9223372036854775807 + 1 }}", "too large" },
        { "{{ -9223372036854775807 - 1 - 1 }}", "too large" },
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
        { "{% set ns = namespace(x=[]) %}{% for i in range(90000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x | tojson "
            + "}}", "nested too deeply" },
        { "{% set ns = namespace(x=[]) %}{% for i in range(90000) %}{% set ns.x = [ns.x] %}{% endfor %}{{ ns.x }}", "nested too deeply" },
        { "{% set ns = namespace(x=[], y=[]) %}{% for i in range(90000) %}{% set ns.x = [ns.x] %}{% set ns.y = [ns.y] %}{% endfor %}{{ "
            + "ns.x == ns.y }}", "nested too deeply" },
        { "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "deep" },
        { "{% macro m(n) %}{% for i in range(10) %}{{ m(n) if n < 60 }}{{ m(n + 1) if n < 60 }}{% endfor %}{% endmacro %}{{ m(0) "
            + "}}", "deep|steps" },
        { "{{ {'a': 1} | tojson(indent=1000000000) }}{{ messages[0].content | indent(1000000000) }}", "characters" },
        { "{{ ('a\n' * 100000) | indent(3000000) }}", "characters" },
        { "{{ " + string.Join(" + ", Enumerable.Repeat("1", 100_000)) + " }}", "nested too deeply" },
        { "{{ 'a'.replace('', 'b') }}", "empty" },
        { "{% set messages.x = 1 %}", "namespace" },
        { "{{ 'x'[::0] }}", "step" },
    };

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
        ChatTemplateException e = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("a\nb {{ x | nope }}", "here"));
        Assert.Equal(("here", 2), (e.TemplateSource, e.Line));
        Assert.Contains("nope", e.Problem, StringComparison.Ordinal);
        ChatTemplateException late = Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse("{{ x.y.z }}", "here").Render(Messages,
            addGenerationPrompt: false));
        Assert.Equal((1, 5), (late.Line, late.Column));
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

    private static ChatTemplateException Refused(Action action)
    {
        Stopwatch clock = Stopwatch.StartNew();
        long before = GC.GetAllocatedBytesForCurrentThread();
        ChatTemplateException e = Assert.Throws<ChatTemplateException>(action);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < LargestAllocation);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60));
        return e;
    }
}
