using Microsoft.Extensions.AI;
using ModelContextProtocol.Client;
using ModelContextProtocol.Server;

namespace RetNet.Extensions.AI.Tests;

/// <summary>A server of the Model Context Protocol that speaks through its standard input and output.</summary>
internal static class McpServerProgram
{
    public static async Task Main()
    {
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
