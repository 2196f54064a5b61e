using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace RetNet.Extensions.Benchmarks.Engines;

/// <summary>llama.cpp in a process of its own, which <c>llama-cpp/bench.mjs</c> drives; it sleeps while it is not asked.</summary>
internal sealed class LlamaCppEngine : IEngine
{
    public const string Script = "bench.mjs";

    private readonly Process _process;

    /// <summary>Starts the process and loads a model.</summary>
    /// <param name="folder">The folder with <see cref="Script"/> and its node_modules.</param>
    /// <param name="model">A GGUF file.</param>
    /// <param name="threads">Threads that compute.</param>
    public LlamaCppEngine(string folder, string model, int threads)
    {
        ProcessStartInfo start = new(
            "node", [Path.Combine(folder, Script), Path.GetFullPath(model), threads.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        _process = Process.Start(start)!;
        Read();
    }

    public string Name => EngineNames.LlamaCpp;

    /// <summary>Whether a folder has what this engine needs.</summary>
    public static bool IsInstalled(string folder) =>
        File.Exists(Path.Combine(folder, Script)) && Directory.Exists(Path.Combine(folder, "node_modules", "node-llama-cpp"));

    public double Prefill(int tokens) => tokens / Ask($$"""{"kind":"prefill","tokens":{{tokens}}}""");

    public double Decode(int context, int tokens) => tokens / Ask($$"""{"kind":"decode","context":{{context}},"tokens":{{tokens}}}""");

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
            _process.Kill();
        _process.Dispose();
    }

    private double Ask(string request)
    {
        _process.StandardInput.WriteLine(request);
        _process.StandardInput.Flush();
        return Read().GetProperty("seconds").GetDouble();
    }

    private JsonElement Read()
    {
        string line = _process.StandardOutput.ReadLine()
            ?? throw new InvalidOperationException($"{Script} ended without an answer; what it wrote to the standard error says why.");
        return JsonSerializer.Deserialize<JsonElement>(line);
    }
}
