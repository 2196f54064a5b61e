using Microsoft.Extensions.AI;
using ModelContextProtocol.Client;
using ModelContextProtocol.Server;
using RetNet.Extensions.AI.Tests.Conversations;

namespace RetNet.Extensions.AI.Tests;

/// <summary>A server of the Model Context Protocol that speaks through its standard input and output; or another program of the
/// tests.</summary>
internal static class McpServerProgram
{
    public static async Task Main(string[] arguments)
    {
        if (arguments is [TalkingProgram.Argument, string model, string folder, string policy])
        {
            await TalkingProgram.RunAsync(model, folder, policy);
            return;
        }

        const string name = "weather";
        McpServerOptions options = new()
        {
            ServerInfo = new() { Name = name, Version = "1.0" },
            ToolCollection =
            [
                McpServerTool.Create(AIFunctionFactory.Create(
                    (string city) => city == "Paris" ? "sunny" : "rainy", "get_weather", "Tells the weather of a city.")),
            ],
        };
        await using StdioServerTransport transport = new(name);
        await using McpServer server = McpServer.Create(transport, options);
        await server.RunAsync();
    }

    /// <summary>Starts the program and connects to it.</summary>
    public static Task<McpClient> StartAsync() => McpClient.CreateAsync(new StdioClientTransport(
        new() { Command = "dotnet", Arguments = ["exec", typeof(McpServerProgram).Assembly.Location] }));
}
