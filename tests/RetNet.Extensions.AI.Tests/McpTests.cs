using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using ModelContextProtocol.Client;

namespace RetNet.Extensions.AI.Tests;

/// <summary>A trained model calls the tools of a server that runs in another process.</summary>
public sealed class McpTests
{
    [Fact]
    public async Task Tools_of_a_server_are_called()
    {
        await using McpClient server = await McpServerProgram.StartAsync();
        using IChatClient client = new RetNetChatClient(Models.ByHeart).AsBuilder().UseFunctionInvocation().Build();

        ChatResponse response = await client.GetResponseAsync(
            "What is the weather in Paris and in Rome?", new() { Tools = [.. await server.ListToolsAsync()] });

        Assert.Equal("It is sunny in Paris and rainy in Rome.", response.Text);
    }

    [Fact]
    public async Task An_agent_has_the_tools_of_a_server()
    {
        await using McpClient server = await McpServerProgram.StartAsync();
        using RetNetChatClient client = new(Models.ByHeart);
        ChatClientAgent agent = new(client, tools: [.. await server.ListToolsAsync()]);
        AgentSession session = await agent.CreateSessionAsync();

        Assert.Equal("It is sunny in Paris.", (await agent.RunAsync("What is the weather in Paris?", session)).Text);
        Assert.Equal("It is rainy in Rome.", (await agent.RunAsync("And in Rome?", session)).Text);
    }
}
