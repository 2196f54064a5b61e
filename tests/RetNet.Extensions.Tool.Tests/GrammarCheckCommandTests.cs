using System.Text.Json;

namespace RetNet.Extensions.Tool.Tests;

public sealed class GrammarCheckCommandTests
{
    private const string Rows = """
        {"name": "right", "schema": {"type": "integer"}, "tests": [{"data": 1.0, "valid": true}, {"data": "é", "valid": false}]}
        {"name": "order", "schema": {"properties": {"a": {}, "b": {}}}, "tests": [{"data": {"b": 1e2, "a": "é"}, "valid": true}]}

        {"name": "mislabelled", "schema": {"type": "string"}, "tests": [{"data": "x", "valid": false}]}
        {"name": "refused", "schema": {"items": {"uniqueItems": true}}, "tests": []}
        """;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Schemas_are_right_refused_by_keyword_or_wrong(bool hasModel)
    {
        string[] model = hasModel ? ["--model", TestFiles.RetNet] : [];
        JsonElement result = await ToolRun.RunForJson(["grammar", "check", TestFiles.Write(Rows), .. model]);
        Assert.Equal(["schemas", "right", "refused", "wrong", "refusals", "wrong_names", "mask_us", "first_mask_us", "instances"],
            result.EnumerateObject().Select(property => property.Name));
        Assert.Equal((4, 2, 1, 1), (result.GetProperty("schemas").GetInt32(), result.GetProperty("right").GetInt32(),
            result.GetProperty("refused").GetInt32(), result.GetProperty("wrong").GetInt32()));
        Assert.Equal("""{"uniqueItems":1}""", JsonSerializer.Serialize(result.GetProperty("refusals")));
        Assert.Equal("mislabelled", Assert.Single(result.GetProperty("wrong_names").EnumerateArray()).GetString());
        Assert.Equal("""{"right":3,"refused":0,"wrong":1}""", JsonSerializer.Serialize(result.GetProperty("instances")));
        foreach (string times in (string[])["mask_us", "first_mask_us"])
        {
            Assert.Equal(["p50", "mean", "p99"], result.GetProperty(times).EnumerateObject().Select(property => property.Name));
            Assert.True(result.GetProperty(times).GetProperty("mean").GetDouble() > 0);
        }
    }

    [Fact]
    public async Task Files_of_the_test_suite_of_json_schema_are_read_as_they_are()
    {
        string suite = Path.ChangeExtension(TestFiles.Write(""), ".json");
        await File.WriteAllTextAsync(suite, """
            [
                {
                    "description": "right",
                    "schema": {"$schema": "https://json-schema.org/draft/2020-12/schema", "minimum": 3},
                    "tests": [{"description": "below", "data": 2, "valid": false}, {"description": "a text", "data": "", "valid": true}]
                },
                {"description": "refused", "schema": {"uniqueItems": true}, "tests": [{"description": "one", "data": [], "valid": true}]}
            ]
            """);

        JsonElement result = await ToolRun.RunForJson(["grammar", "check", suite, TestFiles.Write(Rows)]);

        Assert.Equal((6, 3), (result.GetProperty("schemas").GetInt32(), result.GetProperty("right").GetInt32()));
        Assert.Equal("""{"right":5,"refused":1,"wrong":1}""", JsonSerializer.Serialize(result.GetProperty("instances")));
    }

    [Fact]
    public async Task Without_JSON_it_is_a_table()
    {
        ToolRun run = await ToolRun.Run("grammar", "check", TestFiles.Write(Rows));
        ToolRun right = await ToolRun.Run("grammar", "check", TestFiles.Write(Rows.Split('\n')[0]));

        Assert.Matches("refused +1 \\(uniqueItems 1\\)\nwrong +1 \\(mislabelled\\)\n", run.Output);
        Assert.Matches("refused +0\nwrong +0\n", right.Output);
    }

    [Fact]
    public async Task A_line_of_another_form_is_named()
    {
        string file = TestFiles.Write("{\"name\": \"a\"}");
        ToolRun run = await ToolRun.Run("grammar", "check", file, "--json");
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains($"{file}, line 1 is no object with", run.Error, StringComparison.Ordinal);
    }
}
