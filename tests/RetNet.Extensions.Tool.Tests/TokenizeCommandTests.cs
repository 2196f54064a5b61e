using System.Text.Json;

namespace RetNet.Extensions.Tool.Tests;

public sealed class TokenizeCommandTests
{
    private const string Golden = "tokenizer-spm-llama2";

    [Fact]
    public async Task Ids_tokens_and_decoded_text_are_those_of_the_reference()
    {
        foreach (JsonElement expected in TestFiles.GoldenJson($"{Golden}/expected.json").GetProperty("cases").EnumerateArray())
        {
            JsonElement result = await ToolRun.RunForJson("tokenize", TestFiles.Golden(Golden), "--text",
                expected.GetProperty("text").GetString()!);
            Assert.Equal(["ids", "tokens", "decoded"], result.EnumerateObject().Select(property => property.Name));
            Assert.Equal(expected.GetProperty("ids").Deserialize<int[]>(), result.GetProperty("ids").Deserialize<int[]>());
            Assert.Equal(expected.GetProperty("tokens").Deserialize<string[]>(), result.GetProperty("tokens").Deserialize<string[]>());
            Assert.Equal(expected.GetProperty("decoded").GetString(), result.GetProperty("decoded").GetString());
        }
    }

    [Fact]
    public async Task File_and_text_give_the_same_tokens()
    {
        const string text = "Once upon a time,\r\n\tthere was a wörld 🙂.";
        ToolRun fromText = await ToolRun.Run("tokenize", TestFiles.RetNet, "--text", text, "--json");
        ToolRun fromFile = await ToolRun.Run("tokenize", TestFiles.RetNet, "--file", TestFiles.Write(text), "--json");
        Assert.Equal(fromText, fromFile);
        Assert.Equal(text, fromText.Json.GetProperty("decoded").GetString());
    }

    [Fact]
    public async Task A_file_that_is_no_text_is_refused()
    {
        string path = TestFiles.Write("");
        File.WriteAllBytes(path, [0xff, 0xfe, 0x00]);
        ToolRun run = await ToolRun.Run("tokenize", TestFiles.RetNet, "--file", path, "--json");
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("is not UTF-8 text", run.Error, StringComparison.Ordinal);
    }
}
