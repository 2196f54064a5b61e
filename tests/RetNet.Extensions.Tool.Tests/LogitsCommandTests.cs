using System.Text.Json;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Tool.Tests;

public sealed class LogitsCommandTests
{
    private const string Tova = "tova-llama";
    private const string RetNet = "retnet-torchscale-smallv";
    private const int Layers = 3;
    private const int Rows = 12;

    [Theory]
    [InlineData("tova.forced", 24, "tova", null)]
    [InlineData("tova_chunked.forced", 24, "tova", "8")]
    [InlineData("tova_short.forced", 5, "tova", null)]
    [InlineData("window.forced", 24, "window", null)]
    [InlineData("window4.forced", 24, "sinks", null)]
    [InlineData("h2o_chunked.forced", 24, "h2o", "8")]
    public async Task Logits_and_kept_positions_are_those_of_the_reference(string run, int prompt, string policy, string? chunk)
    {
        long[] tokens = [.. TestFiles.Integers(Tova, "prompt_ids").Take(prompt), .. TestFiles.Integers(Tova, "forced_tokens")];
        string[] chunked = chunk is null ? [] : ["--chunk", chunk];
        JsonElement result = await ToolRun.RunForJson(
            ["logits", TestFiles.Golden(Tova), "--tokens", string.Join(',',
                tokens), "--prefill", $"{prompt}", "--policy", policy, "--state", $"{Rows}", "--kept", .. chunked]);

        long[][][] expected = [.. TestFiles.Integers(Tova,
            $"{run}.kept").Chunk(Layers * Rows).Select(step => step.Chunk(Rows).Select(row => row.Where(p => p >= 0).ToArray()).ToArray())];
        Assert.Equal(1 + tokens.Length - prompt, expected.Length);
        Assert.Equal(expected, result.GetProperty("kept").Deserialize<long[][][]>());
        float[] steps = [.. Logits(result).Skip(prompt).SelectMany(row => row)];
        AssertClose(TestFiles.Floats(Tova, $"{run}.step_logits"), steps, 1e-4f);
    }

    [Theory]
    [InlineData("parallel")]
    [InlineData("recurrent")]
    [InlineData("chunkwise")]
    public async Task Each_form_of_retention_is_that_of_the_reference(string form)
    {
        string tokens = string.Join(',', TestFiles.Integers(RetNet, "input_ids").Take(37));
        JsonElement result = await ToolRun.RunForJson("logits", TestFiles.Golden(RetNet), "--tokens", tokens, "--form", form, "--kept");
        float[] actual = [.. Logits(result).SelectMany(row => row)];
        AssertClose(TestFiles.Floats(RetNet, $"{form}.logits")[..actual.Length], actual, 5e-5f);

        // A RetNet keeps no rows: an empty list for each of its two layers, after each step.
        Assert.Equal(form == "recurrent" ? 37 : 1, result.GetProperty("kept").GetArrayLength());
        Assert.All(result.GetProperty("kept").EnumerateArray(), step => Assert.Equal("[[],[]]", step.GetRawText()));
    }

    [Fact]
    public async Task Numbers_are_exact()
    {
        JsonElement result = await ToolRun.RunForJson("logits", TestFiles.Llama, "--tokens", "1, 2,3", "--threads", "1");
        using LanguageModel model = LanguageModel.Load(TestFiles.Llama, new ModelLoadOptions { Threads = 1 });
        using SequenceState state = model.CreateState();
        float[] expected = new float[3 * model.Info.VocabularySize];
        model.Forward(new ForwardBatch([new SequenceInput(state, 3)], [1, 2, 3], ForwardOutput.AllLogits), expected);
        Assert.Equal(expected, Logits(result).SelectMany(row => row));
        Assert.Equal(state.ByteSize, result.GetProperty("state_bytes").GetInt64());
        Assert.Equal("[]", result.GetProperty("kept").GetRawText());
    }

    [Fact]
    public async Task Prefill_and_single_steps_give_what_one_input_gives()
    {
        JsonElement whole = await ToolRun.RunForJson("logits", TestFiles.RetNet, "--tokens", "436,450,264,407,17");
        JsonElement parts = await ToolRun.RunForJson("logits", TestFiles.RetNet, "--tokens", "436,450,264,407,17", "--prefill", "2",
            "--kept");
        AssertClose([.. Logits(whole).SelectMany(row => row)], [.. Logits(parts).SelectMany(row => row)], 1e-3f);
        Assert.Equal(4, parts.GetProperty("kept").GetArrayLength());
    }

    [Fact]
    public async Task Logits_that_are_no_numbers_are_an_error_and_not_half_a_document()
    {
        string folder = Directory.CreateTempSubdirectory("retnet-tool-").FullName;
        File.Copy(Path.Combine(TestFiles.Golden(Tova), "config.json"), Path.Combine(folder, "config.json"));
        byte[] weights = File.ReadAllBytes(Path.Combine(TestFiles.Golden(Tova), "model.safetensors"));
        int header = BitConverter.ToInt32(weights, 0);
        int norm = JsonDocument.Parse(weights.AsMemory(8, header)).RootElement.GetProperty("model.norm.weight")
            .GetProperty("data_offsets")[0].GetInt32();
        BitConverter.TryWriteBytes(weights.AsSpan(8 + header + norm), float.NaN);
        File.WriteAllBytes(Path.Combine(folder, "model.safetensors"), weights);

        ToolRun run = await ToolRun.Run("logits", folder, "--tokens", "1,2", "--json");
        Assert.Equal((1, ""), (run.ExitCode, run.Output));
        Assert.Contains("NaN", run.Error, StringComparison.Ordinal);
    }

    private static IEnumerable<float[]> Logits(JsonElement result) => result.GetProperty("logits").Deserialize<float[][]>()!;

    private static void AssertClose(float[] expected, float[] actual, float tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.InRange(pair.Second, pair.First - tolerance, pair.First + tolerance));
    }
}
