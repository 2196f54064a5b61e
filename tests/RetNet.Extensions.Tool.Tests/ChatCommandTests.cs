using System.Text.Json;

namespace RetNet.Extensions.Tool.Tests;

public sealed class ChatCommandTests
{
    private static readonly string[] Greedy = ["--temperature", "0", "--max-tokens", "8"];

    [Fact]
    public async Task Each_line_is_a_turn_until_exit()
    {
        ToolRun run = await ToolRun.RunWithInput(
            "Tell me a story about a dog.\n\n  Go on.  \n/exit\nnot read\n", ["chat", TestFiles.RetNet, .. Greedy]);
        Assert.Equal(0, run.ExitCode);
        string[] answers = run.Output.TrimEnd().Split('\n');
        Assert.Equal(2, answers.Length);
        Assert.Equal("Once upon a time, there was a", answers[0]);
        Assert.Equal(2, run.Error.TrimEnd().Split('\n').Length);
        Assert.All(
            run.Error.TrimEnd().Split('\n'), line => Assert.Contains("tokens/s, state 589,824 bytes", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Later_turns_read_only_what_is_new_and_answer_as_if_they_had_read_all()
    {
        const string first = "Tell me a story about a dog.";
        ToolRun run = await ToolRun.RunWithInput($"{first}\nWhat is its name?", ["chat", TestFiles.RetNet, "--json", .. Greedy]);
        JsonElement[] turns = [.. run.Json.GetProperty("turns").EnumerateArray()];
        string conversation =
            $"<|endoftext|><|user|>\n{first}<|end|>\n<|assistant|>\n{turns[0].GetProperty("text").GetString()}<|end|>\n<|user|>\nWhat is "
                + "its name?<|end|>\n<|assistant|>\n";
        JsonElement whole = await ToolRun.RunForJson(["generate", TestFiles.RetNet, "--prompt", conversation, .. Greedy]);
        Assert.Equal(whole.GetProperty("tokens").GetRawText(), turns[1].GetProperty("tokens").GetRawText());
        int read = turns[0].GetProperty("prompt_tokens").GetInt32() + turns[1].GetProperty("prompt_tokens").GetInt32()
            + turns[0].GetProperty("tokens").GetArrayLength() - 1;
        Assert.Equal(whole.GetProperty("prompt_tokens").GetInt32(), read);
    }

    [Fact]
    public async Task Model_without_chat_template_is_refused()
    {
        string folder = Directory.CreateTempSubdirectory("retnet-tool-").FullName;
        foreach (string name in (string[])["config.json", "model.safetensors", "tokenizer.json"])
            File.Copy(Path.Combine(TestFiles.Llama, name), Path.Combine(folder, name));
        ToolRun run = await ToolRun.RunWithInput("Hello", "chat", folder);
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("has no chat template", run.Error, StringComparison.Ordinal);
    }
}
