using System.Text.Json;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AI.Tests;

/// <summary>Agents of Microsoft.Agents.AI over a model whose client remembers no conversations, as it is by default.</summary>
public sealed class AgentTests
{
    [Fact]
    public async Task A_session_is_resumed_by_another_process()
    {
        JsonElement saved;
        AgentResponse first;
        using (RetNetChatClient client = new(Models.Llama))
        {
            AIAgent agent = Agent(client);
            AgentSession session = await agent.CreateSessionAsync();
            first = await agent.RunAsync("Tell me about a dog.", session);
            saved = JsonElement.Parse((await agent.SerializeSessionAsync(session)).GetRawText());
        }

        using TextModel loadedAgain = TextModel.Load(Models.PathOf("llama-tinystories"), new ModelLoadOptions { Threads = 1 });
        using RetNetChatClient other = new(loadedAgain);
        AIAgent resumed = Agent(other);
        AgentResponse second = await resumed.RunAsync("And then?", await resumed.DeserializeSessionAsync(saved));

        Assert.Equal(await AloneAsync("Tell me about a dog.", first.Text, "And then?"), second.Text);
    }

    [Fact]
    public async Task A_session_is_resumed_after_many_others()
    {
        using RetNetChatClient client = new(Models.RetNet);
        AIAgent agent = Agent(client, maxTokens: 1);
        AgentSession session = await agent.CreateSessionAsync();
        AgentResponse first = await agent.RunAsync("Tell me about a dog.", session);
        JsonElement saved = await agent.SerializeSessionAsync(session);
        for (int i = 0; i < 300; i++)
            await agent.RunAsync($"Tell me about {i} cats.", await agent.CreateSessionAsync());

        AgentResponse second = await agent.RunAsync("And then?", await agent.DeserializeSessionAsync(saved));

        Assert.True(second.Usage!.InputTokenCount > first.Usage!.TotalTokenCount);
    }

    [Fact]
    public async Task A_session_resumed_twice_gives_two_branches_that_do_not_see_each_other()
    {
        using RetNetChatClient client = new(Models.Llama);
        AIAgent agent = Agent(client);
        AgentSession session = await agent.CreateSessionAsync();
        AgentResponse first = await agent.RunAsync("Tell me about a dog.", session);
        JsonElement saved = await agent.SerializeSessionAsync(session);

        AgentResponse sad = await agent.RunAsync("Make it sad.", await agent.DeserializeSessionAsync(saved));
        AgentResponse happy = await agent.RunAsync("Make it happy.", await agent.DeserializeSessionAsync(saved));

        Assert.Equal(await AloneAsync("Tell me about a dog.", first.Text, "Make it sad."), sad.Text);
        Assert.Equal(await AloneAsync("Tell me about a dog.", first.Text, "Make it happy."), happy.Text);

        // Both branches go on from the state of the first turn.
        Assert.Equal(first.Usage!.TotalTokenCount - 1, sad.Usage!.CachedInputTokenCount);
        Assert.Equal(first.Usage.TotalTokenCount - 1, happy.Usage!.CachedInputTokenCount);
    }

    [Fact]
    public async Task A_history_provider_keeps_the_messages()
    {
        using RetNetChatClient client = new(Models.RetNet);
        InMemoryChatHistoryProvider history = new();
        AIAgent agent = new ChatClientAgent(client, new ChatClientAgentOptions
        {
            ChatOptions = new() { Temperature = 0, MaxOutputTokens = 4 },
            ChatHistoryProvider = history,
        });
        AgentSession session = await agent.CreateSessionAsync();

        await agent.RunAsync("Tell me about a dog.", session);
        await agent.RunAsync("And then?", session);

        Assert.Equal(
            [ChatRole.User, ChatRole.Assistant, ChatRole.User, ChatRole.Assistant],
            history.GetMessages(session).Select(message => message.Role));
    }

    [Fact]
    public async Task An_agent_calls_its_functions_in_a_session()
    {
        using ScriptedModel model = new();
        using RetNetChatClient client = new(model.Model);
        List<string> zones = [];
        AIAgent agent = new ChatClientAgent(client, tools: [AIFunctionFactory.Create((string zone) => Record(zone), "clock")]);
        AgentSession session = await agent.CreateSessionAsync();

        for (int turn = 1; turn <= 2; turn++)
        {
            AgentResponse response = await agent.RunAsync("What time is it?", session);
            Assert.Equal("Noon.", response.Text);
            Assert.Equal(turn, zones.Count);
        }

        string Record(string zone)
        {
            zones.Add(zone);
            return "noon";
        }
    }

    [Fact]
    public async Task A_run_has_a_type()
    {
        using RetNetChatClient client = new(Models.ByHeart);
        AIAgent agent = new ChatClientAgent(client);

        AgentResponse<Dog> response = await agent.RunAsync<Dog>("Describe the dog Rex.");

        Assert.Equal(new Dog("Rex", 4), response.Result);
    }

    [Fact]
    public async Task A_run_whose_type_is_no_object_has_a_value()
    {
        using RetNetChatClient client = new(Models.Scenarios);
        AIAgent agent = new ChatClientAgent(client);

        Assert.Equal(15, (await agent.RunAsync<int>("There were 14 standards. We made one more. How many are there?")).Result);
        Assert.True((await agent.RunAsync<bool>("Jimbo is a programmer. Is there a programmer?")).Result);
    }

    [Fact]
    public async Task A_run_has_a_type_after_its_functions_were_called_and_in_a_session()
    {
        using RetNetChatClient client = new(Models.Scenarios);
        List<int> asked = [];
        AIAgent agent = new ChatClientAgent(client, tools: [AIFunctionFactory.Create(Find, "get_person", "Finds a person.")]);
        AgentSession session = await agent.CreateSessionAsync();

        AgentResponse<Person> response = await agent.RunAsync<Person>("Who is the person 123?", session);

        Assert.Equal(new Person("Jimbo Smith", 35, "Cardiff", Job.Programmer), response.Result);
        Assert.Equal([123], asked);

        string Find(int personId)
        {
            asked.Add(personId);
            return "Jimbo Smith, 35, Cardiff, Programmer";
        }
    }

    private static ChatClientAgent Agent(RetNetChatClient client, int maxTokens = 8) => new(client, new ChatClientAgentOptions
    {
        ChatOptions = new() { Temperature = 0, MaxOutputTokens = maxTokens },
    });

    private static async Task<string> AloneAsync(string question, string answer, string next)
    {
        using RetNetChatClient client = new(Models.Llama, new() { MaxConversations = 0 });
        return (await client.GetResponseAsync(
            [new(ChatRole.User, question), new(ChatRole.Assistant, answer), new(ChatRole.User, next)],
            new() { Temperature = 0, MaxOutputTokens = 8 })).Text;
    }

    private sealed record Dog(string Name, int Age);

    private sealed record Person(string? FullName, int AgeInYears, string? HomeTown, Job Job);

    private enum Job
    {
        Baker,
        Singer,
        Programmer,
    }
}
