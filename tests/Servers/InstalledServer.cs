namespace RetNet.Extensions.Servers;

/// <summary>Finds executables of servers that tests run, and knows the Debian packages that hold them.</summary>
public static class InstalledServer
{
    /// <param name="executable">The name of the executable, such as <c>redis-server</c> or <c>postgres</c>.</param>
    /// <returns>Its path; null if it is not installed.</returns>
    public static string? Find(string executable)
    {
        // Debian keeps servers in sbin, which is on the path of root alone, and PostgreSQL's programs in a folder per version.
        IEnumerable<string> folders = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator), "/usr/sbin",
            "/sbin"];
        if (Directory.Exists("/usr/lib/postgresql"))
            folders = folders.Concat(Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(version => $"{version}/bin"));
        return folders.Where(folder => folder.Length > 0).Select(folder => Path.Combine(folder, executable)).FirstOrDefault(File.Exists);
    }

    /// <param name="executable">The name of the executable.</param>
    /// <returns>Why tests that need it are skipped; null if it is installed.</returns>
    public static string? WhyMissing(string executable) =>
        Find(executable) is null ? $"{executable} is not installed: apt-get install {PackageOf(executable)}" : null;

    private static string PackageOf(string executable) => executable switch
    {
        "postgres" or "initdb" or "pg_ctl" => "postgresql",
        "ip" => "iproute2",
        "ps" or "kill" => "procps",
        "node" => "nodejs",
        _ => executable,
    };
}
