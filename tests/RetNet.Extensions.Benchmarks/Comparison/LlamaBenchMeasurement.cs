using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using RetNet.Extensions.Benchmarks.Engines;

namespace RetNet.Extensions.Benchmarks.Comparison;

/// <summary>
/// A second opinion on llama.cpp: its own benchmark, which decodes without sampling and without Node.js. Its lead over the script is the
/// cost of sampling and Node.js.
/// </summary>
internal sealed class LlamaBenchMeasurement : IMeasurement
{
    private const int LongestContext = 2048;

    public string Name => "llama-bench";

    public void Run(Session session)
    {
        if (session.LlamaBench is null)
            return;
        foreach (WeightKind kind in WeightKind.All.Where(kind => kind.Gguf is not null))
        {
            session.Report($"llama-bench {kind.Name}");
            string model = Path.GetFullPath(Path.Combine(session.Models, kind.Gguf!));
            foreach (int context in session.Contexts.Where(context => context <= LongestContext))
            {
                LogAll(session, new(Measures.Decode, EngineNames.LlamaBench, kind.Name, context),
                    $"-m {model} -p 0 -n {session.Tokens} -d {context}");
            }

            LogAll(session, new(Measures.Prefill, EngineNames.LlamaBench, kind.Name, Session.PromptTokens),
                $"-m {model} -p {Session.PromptTokens} -n 0");
        }
    }

    private static void LogAll(Session session, Series series, string arguments)
    {
        string settings = string.Create(CultureInfo.InvariantCulture, $"{arguments} -t {session.Threads} -r {session.Rounds} -o jsonl");
        string[] command = $"{session.LlamaBench} {settings}".Split(' ', StringSplitOptions.RemoveEmptyEntries);
        ProcessStartInfo start = new(command[0], command[1..]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string? line = process.StandardOutput.ReadLine();
        process.WaitForExit();
        if (line is null || process.ExitCode != 0)
            throw new InvalidOperationException($"'{string.Join(' ', command)}' ended with {process.ExitCode} and without a result.");
        JsonElement speeds = JsonSerializer.Deserialize<JsonElement>(line).GetProperty("samples_ts");
        int round = 0;
        foreach (JsonElement speed in speeds.EnumerateArray())
            session.Log.Add(series, round++, speed.GetDouble());
    }
}
