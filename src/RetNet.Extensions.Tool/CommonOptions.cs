using System.CommandLine;
using System.Globalization;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Engines;
using RetNet.Extensions.Core.Formats;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Adapters;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Tool;

/// <summary>The options that several commands have: how a model is loaded and how a sequence remembers.</summary>
internal sealed class CommonOptions
{
    private const string AutomaticDevice = "auto";
    private const string DeviceNames = $"{AutomaticDevice}, {ComputeDevice.Names}";

    private readonly Option<string?> _policy = OptionKinds.Choice(
        "--policy", "Transformer: the policy that chooses which rows of the key-value cache are kept. Default: "
            + "full.", [.. MultiStatePolicies.Names]);

    private readonly Option<StateSize?> _state = OptionKinds.Parsed<StateSize?>(
        "--state", "K", "Rows of each layer that a bounded policy keeps: 512, or a part of the context such as 0.25 or 25%. "
            + $"Default: {MultiStatePolicies.DefaultSize}.",
        "a number of rows such as 512, or a part of the context such as 0.25 or 25%", ParseSize);

    private readonly Option<int?> _sinks = OptionKinds.Integer(
        "--sinks", "I", $"Policy sinks: the number of first tokens that are always kept. Default: {MultiStatePolicies.DefaultSinks}.", 0);

    private readonly Option<string?> _stateFormat = OptionKinds.Choice(
        "--state-format", "Format of states in memory: keys and values, or a RetNet's matrices; int8 for a "
            + "Transformer on the CPU only. Default: f32.", "f32", "bf16", "int8");

    private readonly Option<string?> _format = OptionKinds.Choice("--format",
        "Format of weights in memory; int8 and int4 on the CPU only, f16 on other devices only. Default: as "
            + "stored.", "f32", "bf16", "int8", "int4", "f16");

    private readonly Option<string?> _device = OptionKinds.Parsed<string?>(
        "--device", "NAME", $"The device that computes the model: {DeviceNames}. auto takes a GPU if there is one. Default: "
            + "cpu.", DeviceNames, ParseDevice);

