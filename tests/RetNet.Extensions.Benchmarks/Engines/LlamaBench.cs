using System.Diagnostics;
using System.Text.Json;
using RetNet.Extensions.Benchmarks.Machine;

namespace RetNet.Extensions.Benchmarks.Engines;

/// <summary>The <c>llama-bench</c> of a native build of llama.cpp, or of one derived from it.</summary>
/// <param name="Name">The program's name in the tables.</param>
/// <param name="Command">What starts it, arguments included.</param>
/// <param name="Settings">Settings of every run.</param>
/// <param name="DecodeArguments">Arguments for the speed of decoding, of a context and a number of tokens behind it.</param>
internal sealed record LlamaBench(string Name, string Command, string Settings, Func<int, int, string> DecodeArguments)
{
    private const string LoadedBackend = "load_backend: loaded CPU backend from ";

    public static LlamaBench LlamaCpp(string command) =>
        new(EngineNames.LlamaCpp, command, "", (context, tokens) => $"-p 0 -n {tokens} -d {context}");

    /// <summary>ik_llama.cpp, which packs weights anew while it loads them, as this library does.</summary>
    public static LlamaBench IkLlamaCpp(string command) =>
        new(EngineNames.IkLlamaCpp, command, "-rtr 1", (context, tokens) => $"-p 0 -n 0 -gp {context},{tokens}");

    /// <summary>Tokens per second, the median of the repetitions.</summary>
    public double Measure(string model, string arguments)
    {
        double[] speeds = [.. Run(model, arguments).Result.GetProperty("samples_ts").EnumerateArray().Select(speed => speed.GetDouble())];
        return speeds.Median();
    }

    /// <summary>Which build it is: number and commit, and the library that computes where it is chosen when the program starts.</summary>
    public string Build(string model)
    {
        (JsonElement result, string errors) = Run(model, "-p 1 -n 0 -r 1");
        string? backend = errors.Split('\n').FirstOrDefault(line => line.StartsWith(LoadedBackend, StringComparison.Ordinal));
        string library = backend is null
            ? "compiled for this processor"
            : Path.GetFileNameWithoutExtension(backend[LoadedBackend.Length..]);
        return $"{Name} {result.GetProperty("build_number")} ({result.GetProperty("build_commit")}), {library}";
    }

    private (JsonElement Result, string Errors) Run(string model, string arguments)
    {
        string[] command = $"{Command} -m {model} {Settings} {arguments} -o json".Split(' ', StringSplitOptions.RemoveEmptyEntries);
        ProcessStartInfo start = new(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        int json = output.IndexOf("[\n", StringComparison.Ordinal);
        return json >= 0 && process.ExitCode == 0
            ? (JsonSerializer.Deserialize<JsonElement>(output[json..])[0], errors.Result)
            : throw new InvalidOperationException(
                $"'{string.Join(' ', command)}' ended with {process.ExitCode} and without a result: {errors.Result.Trim()}");
    }
}
