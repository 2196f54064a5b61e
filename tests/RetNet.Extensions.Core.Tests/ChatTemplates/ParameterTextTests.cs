using System.Text.Json;
using RetNet.Extensions.Core.ChatTemplates.Calls;
using static RetNet.Extensions.Core.Tests.ChatTemplates.OddFunction;

namespace RetNet.Extensions.Core.Tests.ChatTemplates;

/// <summary>Where arguments are written one by one, the text of a parameter is read as a value that its schema allows.</summary>
public sealed class ParameterTextTests
{
    [Theory]
    [InlineData("""{"type": ["string", "null"]}""", "12", "\"12\"")]
    [InlineData("""{"type": ["string", "null"]}""", "true", "\"true\"")]
    [InlineData("""{"type": ["string", "null"]}""", "null", "null")]
    [InlineData("""{"type": ["string", "null"]}""", "None", "null")]
    [InlineData("""{"anyOf": [{"type": "string"}, {"type": "null"}]}""", "12", "\"12\"")]
    [InlineData("""{"anyOf": [{"type": "string"}, {"type": "null"}]}""", "null", "null")]
    [InlineData("""{"type": ["string", "integer"]}""", "12", "12")]
    [InlineData("""{"type": ["string", "integer"]}""", "1.5", "\"1.5\"")]
    [InlineData("""{"type": ["string", "number"]}""", "1.5", "1.5")]
    [InlineData("""{"enum": ["1", "2"]}""", "1", "\"1\"")]
    [InlineData("""{"enum": ["1", 2]}""", "1", "\"1\"")]
    [InlineData("""{"enum": ["1", 2]}""", "2", "2")]
    [InlineData("{}", "12", "12")]
    [InlineData("{}", "twelve", "\"twelve\"")]
    public void A_text_is_read_as_what_the_schema_allows(string schema, string text, string expected)
    {
        FunctionCallReader reader = Format.CreateReader([Tool(schema)]);

        Assert.Equal("", reader.Add(Before + text + After) + reader.Finish());

        Assert.Equal(expected, Assert.Single(reader.Calls).Arguments.GetProperty("x").GetRawText());
    }

    [Theory]
    [InlineData("[draft] for you")]
    [InlineData("[^\"]+ and {")]
    [InlineData("{ x = [1; }")]
    [InlineData("[1, 2]\nor so")]
    public void A_text_may_begin_as_json_does(string text)
    {
        FunctionCallReader reader = Format.CreateReader([Tool("true")]);

        foreach (char character in Before + text + After)
            Assert.Equal("", reader.Add([character]));
        Assert.Equal("", reader.Finish());

        Assert.Equal(text, Assert.Single(reader.Calls).Arguments.GetProperty("x").GetString());
    }

    [Fact]
    public void Reading_many_parameters_token_by_token_costs_each_of_them_once()
    {
        Allocated(20);
        long some = Allocated(200), many = Allocated(800);

        Assert.InRange(many, some, 6 * some);

        static long Allocated(int parameters)
        {
            string properties = string.Join(',', Enumerable.Range(0, parameters).Select(i => $$"""  "x{{i}}": {"type": "integer"}  """));
            FunctionCallReader reader = Format.CreateReader([JsonElement.Parse(
                $$"""{"name": "odd", "parameters": {"type": "object", "properties": { {{properties}} } } }""")]);
            string[] pieces = ["<tool_call>\n<function=odd>\n",
                .. Enumerable.Range(0, parameters).Select(i => $"<parameter=x{i}>\n{i}\n</parameter>\n"), "</function>\n</tool_call>"];
            long before = GC.GetAllocatedBytesForCurrentThread();
            foreach (string piece in pieces)
                reader.Add(piece);
            reader.Finish();
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal(parameters, Assert.Single(reader.Calls).Arguments.EnumerateObject().Count());
            return allocated;
        }
    }
}
