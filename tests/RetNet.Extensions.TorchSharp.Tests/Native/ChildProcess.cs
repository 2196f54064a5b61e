using System.Diagnostics;
using System.Reflection;
using System.Text.Json;

namespace RetNet.Extensions.TorchSharp.Tests.Native;

/// <summary>An application of its own that loads libtorch: <c>retnet info --devices</c>, in a copy to which a test can add
/// libraries.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("retnet-torch-").FullName;

    public ChildProcess()
    {
        string tool = Path.GetDirectoryName(ToolPath)!;
        foreach (string file in Directory.GetFiles(tool, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(_root, "application", Path.GetRelativePath(tool, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    /// <summary>A new folder for RETNET_LIBTORCH.</summary>
    public string Libtorch => Directory.CreateDirectory(Path.Combine(_root, "libtorch")).FullName;

    /// <summary>Where the application's own native libraries are.</summary>
    public string OwnLibraries => Path.Combine(_root, "application");

    private static string ToolPath { get; } =
        typeof(ChildProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(attribute => attribute.Key == "RetNetTool").Value!;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    /// <summary>Lets the application look for devices.</summary>
    /// <param name="libtorch">The value of RETNET_LIBTORCH; null for none.</param>
    /// <param name="environment">Further variables of its environment.</param>
    /// <returns>Why the device <c>torch</c> is missing, null when it is there; and the error output.</returns>
    public async Task<(string? Missing, string Error)> Run(string? libtorch, params (string Name, string Value)[] environment)
    {
        string[] arguments = ["exec", Path.Combine(OwnLibraries, Path.GetFileName(ToolPath)), "info", "--devices", "--json"];
        ProcessStartInfo start = new("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (string name in (string[])["RETNET_LIBTORCH", "GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "OMP_NUM_THREADS"])
            start.Environment.Remove(name);
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        if (libtorch is not null)
            start.Environment["RETNET_LIBTORCH"] = libtorch;

        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"exit code {process.ExitCode}: {error}");
        JsonElement missing = JsonDocument.Parse(await output).RootElement.GetProperty("missing");
        return (missing.TryGetProperty("torch", out JsonElement reason) ? reason.GetString() : null, error);
    }
}