    private readonly Option<string[]> _adapters = new("--adapter")
    {
        HelpName = "PATH[:SCALE]",
        Description = "A LoRA adapter: a folder as PEFT saves it, or a .gguf file. Several add up; serve holds each under its name, for "
            + "requests with the field adapter.",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<int?> _threads = OptionKinds.Integer(
        "--threads", "N", "Number of threads; 0, the default, is one per processor.", 0, 1024);

    public Argument<string> Model { get; } =
        new("MODEL") { Description = "A model folder, a .safetensors file with config.json beside it, or a .gguf file." };

    public Option<bool> Json { get; } = new("--json") { Description = "Write one JSON document to the standard output and nothing else." };

    public Option<bool> Verbose { get; } = new("--verbose") { Description = "Show the stack trace of an error." };

    /// <summary>The options of commands that compute language models.</summary>
    public IEnumerable<Option> Inference => [_policy, _state, _sinks, _stateFormat, _format, _device, _adapters, _threads];

    /// <summary>The options of commands that compute forecasting models, which is done on the CPU.</summary>
    public IEnumerable<Option> Forecasting => [_policy, _state, _sinks, _stateFormat, _format, _threads];

    /// <summary>The options of commands that train language models.</summary>
    public IEnumerable<Option> Training => [_device, _threads];

    /// <summary>Adds the options of every command.</summary>
    public void AddTo(Command root)
    {
        foreach (Option option in (Option[])[Json, Verbose])
        {
            option.Recursive = true;
            root.Add(option);
        }
    }

    public void RequireAvailableDevice(ParseResult parse)
    {
        if (ModelEngines.Missing(Device(parse)) is { } missing)
            throw new CommandException(missing);
    }

    public string StateFormatName => _stateFormat.Name;

    public bool HasPolicy(ParseResult parse) => parse.GetValue(_policy) is not null;

    /// <summary>The name of an option that is given and concerns states; null where none is.</summary>
    public string? GivenForStates(ParseResult parse) => Given(parse, _policy, _stateFormat);

    /// <summary>The name of an option that is given and does not concern training; null where none is.</summary>
    public string? GivenForInference(ParseResult parse) => Given(parse, _format, _policy, _state, _sinks, _stateFormat);

    /// <summary>The requested device. Devices other than the CPU are searched for only if one is requested.</summary>
    public ComputeDevice Device(ParseResult parse) => parse.GetValue(_device) is { } name
        ? ModelEngines.Choose(name, gpu: null)
        : ComputeDevice.Cpu;

    public ModelLoadOptions LoadOptions(ParseResult parse)
    {
        ComputeDevice device = Device(parse);
        WeightFormat format = parse.GetValue(_format) switch
        {
            "f32" => WeightFormat.Float32,
            "bf16" => WeightFormat.BFloat16,
            "int8" => WeightFormat.Int8,
            "int4" => WeightFormat.Int4,
            "f16" => WeightFormat.Float16,
            _ => WeightFormat.Auto,
        };
        if (DeviceFallback.FormatOn(format, device) != format)
        {
            string expected = device == ComputeDevice.Cpu ? "f32, bf16, int8 or int4" : "f32, bf16 or f16";
            throw new CommandException($"--format is {FormatName(format)}, which device {device} does not have; expected {expected}.");
        }

        return new ModelLoadOptions
        {
            Device = device,
            Threads = parse.GetValue(_threads) ?? 0,
            WeightFormat = format,
            Adapters = [.. (parse.GetValue(_adapters) ?? []).Select(ReadAdapter)],
        };
    }

    private static string? Given(ParseResult parse, params Option[] options) =>
        Array.Find(options, option => parse.GetResult(option) is not null)?.Name;

    private static ModelAdapter ReadAdapter(string text)
    {
        int colon = text.LastIndexOf(':');
        return colon > 0 && float.TryParse(text.AsSpan(colon + 1), CultureInfo.InvariantCulture, out float scale)
            ? new ModelAdapter(text[..colon]) { Scale = scale, IsMerged = true }
            : new ModelAdapter(text) { IsMerged = true };
    }

    /// <summary>The name of a weight format in <c>--format</c>.</summary>
    public static string FormatName(WeightFormat format) => format switch
    {
        WeightFormat.Float32 => "f32",
        WeightFormat.BFloat16 => "bf16",
        WeightFormat.Int8 => "int8",
        WeightFormat.Int4 => "int4",
        WeightFormat.Float16 => "f16",
        _ => "as stored",
    };

    /// <summary>The name of a state's format in <c>--state-format</c>.</summary>
    public static string FormatName(StateFormat format) => format switch
    {
        StateFormat.Int8 => "int8",
        StateFormat.BFloat16 => "bf16",
        _ => "f32",
    };

    public StateOptions StateOptions(ParseResult parse) => new()
    {
        Policy = Policy(parse),
        Format = parse.GetValue(_stateFormat) switch
        {
            "int8" => StateFormat.Int8,
            "bf16" => StateFormat.BFloat16,
            _ => StateFormat.Float32,
        },
    };

    private IMultiStatePolicy Policy(ParseResult parse)
    {
        string name = parse.GetValue(_policy) ?? MultiStatePolicies.Full;
        StateSize? size = parse.GetValue(_state);
        int? sinks = parse.GetValue(_sinks);
        if (sinks is not null && name != MultiStatePolicies.Sinks)
            throw new CommandException($"--sinks needs --policy sinks; the policy is {name}.");
        if (name == MultiStatePolicies.Full && size is not null)
            throw new CommandException("--state needs a bounded policy: --policy window, sinks, h2o or tova.");
        return MultiStatePolicies.Create(name, size ?? StateSize.Unbounded, sinks ?? MultiStatePolicies.DefaultSinks);
    }

    private static string? ParseDevice(string text) =>
        text.Equals(AutomaticDevice, StringComparison.OrdinalIgnoreCase) || ComputeDevice.TryParse(text, out _) ? text : null;

    private static StateSize? ParseSize(string text)
    {
        try
        {
            return StateSize.Parse(text);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
