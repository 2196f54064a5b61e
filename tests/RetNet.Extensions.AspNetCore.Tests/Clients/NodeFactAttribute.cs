namespace RetNet.Extensions.AspNetCore.Tests.Clients;

/// <summary>A test that needs Node.js with npm, and is skipped where they are not installed.</summary>
public sealed class NodeFactAttribute : FactAttribute
{
    public NodeFactAttribute()
    {
        if (!IsInstalled("node") || !IsInstalled("npm"))
            Skip = "node and npm are not installed: apt-get install nodejs npm";
    }

    private static bool IsInstalled(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Any(folder => File.Exists(Path.Combine(folder, program)));
}
