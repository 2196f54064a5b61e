using System.Text.Json;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Tool.Work;

namespace RetNet.Extensions.Tool.Tests;

/// <summary>What the commands do with an encoder, which embeds texts and generates none.</summary>
public sealed class EncoderTests
{
    private const float Tolerance = 2e-6f;

    [Fact]
    public async Task Info_describes_it()
    {
        JsonElement info = await ToolRun.RunForJson("info", TestFiles.Encoder);
        ToolRun text = await ToolRun.Run("info", TestFiles.Encoder);

        Assert.Equal("bert", info.GetProperty("architecture").GetString());
        Assert.Equal((48, 0), (info.GetProperty("width").GetInt32(), info.GetProperty("state_bytes").GetInt64()));
        Assert.Equal((0, ""), (text.ExitCode, text.Error));
        Assert.Matches("State +none, as each text is read at once\n", text.Output);
    }

    [Theory]
    [InlineData("--policy", "tova")]
    [InlineData("--state-format", "bf16")]
    public async Task An_option_of_states_is_warned_of(string option, string value)
    {
        ToolRun run = await ToolRun.Run("info", TestFiles.Encoder, option, value);

        Assert.Equal(0, run.ExitCode);
        Assert.Equal($"retnet: warning: an encoder has no state; {option} has no effect.", run.Error.TrimEnd());
    }

    [Theory]
    [InlineData("chat")]
    [InlineData("generate", "--prompt", "A dog")]
    [InlineData("perplexity", "--text-file", "FILE")]
    public async Task What_an_encoder_cannot_do_says_so(string command, params string[] options)
    {
        string[] arguments = [.. options.Select(option => option == "FILE" ? TestFiles.Write("A dog ran.") : option)];

        ToolRun run = await ToolRun.Run([command, TestFiles.Encoder, .. arguments]);

        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.StartsWith("retnet: Model 'encoder-bert' is an encoder (bert), which embeds texts and generates none", run.Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_embeds_texts_as_the_reference_does()
    {
        JsonElement reference = JsonDocument.Parse(File.ReadAllText(Path.Combine(TestFiles.Encoder, "texts.json"))).RootElement;
        string[] texts = reference.GetProperty("texts").Deserialize<string[]>()!;
        float[][] expected = reference.GetProperty("prompts").GetProperty("none").GetProperty("vectors").Deserialize<float[][]>()!;
        using TextModel model = TextModel.Load(TestFiles.Encoder, new ModelLoadOptions { Threads = 1 });
        using EmbeddingTask task = new(model, StateOptions.Default, batch: 3);

        foreach ((string text, float[] vector) in texts.Zip(expected))
        {
            Action<Utf8JsonWriter> write = await task.ComputeAsync(text, CancellationToken.None);
            using MemoryStream stream = new();
            CommandContext.WriteJson(stream, write);
            float[] found = JsonDocument.Parse(stream.ToArray()).RootElement.GetProperty("embedding").Deserialize<float[]>()!;
            Assert.All(vector.Zip(found), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
        }
    }
}
