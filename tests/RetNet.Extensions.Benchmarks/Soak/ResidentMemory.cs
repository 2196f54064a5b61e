using System.Globalization;

namespace RetNet.Extensions.Benchmarks.Soak;

/// <summary>What the resident memory of this process consists of, as Linux tells it.</summary>
/// <param name="Files">Bytes of assemblies and libraries.</param>
/// <param name="Code">Bytes of compiled methods and of what the runtime knows about types.</param>
/// <param name="Rest">Bytes that belong to no file: the garbage-collected heap, native memory, stacks.</param>
internal sealed record ResidentMemory(long Files, long Code, long Rest)
{
    private const string Maps = "/proc/self/smaps";
    private const string Size = "Rss:";

    /// <summary>All together.</summary>
    public long Total => Files + Code + Rest;

    /// <summary>Reads it; on other systems the parts are not known.</summary>
    public static ResidentMemory Read()
    {
        if (!File.Exists(Maps))
            return new(0, 0, Environment.WorkingSet);
        long files = 0, code = 0, rest = 0;
        string name = "";
        foreach (string line in File.ReadLines(Maps))
        {
            if (!line.StartsWith(Size, StringComparison.Ordinal))
            {
                // A mapping begins with its range of addresses; its name, if any, comes last.
                if (char.IsAsciiHexDigitLower(line[0]))
                    name = line.Split(' ', 6) is [_, _, _, _, _, string last] ? last.Trim() : "";
                continue;
            }

            ReadOnlySpan<char> kilobytes = line.AsSpan(Size.Length, line.Length - Size.Length - "kB".Length);
            long bytes = long.Parse(kilobytes, NumberFormatInfo.InvariantInfo) << 10;
            if (name.Contains("doublemapper", StringComparison.Ordinal))
                code += bytes;
            else if (name.StartsWith('/'))
                files += bytes;
            else
                rest += bytes;
        }

        return new(files, code, rest);
    }
}
