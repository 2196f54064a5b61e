using System.Globalization;

namespace RetNet.Extensions.Benchmarks.Machine;

/// <summary>Resident memory of a process as Linux counts it, in bytes; 0 on other systems and once the process has ended.</summary>
internal static class ProcessMemory
{
    /// <summary>The most so far.</summary>
    public static long Peak(int process) => Bytes(process, "VmHWM:");

    /// <summary>All of it now.</summary>
    public static long Resident(int process) => Bytes(process, "VmRSS:");

    /// <summary>What belongs to no file.</summary>
    public static long Private(int process) => Bytes(process, "RssAnon:");

    private static long Bytes(int process, string name)
    {
        if (!OperatingSystem.IsLinux())
            return 0;
        string? line;
        try
        {
            line = File.ReadAllLines($"/proc/{process.ToString(CultureInfo.InvariantCulture)}/status")
                .FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return 0;
        }

        // A process that has ended and is not waited for has a status without memory.
        return line is null
            ? 0
            : long.Parse(line.AsSpan(name.Length, line.Length - name.Length - "kB".Length), CultureInfo.InvariantCulture) << 10;
    }
}
