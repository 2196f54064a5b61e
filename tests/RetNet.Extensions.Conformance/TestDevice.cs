using RetNet.Extensions.Core.Devices;

namespace RetNet.Extensions.Conformance;

/// <summary>The device that the golden cases run on in this project; the tests of another engine compile the same cases with
/// theirs.</summary>
internal static class TestDevice
{
    public const int Threads = 2;

    public static ComputeDevice Device => ComputeDevice.Cpu;

    /// <summary>The cases with an architecture's full forward and its policies that this engine runs.</summary>
    public static string[] Architectures { get; } =
    [
        "gemma", "gemma2", "gemma3_text", "gpt_oss", "granite", "granitemoe", "llama-bias", "llama-yarn", "ministral3", "mixtral", "olmo2",
        "phi3-longrope", "phi3-window", "qwen3_moe", "smollm3",
    ];

    /// <summary>The cases of training Transformers that this engine trains.</summary>
    public static string[] Trained { get; } =
        ["train-mixtral", "train-gemma2", "train-granite", "train-olmo2", "train-phi3", "train-smollm3"];
}
