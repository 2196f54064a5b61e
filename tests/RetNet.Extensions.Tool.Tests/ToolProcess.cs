using System.Diagnostics;
using System.Text;

namespace RetNet.Extensions.Tool.Tests;

/// <summary>The command as a process of its own.</summary>
internal static class ToolProcess
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "RetNet.Extensions.Tool.dll");

    /// <summary>How the command is started, with all standard streams redirected.</summary>
    public static ProcessStartInfo StartInfo(params string[] arguments) => Redirected("dotnet", [Program, .. arguments]);

    /// <summary>Starts a script of bash in which <c>"$@"</c> is the command.</summary>
    public static Process StartShell(string script, string[] arguments) =>
        Process.Start(Redirected("bash", ["-c", script, "bash", "dotnet", Program, .. arguments]))!;

    /// <summary>Runs such a script with an input that is empty.</summary>
    public static Task<ToolRun> Shell(string script, params string[] arguments) => FinishAsync(StartShell(script, arguments));

    /// <summary>Closes the input of a process and waits for its end.</summary>
    public static async Task<ToolRun> FinishAsync(Process process)
    {
        using (process)
        {
            process.StandardInput.Close();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            Task<string> error = process.StandardError.ReadToEndAsync();
            await process.WaitForExitAsync();
            return new ToolRun(process.ExitCode, await output, await error);
        }
    }

    private static ProcessStartInfo Redirected(string program, string[] arguments) => new(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        StandardOutputEncoding = Encoding.UTF8,
    };
}
