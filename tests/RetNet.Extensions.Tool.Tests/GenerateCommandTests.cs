using System.Text.Json;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Grammars;

namespace RetNet.Extensions.Tool.Tests;

public sealed class GenerateCommandTests
{
    private static readonly string[] Greedy = ["--chat", "--temperature", "0", "--max-tokens", "20"];

    [Theory]
    [InlineData("retnet-tinystories")]
    [InlineData("llama-tinystories")]
    public async Task Greedy_answer_is_that_of_the_reference(string name)
    {
        JsonElement expected = TestFiles.GoldenJson("models-tinystories.json").GetProperty("models").GetProperty(name)
            .GetProperty("greedy")[0];
        JsonElement result = await ToolRun.RunForJson(["generate", TestFiles.Model(name), "--prompt",
            expected.GetProperty("prompt").GetString()!, .. Greedy]);
        Assert.Equal(
            ["text", "tokens", "finish_reason", "prompt_tokens", "tokens_per_second", "state_bytes"], result.EnumerateObject()
                .Select(property => property.Name));
        Assert.Equal(expected.GetProperty("ids").Deserialize<int[]>()!.Take(20), result.GetProperty("tokens").Deserialize<int[]>());
        Assert.StartsWith(result.GetProperty("text").GetString(), expected.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal("length", result.GetProperty("finish_reason").GetString());
        Assert.Equal(expected.GetProperty("prompt_ids").GetArrayLength(), result.GetProperty("prompt_tokens").GetInt32());
        Assert.True(result.GetProperty("tokens_per_second").GetDouble() > 0);
        Assert.True(result.GetProperty("state_bytes").GetInt64() > 0);
    }

    [Fact]
    public async Task Prompt_without_chat_is_continued_as_it_is()
    {
        JsonElement tokenized = await ToolRun.RunForJson("tokenize", TestFiles.RetNet, "--text", "Once upon a");
        JsonElement result = await ToolRun.RunForJson("generate", TestFiles.RetNet, "--prompt", "Once upon a", "--temperature", "0",
            "--max-tokens", "1");
        Assert.Equal(tokenized.GetProperty("ids").GetArrayLength(), result.GetProperty("prompt_tokens").GetInt32());
        Assert.Equal(" time", result.GetProperty("text").GetString());
    }

    [Fact]
    public async Task Same_seed_gives_the_same_text()
    {
        string[] arguments = ["generate", TestFiles.Llama, "--prompt", "Once", "--seed", "7", "--temperature", "1.5", "--max-tokens", "12",
            "--json"];
        JsonElement first = (await ToolRun.Run(arguments)).Json;
        JsonElement second = (await ToolRun.Run(arguments)).Json;
        Assert.Equal(first.GetProperty("tokens").GetRawText(), second.GetProperty("tokens").GetRawText());
    }

    [Fact]
    public async Task Stop_text_ends_the_answer_and_is_left_out()
    {
        JsonElement result = await ToolRun.RunForJson(["generate", TestFiles.RetNet, "--prompt", "Tell me a story about a dog.", "--stop",
            "upon", .. Greedy]);
        Assert.Equal("Once ", result.GetProperty("text").GetString());
        Assert.Equal("stop", result.GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task Text_is_streamed_to_the_output_and_figures_go_elsewhere()
    {
        ToolRun run = await ToolRun.Run(["generate", TestFiles.RetNet, "--prompt", "Tell me a story about a dog.", .. Greedy]);
        Assert.Equal("Once upon a time, there was a little dog named Spot. Spot loved to play with his friends\n", run.Output);
        Assert.Contains("tokens/s, state 589,824 bytes", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Once upon a time there was (nothing|nobody) to be seen, and everybody went home\\.", true)]
    [InlineData("Once upon a time", false)]
    public void Speed_counts_all_tokens_of_forced_text_and_steps_those_that_were_chosen(string regex, bool hasChoice)
    {
        using TextModel model = TextModel.Load(TestFiles.RetNet);
        GenerationRequest request = new(model.Tokenizer.Encode("Once"), new GenerationOptions { Grammar = Grammar.FromRegex(regex) });
        Answer answer = Answer.Generate(model.CreateGenerator(), request, output: null, CancellationToken.None, time: new OneSecondEach());
        Assert.Equal(hasChoice ? answer.Tokens.Count - 1 : 0, answer.TokensPerSecond);
        Assert.True(answer.Tokens.Count > 3 * answer.Steps);
        Assert.Contains($"{answer.Tokens.Count} tokens in {answer.Steps} steps, ", $"{answer}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bounded_state_stays_bounded()
    {
        string[] arguments = ["generate", TestFiles.Llama, "--prompt", "Tell me a story about a dog.", .. Greedy];
        JsonElement full = await ToolRun.RunForJson(arguments);
        JsonElement bounded = await ToolRun.RunForJson([.. arguments, "--policy", "tova", "--state", "8"]);
        Assert.True(bounded.GetProperty("state_bytes").GetInt64() < full.GetProperty("state_bytes").GetInt64());
    }

    /// <summary>A clock that is a second later each time it is read.</summary>
    private sealed class OneSecondEach : TimeProvider
    {
        private long _reads;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _reads++;
    }
}
