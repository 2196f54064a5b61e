using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.SemanticKernel;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Core;
using RetNet.Extensions.Orleans.Conversations;
using RetNet.Extensions.SemanticKernel.Tests;

namespace RetNet.Extensions.Orleans.Tests;

/// <summary>Semantic Kernel and agents over the client of a cluster, with what they bring themselves.</summary>
public sealed class PipelineTests
{
    private readonly List<string> _calls = [];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_kernel_calls_its_plugins(bool streams)
    {
        using TextModel model = Models.Load("calls-by-heart");
        using IChatClient client = Models.Client(model);
        await using SiloHost silo = await SiloHost.StartAsync(client, (host, _) =>
        {
            // The kernel's function invocation cannot do with a client that keeps the history.
            host.Services.AddRetNetClusterChatClient(options => options.StartsConversations = false).UseKernelFunctionInvocation();
            host.Services.AddKernel();
        });
        Kernel kernel = silo.Services.GetRequiredService<Kernel>();
        HousePlugins.AddTo(kernel, _calls);
        KernelArguments arguments = new(new PromptExecutionSettings { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto() });
        const string prompt = "Switch on the light in the hall, and what does a lamp cost?";

        string? answer = streams
            ? string.Concat(await kernel.InvokePromptStreamingAsync<string>(prompt, arguments).ToListAsync())
            : await kernel.InvokePromptAsync<string>(prompt, arguments);

        Assert.Equal("The light in the hall is on. A lamp costs 12 euros.", answer);
        Assert.Equal(["Switch hall True", "Price lamp"], _calls);
    }

    [Fact]
    public async Task A_session_of_an_agent_is_a_conversation_of_the_cluster()
    {
        using TextModel model = Models.Load("calls-by-heart");
        using IChatClient client = Models.Client(model);
        await using SiloHost silo = await SiloHost.StartAsync(client);
        AIFunction weather = AIFunctionFactory.Create(
            (string city) =>
            {
                _calls.Add(city);
                return city == "Paris" ? "sunny" : "rainy";
            },
            "get_weather", "Tells the weather of a city.");
        ChatClientAgent agent = new(silo.Client, new ChatClientAgentOptions { ChatOptions = new() { Tools = [weather] } });
        AgentSession session = await agent.CreateSessionAsync();

        AgentResponse first = await agent.RunAsync("What is the weather in Paris?", session);
        AgentSession later = await agent.DeserializeSessionAsync(await agent.SerializeSessionAsync(session));
        AgentResponse second = await agent.RunAsync("And in Rome?", later);

        Assert.Equal("It is sunny in Paris.", first.Text);
        Assert.Equal("It is rainy in Rome.", second.Text);
        Assert.Equal(["Paris", "Rome"], _calls);
        string id = Assert.IsType<ChatClientAgentSession>(later).ConversationId!;
        StoredConversation kept = await silo.Cluster.GetGrain<IConversationGrain>(id).ReadAsync();
        Assert.Equal(["What is the weather in Paris?", "And in Rome?"],
            kept.Messages.Where(message => message.Role == ChatRole.User).Select(message => message.Text));
    }
}
