using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates;

namespace RetNet.Extensions.Core.Tests.Tokenizers;

/// <summary>Short templates that try one construct each against what Jinja itself (3.1.6, with the settings of transformers) makes of them:
/// templates/constructs.json.</summary>
public class TemplateConstructTests
{
    private static readonly JsonElement Expected = Read();

    public static TheoryData<int> Cases => [.. Enumerable.Range(0, Expected.GetProperty("cases").GetArrayLength())];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Renders_as_jinja(int index)
    {
        JsonElement expected = Expected.GetProperty("cases")[index];
        string template = expected.GetProperty("template").GetString()!;
        Dictionary<string, JsonElement> variables = Expected.GetProperty("variables").EnumerateObject()
            .ToDictionary(variable => variable.Name, variable => variable.Value);
        string Render() => ChatTemplate.Parse(template, "template").WithTokens("<s>", "</s>").Render([], false, null, variables);

        if (expected.TryGetProperty("refused", out _))
            Assert.Throws<ChatTemplateException>(Render);
        else
            Assert.Equal((template, expected.GetProperty("text").GetString()), (template, Render()));
    }

    [Theory]
    [InlineData("{{ 10 ** 1000000000 }}")]
    [InlineData("{% set ns = namespace(x=3) %}{% for i in range(60) %}{% set ns.x = ns.x * ns.x %}{% endfor %}{{ ns.x }}")]
    [InlineData("{% for i in range(100000) %}{{ 2 ** 20000 }}{% endfor %}")]
    [InlineData("{{ '%99s'|format('a') * 100000000 }}")]
    [InlineData("{{ [1] * 1000000000 }}")]
    [InlineData("{{ 'a'|center(2000000000) }}")]
    [InlineData("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}")]
    [InlineData("{% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{% call m() %}x{% endcall %}{{ m(caller=m) }}{% endcall %}")]
    [InlineData("{{ [1,2,3]|batch(2000000000, 'x')|list }}")]
    [InlineData("{% for i in range(1000) %}{{ range(50000)|map('string')|list|sort|join }}{% endfor %}")]
    public void What_costs_too_much_ends_in_an_error(string template) =>
        Assert.Throws<ChatTemplateException>(() => ChatTemplate.Parse(template, "template").Render([], false));

    private static JsonElement Read()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(TestFiles.Path("Tokenizers", "templates", "constructs.json")));
        return document.RootElement.Clone();
    }
}
