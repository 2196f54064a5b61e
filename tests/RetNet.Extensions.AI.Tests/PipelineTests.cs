using Microsoft.Extensions.AI;
using Microsoft.Extensions.Caching.Distributed;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace RetNet.Extensions.AI.Tests;

/// <summary>The middleware of Microsoft.Extensions.AI around a client.</summary>
public sealed class PipelineTests : IDisposable
{
    private readonly ScriptedModel _model = new();
    private readonly AIFunction _clock;
    private int _calls;

    public PipelineTests() => _clock = AIFunctionFactory.Create((string zone) => $"noon {++_calls}", "clock");

    public void Dispose() => _model.Dispose();

    [Fact]
    public async Task The_same_question_reads_the_same_tokens_each_time()
    {
        IDistributedCache cache = new MemoryDistributedCache(Options.Create(new MemoryDistributedCacheOptions()));
        using IChatClient client = new RetNetChatClient(_model.Model).AsBuilder()
            .UseFunctionInvocation().UseDistributedCache(cache).Build();
        List<long?> read = [];

        for (int i = 0; i < 4; i++)
        {
            ChatResponse response = await client.GetResponseAsync("What time is it?", new() { Tools = [_clock] });
            Assert.Equal("Noon.", response.Text);
            Assert.Null(response.ConversationId);
            read.Add(response.Usage!.InputTokenCount);
        }

        Assert.All(read, tokens => Assert.Equal(read[0], tokens));
        Assert.Equal(4, _calls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Functions_are_invoked_with_and_without_remembered_conversations(bool remember)
    {
        using IChatClient client = new RetNetChatClient(_model.Model, new() { RememberConversations = remember }).AsBuilder()
            .UseFunctionInvocation().Build();

        ChatResponse response = await client.GetResponseAsync("What time is it?", new() { Tools = [_clock] });
        ChatResponse streamed = await client.GetStreamingResponseAsync("What time is it?", new() { Tools = [_clock] })
            .ToChatResponseAsync();

        Assert.Equal(("Noon.", "Noon."), (response.Text, streamed.Text));
        Assert.Equal(2, _calls);
    }
}
