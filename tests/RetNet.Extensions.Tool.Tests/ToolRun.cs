using System.Text;
using System.Text.Json;

namespace RetNet.Extensions.Tool.Tests;

/// <summary>One run of the command in this process, with everything that it wrote.</summary>
internal sealed record ToolRun(int ExitCode, string Output, string Error)
{
    /// <summary>The output as the one JSON document that it must be.</summary>
    public JsonElement Json => JsonDocument.Parse(Output).RootElement;

    public static Task<ToolRun> Run(params string[] arguments) => RunWithInput("", arguments);

    public static async Task<ToolRun> RunWithInput(string input, params string[] arguments)
    {
        using MemoryStream output = new();
        using StringWriter error = new();
        using StringReader reader = new(input);
        using ToolConsole console = new(output, error, reader);
        int exitCode = await RetNetCommand.RunAsync(arguments, console);
        return new ToolRun(exitCode, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }

    /// <summary>Runs a command that must succeed and returns its JSON document.</summary>
    public static async Task<JsonElement> RunForJson(params string[] arguments)
    {
        ToolRun run = await Run([.. arguments, "--json"]);
        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        return run.Json;
    }
}
