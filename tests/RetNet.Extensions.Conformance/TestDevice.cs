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
        "dots1", "ernie4_5", "ernie4_5_moe", "gemma", "gemma2", "gemma3_text", "glm4", "glm4_moe", "gpt_oss", "granite", "granitemoe",
        "granitemoeshared", "hunyuan_v1_dense", "llama-bias", "llama-yarn", "ministral3", "mixtral", "olmo2", "olmo3", "olmoe",
        "phi3-longrope", "phi3-window", "qwen2_moe", "qwen3_moe", "seed_oss", "smollm3",
    ];

    /// <summary>The cases of training Transformers that this engine trains.</summary>
    public static string[] Trained { get; } =
    [
        "train-mixtral", "train-dots1", "train-ernie4_5_moe", "train-gemma2", "train-glm4", "train-glm4_moe", "train-granite",
        "train-hunyuan", "train-olmo2", "train-olmoe", "train-phi3", "train-qwen2_moe", "train-smollm3",
    ];
}
