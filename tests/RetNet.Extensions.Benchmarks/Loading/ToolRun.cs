using System.Diagnostics;
using System.Globalization;
using RetNet.Extensions.Benchmarks.Machine;

namespace RetNet.Extensions.Benchmarks.Loading;

/// <summary>One start of a published tool, from the start of its process to the first token of a model.</summary>
/// <param name="Seconds">Until the first output.</param>
/// <param name="Processor">Seconds of all processors that the whole process took, as the last sample saw it.</param>
/// <param name="Peak">The largest resident memory, in bytes.</param>
/// <param name="Private">The largest resident memory that belongs to no file, in bytes, as samples every two milliseconds saw it.</param>
internal sealed record ToolRun(double Seconds, double Processor, long Peak, long Private)
{
    /// <summary>Runs a tool.</summary>
    /// <param name="tool">The published <c>retnet</c>.</param>
    /// <param name="model">A GGUF file, or a folder; one without a tokenizer is asked for the logits of a token.</param>
    /// <param name="threads">The number of threads.</param>
    public static ToolRun Start(string tool, string model, int threads)
    {
        bool hasTokenizer = !Directory.Exists(model) || File.Exists(Path.Combine(model, "tokenizer.json"));
        string[] what = hasTokenizer ? ["generate", model, "--prompt", "a", "--max-tokens", "1"] : ["logits", model, "--tokens", "1"];
        string[] arguments = [.. what, "--threads", threads.ToString(CultureInfo.InvariantCulture)];
        bool isLibrary = tool.EndsWith(".dll", StringComparison.OrdinalIgnoreCase);
        ProcessStartInfo start = new(isLibrary ? "dotnet" : tool, isLibrary ? [tool, .. arguments] : arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        long began = Stopwatch.GetTimestamp();
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        Task<ToolRun> watched = Task.Run(() => Watch(process));
        bool hasText = process.StandardOutput.Read() >= 0;
        double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (!hasText || process.ExitCode != 0)
            throw new InvalidOperationException($"{tool} ended with {process.ExitCode}: {errors.Result.Trim()}");
        return watched.Result with { Seconds = seconds };
    }

    private static ToolRun Watch(Process process)
    {
        ToolRun most = new(0, 0, 0, 0);
        while (!process.HasExited)
        {
            double processor = ProcessorSeconds(process) ?? most.Processor;
            most = new(0, processor, Math.Max(most.Peak, ProcessMemory.Peak(process.Id)),
                Math.Max(most.Private, ProcessMemory.Private(process.Id)));
            Thread.Sleep(2);
        }

        return most;
    }

    // The process may end meanwhile.
    private static double? ProcessorSeconds(Process process)
    {
        try
        {
            return process.TotalProcessorTime.TotalSeconds;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
