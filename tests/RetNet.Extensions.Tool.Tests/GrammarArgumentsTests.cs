namespace RetNet.Extensions.Tool.Tests;

/// <summary>Texts of <c>retnet generate</c> that keep a grammar.</summary>
public sealed class GrammarArgumentsTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("--json-schema", """{"enum": [17, true]}""", "^(17|true)$")]
    [InlineData("--grammar", "root ::= \"red\" | \"green\" [0-9]", "^(red|green[0-9])$")]
    [InlineData("--grammar", "root ::= <|assistant|> \"red\"", "^red$")]
    [InlineData("--regex", "(yes|no), (never|always)!", "^(yes|no), (never|always)!$")]
    public async Task A_text_keeps_its_grammar(string option, string grammar, string expected)
    {
        File.WriteAllText(_file, grammar);

        string text = (await ToolRun.RunForJson("generate", TestFiles.RetNet, "--prompt", "Once", option,
            option == "--regex" ? grammar : _file)).GetProperty("text").GetString()!;

        Assert.Matches(expected, text);
    }

    [Fact]
    public async Task Two_grammars_exclude_each_other()
    {
        ToolRun run = await ToolRun.Run(["generate", TestFiles.RetNet, "--prompt", "Once", "--regex", "a", "--grammar", _file]);

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains("exclude each other", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--json-schema", "{\"$ref\": \"https://example.com/x.json\"}")]
    [InlineData("--json-schema", "{")]
    [InlineData("--grammar", "root ::= nothing")]
    public async Task A_grammar_that_cannot_be_kept_is_named_with_its_file(string option, string grammar)
    {
        File.WriteAllText(_file, grammar);

        ToolRun run = await ToolRun.Run(["generate", TestFiles.RetNet, "--prompt", "Once", option, _file]);

        Assert.NotEqual(0, run.ExitCode);
        Assert.Contains(_file, run.Error, StringComparison.Ordinal);
    }
}
