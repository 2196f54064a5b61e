using System.Globalization;

namespace RetNet.Extensions.Core.Memory;

/// <summary>Memory that this process can still get, so that what is too large is refused, and the system does not end the process for
/// it.</summary>
internal static class AvailableMemory
{
    private const string Groups = "/sys/fs/cgroup";
    private const long Kilobyte = 1024;

    /// <summary>Bytes that the machine and the control groups of the process leave; null where that is not known.</summary>
    public static long? Bytes
    {
        get
        {
            long? machine = Value(Lines("/proc/meminfo"), "MemAvailable:") * Kilobyte;
            foreach (string line in Lines("/proc/self/cgroup"))
            {
                string[] parts = line.Split(':', 3);
                if (parts is not [_, string controllers, string path])
                    continue;
                if (controllers.Length == 0)
                    machine = Least(machine, Left(Groups, path, "memory.max", "memory.current"));
                else if (controllers.Split(',').Contains("memory"))
                    machine = Least(machine, Left(Groups + "/memory", path, "memory.limit_in_bytes", "memory.usage_in_bytes"));
            }

            return machine;
        }
    }

    /// <summary>What a group and the groups around it leave. Files in memory count as left, because the system drops them, but not the
    /// code and data that processes have mapped, and what is not on the disk yet.</summary>
    /// <param name="root">Where groups are mounted.</param>
    /// <param name="path">The group; in a container it may name one that is not mounted there.</param>
    /// <param name="limit">The file with the limit, which may hold <c>max</c>.</param>
    /// <param name="usage">The file with the memory in use.</param>
    internal static long? Left(string root, string path, string limit, string usage)
    {
        long? least = null;
        for (string? group = root + path; group is not null && group.Length >= root.Length; group = Path.GetDirectoryName(group))
        {
            string folder = group.TrimEnd('/');
            if (Number(Lines($"{folder}/{limit}").FirstOrDefault()) is not { } most
                || Number(Lines($"{folder}/{usage}").FirstOrDefault()) is not { } used)
            {
                continue;
            }

            string[] stat = Lines($"{folder}/memory.stat");
            long files = Sum(stat, "inactive_file ", "active_file ");

            // Shared memory is among what is mapped, but not among the files.
            long mapped = Math.Max(0, Sum(stat, "file_mapped ", "mapped_file ") - Sum(stat, "shmem "));
            long kept = mapped + Sum(stat, "file_dirty ", "file_writeback ", "dirty ", "writeback ");
            least = Least(least, Math.Max(0, most - used + Math.Max(0, files - kept)));
        }

        return least;
    }

    // Of the names of version 2 and version 1 of control groups, a file has those of its own.
    private static long Sum(string[] lines, params ReadOnlySpan<string> names)
    {
        long sum = 0;
        foreach (string name in names)
            sum += Value(lines, name) ?? 0;
        return sum;
    }

    private static long? Least(long? a, long? b) => a is null || b < a ? b ?? a : a;

    private static long? Value(string[] lines, string name) =>
        lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
            ? Number(line[name.Length..].Replace("kB", "", StringComparison.Ordinal))
            : null;

    private static long? Number(string? text) =>
        long.TryParse(text?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : null;

    private static string[] Lines(string file)
    {
        try
        {
            return File.Exists(file) ? File.ReadAllLines(file) : [];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
