using Microsoft.Agents.AI;
using Microsoft.Agents.AI.Workflows;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AI.Tests;

/// <summary>Agents of a trained model, alone and one after another.</summary>
public sealed class WorkflowTests : IDisposable
{
    private readonly RetNetChatClient _client = new(Models.ByHeart);

    public void Dispose() => _client.Dispose();

    [Fact]
    public async Task An_agent_calls_functions_until_it_can_answer()
    {
        ChatClientAgent agent = new(_client, "You are a travel agent.", tools:
        [
            AIFunctionFactory.Create((string city) => "sunny", "get_weather", "Tells the weather of a city."),
            AIFunctionFactory.Create((string city, int stars = 3) => "Hotel Roma", "find_hotel", "Finds a hotel in a city."),
        ]);
        AgentSession session = await agent.CreateSessionAsync();
        string streamed = "";
        await foreach (AgentResponseUpdate update in agent.RunStreamingAsync("Where can I stay in sunny Rome?", session))
            streamed += update.Text;

        Assert.Equal("Rome is sunny; stay at Hotel Roma.", streamed);
        Assert.Equal("Have a good trip!", (await agent.RunAsync("Thank you.", session)).Text);
    }

    [Fact]
    public async Task An_agent_goes_on_with_the_answer_of_another()
    {
        Assert.Equal(
            ["Ride red, ride happy.", "A fine slogan!"],
            await RunAsync("Write a slogan for a red bike.", Agent("You write slogans."), Agent("You praise slogans.")));
    }

    [Fact]
    public async Task An_agent_goes_on_after_one_that_called_a_function()
    {
        AIFunction clock = AIFunctionFactory.Create((string zone) => "09:30", "get_time", "Tells the time in a time zone.");

        Assert.Equal(
            ["09:30", "Good morning, Tokyo!"],
            await RunAsync("When is it in Tokyo?", Agent("You ask the clock.", clock), Agent("You greet.")));
    }

    private ChatClientAgent Agent(string instructions, params AITool[] tools) => new(_client, instructions, tools: tools);

    /// <summary>What the agents say, one after another.</summary>
    private static async Task<IEnumerable<string>> RunAsync(string question, params AIAgent[] agents)
    {
        await using StreamingRun run = await InProcessExecution.RunStreamingAsync(
            AgentWorkflowBuilder.BuildSequential(agents), new List<ChatMessage> { new(ChatRole.User, question) });
        await run.TrySendMessageAsync(new TurnToken(emitEvents: true));
        Dictionary<string, string> said = [];
        await foreach (WorkflowEvent change in run.WatchStreamAsync())
        {
            if (change is WorkflowErrorEvent or ExecutorFailedEvent)
                Assert.Fail($"{change.Data}");
            if (change is AgentResponseUpdateEvent update)
                said[update.ExecutorId] = said.GetValueOrDefault(update.ExecutorId) + update.Update.Text;
        }

        return said.Values;
    }
}
