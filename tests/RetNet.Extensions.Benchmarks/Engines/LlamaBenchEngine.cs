namespace RetNet.Extensions.Benchmarks.Engines;

/// <summary>A native llama.cpp, by its own benchmark: every figure is a process that loads the model and reads the context
/// itself.</summary>
/// <param name="bench">The benchmark.</param>
/// <param name="model">A GGUF file, as the benchmark sees it.</param>
/// <param name="threads">Threads that compute.</param>
/// <param name="isFlash">Whether flash attention is on.</param>
internal sealed class LlamaBenchEngine(LlamaBench bench, string model, int threads, bool isFlash) : IEngine
{
    // The first repetition touches its memory for the first time: not so behind a context, which has been read before.
    private const int PromptRepetitions = 3;

    private readonly string _settings = $"-t {threads} -fa {(isFlash ? 1 : 0)}";

    public string Name { get; } = EngineNames.Of(bench.Name, isFlash);

    /// <summary>The benchmark without and with flash attention.</summary>
    public static IReadOnlyList<LlamaBenchEngine> Both(LlamaBench bench, string model, int threads) =>
        [new(bench, model, threads, isFlash: false), new(bench, model, threads, isFlash: true)];

    public double Prefill(int tokens) => bench.Measure(model, $"{_settings} -p {tokens} -n 0 -r {PromptRepetitions}");

    public double Decode(int context, int tokens) =>
        bench.Measure(model, $"{_settings} {bench.DecodeArguments(context, tokens)} -r 1");
}
