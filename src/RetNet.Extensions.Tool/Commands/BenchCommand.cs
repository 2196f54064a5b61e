using System.CommandLine;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Tool.Commands;

/// <summary><c>retnet bench</c>: how fast a model is on this machine, beside what the machine's memory allows. Needs no
/// tokenizer.</summary>
internal sealed class BenchCommand : ToolCommand
{
    private const int DefaultPrompt = 512;
    private const int DefaultDecode = 128;

    private readonly Option<int?> _prompt = OptionKinds.Integer(
        "--prompt", "N", $"Tokens of each prompt. Default: {DefaultPrompt}.", 1, 1 << 20);
    private readonly Option<int?> _decode = OptionKinds.Integer(
        "--decode", "N", $"Tokens generated after each prompt. Default: {DefaultDecode}.", 1, 1 << 20);
    private readonly Option<int?> _batch = OptionKinds.Integer(
        "--batch", "B", "Sequences that are computed together (batch). Default: 1.", 1, 1024);

    public BenchCommand(CommonOptions options)
        : base("bench", "Measures speed and memory.", options)
    {
        Add(_prompt);
        Add(_decode);
        Add(_batch);
    }

    public override void Run(CommandContext context)
    {
        int prompt = context.Parse.GetValue(_prompt) ?? DefaultPrompt;
        int decode = context.Parse.GetValue(_decode) ?? DefaultDecode;
        int batch = context.Parse.GetValue(_batch) ?? 1;
        using LanguageModel model = context.LoadModel();
        using Benchmark benchmark = new(model, context.StateOptions, prompt, decode, batch, context.Cancellation);
        BenchmarkResult result = benchmark.Run();
        if (context.Json)
        {
            context.WriteJson(json =>
            {
                json.WriteString("model", context.ModelPath);
                json.WriteString("weight_format", CommonOptions.FormatName(model.Info.WeightFormat));
                json.WriteString("device", model.Info.Device.ToString());
                json.WriteNumber("threads", model.Info.Threads);
                json.WriteNumber("batch", batch);
                json.WriteNumber("prompt_tokens", prompt);
                json.WriteNumber("decode_tokens", decode);
                json.WriteNumber("prefill_tokens_per_second", result.PrefillTokensPerSecond);
                json.WriteNumber("decode_tokens_per_second", result.DecodeTokensPerSecond);
                json.WriteNumber("bytes_per_token", result.BytesPerToken);
                json.WriteOptional("bandwidth_bytes_per_second", result.BandwidthBytesPerSecond);
                json.WriteOptional("floor_tokens_per_second", result.FloorTokensPerSecond);
                json.WriteOptional("bandwidth_share", result.BandwidthShare);
                json.WriteNumber("state_bytes", result.StateBytes);
                json.WriteNumber("reserved_state_bytes", result.ReservedStateBytes);
                json.WriteNumber("kept_state_bytes", result.KeptStateBytes);
                json.WriteNumber("weight_bytes", result.WeightBytes);
                json.WriteNumber("workspace_bytes", result.WorkspaceBytes);
                json.WriteNumber("peak_rss_bytes", result.PeakRssBytes);
                json.WriteOptional("device_bytes", result.DeviceBytes);
                json.WriteNumber("gc_bytes_per_token", result.GcBytesPerToken);
            });
            return;
        }

        string floor = result.FloorTokensPerSecond is { } most ? $"; {most:N1} if memory were read at full speed" : "";
        List<(string Name, string Value)> facts =
        [
            ("Model", $"{context.ModelPath}, {CommonOptions.FormatName(model.Info.WeightFormat)}, {model.Info.Device}, "
                + $"{model.Info.Threads} threads, batch {batch}"),
            ("Prefill", $"{result.PrefillTokensPerSecond:N0} tokens/s ({prompt} tokens)"),
            ("Decode", $"{result.DecodeTokensPerSecond:N1} tokens/s ({decode} tokens){floor}"),
            ("Bytes per token", $"{result.BytesPerToken:N0}"),
        ];
        if (result.BandwidthBytesPerSecond is { } bandwidth)
            facts.Add(("Memory bandwidth", $"{bandwidth / 1e9:N1} GB/s, of which decoding uses {result.BandwidthShare:P0}"));
        facts.Add(("State", $"{result.StateBytes:N0} bytes per sequence"));
        facts.Add((
            "State budget", $"{result.ReservedStateBytes:N0} bytes while the batch runs, {result.KeptStateBytes:N0} bytes kept of its "
            + "prompts"));
        facts.Add(("Held when idle", $"{result.WeightBytes:N0} bytes of weights, {result.KeptStateBytes:N0} of states, "
            + $"{result.WorkspaceBytes:N0} of scratch memory for some seconds"));
        facts.Add(("Peak memory", $"{result.PeakRssBytes:N0} bytes"));
        if (result.DeviceBytes is { } device)
            facts.Add(("Device memory", $"{device:N0} bytes in use"));
        facts.Add(("GC allocations", $"{result.GcBytesPerToken:N1} bytes per token"));
        context.WriteFacts([.. facts]);
    }
}
