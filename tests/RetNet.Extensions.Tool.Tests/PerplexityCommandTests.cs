using System.Globalization;
using System.Text.Json;

namespace RetNet.Extensions.Tool.Tests;

public sealed class PerplexityCommandTests
{
    private const string Story =
        "Once upon a time, there was a little dog named Spot. Spot loved to play with his friends. One day, Spot saw a big ball in the "
            + "park.";

    [Theory]
    [InlineData("retnet-tinystories")]
    [InlineData("llama-tinystories")]
    public async Task Perplexity_is_that_of_the_logits_after_the_start_token(string name)
    {
        string path = TestFiles.Write(Story);
        JsonElement result = await ToolRun.RunForJson("perplexity", TestFiles.Model(name), "--text-file", path, "--chunk", "7");
        Assert.Equal(["perplexity", "tokens", "nats_per_token", "tokens_per_second"],
            result.EnumerateObject().Select(property => property.Name));

        int[] ids = (await ToolRun.RunForJson("tokenize", TestFiles.Model(name), "--file", path)).GetProperty("ids").Deserialize<int[]>()!;
        double expected = await NatsPerToken(name, ids);
        Assert.Equal(ids.Length, result.GetProperty("tokens").GetInt32());
        Assert.Equal(expected, result.GetProperty("nats_per_token").GetDouble(), 1e-4);
        Assert.Equal(Math.Exp(expected), result.GetProperty("perplexity").GetDouble(), 1e-3);
    }

    [Fact]
    public async Task Windows_forget_what_was_before_them_and_every_token_is_scored()
    {
        string path = TestFiles.Write(Story);
        int[] ids = (await ToolRun.RunForJson("tokenize", TestFiles.RetNet, "--file", path)).GetProperty("ids").Deserialize<int[]>()!;
        JsonElement result = await ToolRun.RunForJson("perplexity", TestFiles.RetNet, "--text-file", path, "--context", "16");
        double nats = 0;
        foreach (int[] window in ids.Chunk(15))
            nats += await NatsPerToken("retnet-tinystories", window) * window.Length;
        Assert.Equal(ids.Length, result.GetProperty("tokens").GetInt32());
        Assert.Equal(nats / ids.Length, result.GetProperty("nats_per_token").GetDouble(), 1e-4);
    }

    [Fact]
    public async Task A_policy_that_drops_rows_changes_the_perplexity_and_one_with_room_for_all_does_not()
    {
        string[] arguments = ["perplexity", TestFiles.Llama, "--text-file", TestFiles.Write(Story), "--max-tokens", "24", "--chunk", "1"];
        double full = (await ToolRun.RunForJson(arguments)).GetProperty("nats_per_token").GetDouble();
        double roomy = (await ToolRun.RunForJson([.. arguments, "--policy", "tova", "--state", "24"])).GetProperty("nats_per_token")
            .GetDouble();
        double tight = (await ToolRun.RunForJson([.. arguments, "--policy", "window", "--state", "2"])).GetProperty("nats_per_token")
            .GetDouble();
        Assert.Equal(full, roomy, 1e-5);
        Assert.True(tight > full + 0.1);
    }

    // The embedded models' start token is 0.
    private static async Task<double> NatsPerToken(string name, int[] ids)
    {
        string inputs = string.Join(',', ids.Prepend(0).Take(ids.Length).Select(id => id.ToString(CultureInfo.InvariantCulture)));
        JsonElement result = await ToolRun.RunForJson("logits", TestFiles.Model(name), "--tokens", inputs);
        float[][] logits = result.GetProperty("logits").Deserialize<float[][]>()!;
        return logits.Zip(ids, (row, id) => Math.Log(row.Sum(logit => Math.Exp(logit))) - row[id]).Average();
    }
}
