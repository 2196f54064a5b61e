using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AI.Tests;

public sealed class CancellationTests
{
    private static readonly ChatOptions Long = new()
    {
        Temperature = 0,
        MaxOutputTokens = 4000,
        RawRepresentationFactory = _ => new GenerationOptions { StopTokens = [] }
    };

    [Fact]
    public async Task A_cancelled_token_computes_nothing()
    {
        using RetNetChatClient client = new(Models.RetNet);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetResponseAsync("hi", Long,
            new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Cancellation_is_seen_between_tokens()
    {
        using TextModel model = TextModel.Load(Models.PathOf("llama-tinystories"), new ModelLoadOptions { Threads = 1 });
        using RetNetChatClient client = new(model);
        using CancellationTokenSource cancellation = new();
        using PacedPolicy policy = new();
        ChatOptions paced = new() { MaxOutputTokens = 4000, RawRepresentationFactory = _ => policy.Options };
        int updates = 0;

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync("hi", paced).WithCancellation(cancellation.Token))
            {
                policy.HasRead();
                if (++updates == 3)
                    cancellation.Cancel();
            }
        });

        Assert.Equal(3, updates);
    }

    [Fact]
    public async Task Cancellation_is_seen_while_a_response_is_computed()
    {
        using RetNetChatClient client = new(Models.RetNet);
        using CancellationTokenSource cancellation = new(TimeSpan.FromMilliseconds(100));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.GetResponseAsync("hi", Long, cancellation.Token));
    }

    [Fact]
    public async Task Cancellation_is_seen_within_a_long_prompt()
    {
        using RetNetChatClient client = new(Models.RetNet);
        string prompt = string.Concat(Enumerable.Repeat("The dog ran home. ", 20_000));
        using CancellationTokenSource cancellation = new();
        IAsyncEnumerator<ChatResponseUpdate> updates = client.GetStreamingResponseAsync(prompt, Long, cancellation.Token)
            .GetAsyncEnumerator();

        ValueTask<bool> first = updates.MoveNextAsync();
        cancellation.CancelAfter(500);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await first);
        await updates.DisposeAsync();
    }

    [Fact]
    public async Task A_reader_who_leaves_frees_the_state()
    {
        using TextModel model = TextModel.Load(Models.PathOf("retnet-tinystories"), new ModelLoadOptions { Threads = 1 });
        using RetNetChatClient client = new(model);
        await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync("hi", Long))
            break;

        await model.Scheduler.DisposeAsync();

        Assert.Equal((0, 0), (model.Scheduler.ReservedStateBytes, model.Scheduler.KeptStateBytes));
    }

    [Fact]
    public async Task A_conversation_whose_reader_left_goes_on_from_its_history()
    {
        using RetNetChatClient client = new(Models.RetNet, new() { RememberConversations = true });
        ChatResponse first = await client.GetResponseAsync("Tell me a story.", new ChatOptions { Temperature = 0, MaxOutputTokens = 4 });
        ChatOptions next = new() { Temperature = 0, MaxOutputTokens = 4, ConversationId = first.ConversationId };

        await foreach (ChatResponseUpdate _ in client.GetStreamingResponseAsync("More.", next))
            break;
        ChatResponse again = await client.GetResponseAsync("More.", next);

        Assert.Equal(first.Usage!.TotalTokenCount - 1, again.Usage!.CachedInputTokenCount);
        Assert.True(again.Usage.InputTokenCount > first.Usage!.InputTokenCount + 4);
    }

    [Fact]
    public async Task Disposing_the_container_cancels_what_is_being_generated()
    {
        ServiceCollection registered = new();
        registered.AddRetNetChatClient(options => options.ModelPath = Models.PathOf("llama-tinystories"));
        ServiceProvider services = registered.BuildServiceProvider();
        IChatClient client = services.GetRequiredService<IChatClient>();
        IAsyncEnumerator<ChatResponseUpdate> stream = client.GetStreamingResponseAsync("hi", Long).GetAsyncEnumerator();
        Assert.True(await stream.MoveNextAsync());
        Task<ChatResponse> response = client.GetResponseAsync("ho", Long);
        await Task.Delay(50);

        await services.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            while (await stream.MoveNextAsync())
            {
            }
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => response);
        await stream.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => client.GetResponseAsync("hi"));
    }
}
