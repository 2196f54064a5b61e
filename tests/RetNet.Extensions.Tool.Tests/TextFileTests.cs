using System.IO.Pipes;
using System.Text;
using RetNet.Extensions.Tool.Forecasting;

namespace RetNet.Extensions.Tool.Tests;

/// <summary>All files are UTF-8: a byte order mark at the start is skipped, other bytes are an error.</summary>
public sealed class TextFileTests
{
    private static readonly byte[] Latin = [(byte)'"', 0xE9, (byte)'"'];

    [Theory]
    [InlineData("tokenize --file")]
    [InlineData("generate --prompt A --max-tokens 3 --json-schema", "{\"enum\": [1]}")]
    [InlineData("generate --prompt A --max-tokens 3 --grammar", "root ::= \"red\"")]
    public async Task A_mark_at_the_start_changes_nothing(string command, string text = "Once upon a time")
    {
        string[] words = command.Split(' ');

        string[] outputs = [await Run([]), await Run(Encoding.UTF8.GetPreamble())];

        Assert.Equal(outputs[0], outputs[1]);
        ToolRun run = await ToolRun.Run([words[0], TestFiles.RetNet, .. words[1..], TestFiles.Write(Latin)]);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("is not UTF-8 text", run.Error, StringComparison.Ordinal);

        async Task<string> Run(byte[] mark)
        {
            string file = TestFiles.Write([.. mark, .. Encoding.UTF8.GetBytes(text)]);
            ToolRun run = await ToolRun.Run([words[0], TestFiles.RetNet, .. words[1..], file]);
            Assert.True(run.ExitCode == 0, run.Error);
            return run.Output;
        }
    }

    [Fact]
    public void What_comes_through_a_pipe_is_read()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using AnonymousPipeServerStream pipe = new(PipeDirection.Out);
        string path = $"/dev/fd/{pipe.ClientSafePipeHandle.DangerousGetHandle()}";
        pipe.Write("\uFEFFone\ntwo"u8);
        pipe.SafePipeHandle.Dispose();

        Assert.Equal("one\ntwo", TextFile.Read(path));
    }

    [Fact]
    public async Task A_mark_is_skipped_before_functions_and_schemas()
    {
        string functions = TestFiles.Write("\uFEFF[{\"name\": \"time\"}]");
        string schemas = TestFiles.Write("\uFEFF{\"name\": \"a\", \"schema\": {\"type\": \"string\"}, \"tests\": []}");
        string series = TestFiles.Write("\uFEFFA\tDAILY\t7\t1\t1,2\t3");

        ToolRun chat = await ToolRun.RunWithInput("", "chat", TestFiles.Model("calls-by-heart"), "--tools", functions);

        Assert.Equal((0, ""), (chat.ExitCode, chat.Error));
        Assert.Equal(1, (await ToolRun.RunForJson("grammar", "check", schemas)).GetProperty("schemas").GetInt32());
        Assert.Equal("A", Assert.Single(SeriesFile.Read(series)).Id);
    }

    [Fact]
    public async Task Bytes_of_another_encoding_are_refused_among_schemas()
    {
        byte[] line = [.. "{\"name\": \"a\", \"schema\": {\"const\": "u8, .. Latin, .. "}, \"tests\": []}"u8];

        ToolRun run = await ToolRun.Run("grammar", "check", TestFiles.Write(line));

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("is not UTF-8 text", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_mark_is_skipped_before_redirected_input()
    {
        if (OperatingSystem.IsWindows())
            return;
        string[] chat = ["chat", TestFiles.RetNet, "--max-tokens", "3", "--temperature", "0", "--json"];

        ToolRun plain = await ToolProcess.Shell("printf 'Hello\\n' | \"$@\"", chat);
        ToolRun marked = await ToolProcess.Shell("printf '\\xef\\xbb\\xbfHello\\n' | \"$@\"", chat);

        Assert.Equal("Hello", marked.Json.GetProperty("turns")[0].GetProperty("user").GetString());
        Assert.Equal(plain.Json.GetProperty("turns")[0].GetProperty("text").GetString(),
            marked.Json.GetProperty("turns")[0].GetProperty("text").GetString());
    }
}
