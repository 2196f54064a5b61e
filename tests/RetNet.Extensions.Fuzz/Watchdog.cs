using System.Diagnostics;

namespace RetNet.Extensions.Fuzz;

/// <summary>Lets a reader read an input, and judges its time, its memory and its exception.</summary>
internal static class Watchdog
{
    public static Verdict Judge(Reader reader, byte[] input)
    {
        Verdict first = JudgeOnce(reader, input);
        // The first run of code includes its compilation, and another process may have had the processor.
        return first is { Outcome: Outcome.Failed } ? JudgeOnce(reader, input) : first;
    }

    private static Verdict JudgeOnce(Reader reader, byte[] input)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        TimeSpan processorBefore = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        Outcome outcome = Outcome.Accepted;
        try
        {
            reader.Read(input);
        }
        catch (Exception exception) when (reader.IsRefusal(exception))
        {
            outcome = Outcome.Refused;
        }
#pragma warning disable CA1031 // Any other exception is what is searched for.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return new Verdict(Outcome.Failed, exception.ToString());
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        TimeSpan processor = Environment.CpuUsage.TotalTime - processorBefore;
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        if (elapsed > reader.TimeLimit && processor > reader.TimeLimit)
        {
            return new Verdict(Outcome.Failed,
                $"{outcome} after {elapsed.TotalSeconds:0.0} s, of the processor {processor.TotalSeconds:0.0} s");
        }

        return bytes > reader.MostBytes + input.Length
            ? new Verdict(Outcome.Failed, $"{outcome} after {bytes} bytes were allocated")
            : new Verdict(outcome);
    }
}
