using System.Text.Json;

namespace RetNet.Extensions.Tool.Tests;

public sealed class InfoAndBenchTests
{
    [Fact]
    public async Task Info_describes_a_model()
    {
        JsonElement info = await ToolRun.RunForJson("info", TestFiles.RetNet, "--format", "int8", "--threads", "1");
        Assert.Equal("retnet (fla)", info.GetProperty("architecture").GetString());
        Assert.Equal("int8", info.GetProperty("weight_format").GetString());
        Assert.Equal(4_328_640, info.GetProperty("parameters").GetInt64());
        Assert.Equal(589_824, info.GetProperty("state_bytes").GetInt64());
        Assert.Equal(1, info.GetProperty("threads").GetInt32());
        Assert.Equal("cpu", info.GetProperty("device").GetString());
        Assert.Equal("understood", info.GetProperty("chat_template").GetString());
        ToolRun text = await ToolRun.Run("info", TestFiles.RetNet);
        Assert.Contains("4,328,640", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Info_needs_no_tokenizer()
    {
        JsonElement info = await ToolRun.RunForJson("info", TestFiles.Golden("tova-llama"));
        Assert.Equal("llama", info.GetProperty("architecture").GetString());
        Assert.Equal(JsonValueKind.Null, info.GetProperty("tokenizer_vocabulary_size").ValueKind);
    }

    [Fact]
    public async Task Info_lists_devices_and_says_why_others_are_missing()
    {
        JsonElement list = await ToolRun.RunForJson("info", "--devices");
        string?[] found = [.. list.GetProperty("devices").EnumerateArray().Select(device => device.GetProperty("name").GetString())];
        Assert.Equal("cpu", found[0]);
        JsonElement cpu = list.GetProperty("devices")[0];
        Assert.Equal("managed", cpu.GetProperty("engine").GetString());
        Assert.Contains($"{Environment.ProcessorCount} processors", cpu.GetProperty("description").GetString(), StringComparison.Ordinal);
        Assert.True(cpu.GetProperty("total_bytes").GetInt64() > 0);
        string[] missing = [.. list.GetProperty("missing").EnumerateObject().Select(one => one.Name)];
        foreach (string kind in (string[])["torch", "cuda", "mps"])
            Assert.NotEqual(found.Any(name => name!.StartsWith(kind, StringComparison.Ordinal)), missing.Contains(kind));
        ToolRun text = await ToolRun.Run("info", "--devices");
        Assert.Equal((0, ""), (text.ExitCode, text.Error));
        Assert.All(missing, kind => Assert.Contains(kind, text.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("cpu")]
    [InlineData("CPU")]
    public async Task The_CPU_can_be_named(string device) =>
        Assert.Equal("cpu", (await ToolRun.RunForJson("info", TestFiles.RetNet, "--device", device)).GetProperty("device").GetString());

    [Fact]
    public async Task Bench_measures_speed_and_memory_without_a_tokenizer()
    {
        JsonElement result = await ToolRun.RunForJson(
            "bench", TestFiles.Golden(
                "tova-llama"), "--prompt", "16", "--decode", "32", "--batch", "2", "--policy", "tova", "--state", "8", "--threads", "1");
        foreach (string name in (string[])["prefill_tokens_per_second", "decode_tokens_per_second", "bytes_per_token",
            "bandwidth_bytes_per_second", "bandwidth_share", "floor_tokens_per_second"])
        {
            Assert.True(result.GetProperty(name).GetDouble() > 0, name);
        }

        foreach (string name in (string[])["state_bytes", "peak_rss_bytes", "weight_bytes", "workspace_bytes"])
            Assert.True(result.GetProperty(name).GetInt64() > 0, name);
        // The batch of two may hold more than the two states do now.
        long reserved = result.GetProperty("reserved_state_bytes").GetInt64();
        Assert.InRange(reserved, 2 * result.GetProperty("state_bytes").GetInt64(), long.MaxValue);
        Assert.InRange(result.GetProperty("kept_state_bytes").GetInt64(), 1, reserved);
        Assert.Equal("cpu", result.GetProperty("device").GetString());
        Assert.Equal(JsonValueKind.Null, result.GetProperty("device_bytes").ValueKind);
        Assert.True(result.GetProperty("gc_bytes_per_token").GetDouble() >= 0);
    }
}
