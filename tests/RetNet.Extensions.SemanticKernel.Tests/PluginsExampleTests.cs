using System.Diagnostics;

namespace RetNet.Extensions.SemanticKernel.Tests;

/// <summary>examples/Plugins, with the model that the repository keeps.</summary>
public sealed class PluginsExampleTests
{
    [Fact]
    public async Task The_model_calls_the_functions_of_three_plugins()
    {
        Assert.Equal(
            """
            > What does a red lamp cost? What is 12 plus 30?
            [Money.GetPrice(item: red lamp) = 12 euros]
            [Math.CalculateSum(a: 12, b: 30) = 42]
            The price of the red lamp is 12 euros. The sum is 42.

            > Thank you.
            You are welcome.

            > Play Lima.
            [Music.PlaySong(song: Lima) = playing]
            Here is Lima.

            > Write as JSON: Maria is 20 years old and lives in Lisbon.
            Maria, 20, of Lisbon
            """,
            await RunAsync(), ignoreLineEndingDifferences: true);
    }

    /// <summary>What the example writes.</summary>
    private static async Task<string> RunAsync()
    {
        string program = Path.Combine(AppContext.BaseDirectory, "Plugins.dll");
        using Process example = Process.Start(new ProcessStartInfo("dotnet", ["exec", program])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> errors = example.StandardError.ReadToEndAsync();
        string output = await example.StandardOutput.ReadToEndAsync();
        await example.WaitForExitAsync();

        Assert.Equal("", await errors);
        Assert.Equal(0, example.ExitCode);
        return output.TrimEnd();
    }
}
