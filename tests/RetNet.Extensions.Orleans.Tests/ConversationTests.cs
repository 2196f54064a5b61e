using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Orleans.Conversations;

namespace RetNet.Extensions.Orleans.Tests;

/// <summary>Conversations in a cluster of one silo, in the process of their client.</summary>
public sealed class ConversationTests
{
    [Fact]
    public async Task A_conversation_goes_on_by_its_id()
    {
        ScriptedClient model = ScriptedClient.Counting();
        await using SiloHost silo = await SiloHost.StartAsync(model);

        ChatResponse first = await silo.Client.GetResponseAsync("Hello.");
        ChatResponse second = await silo.Client.GetResponseAsync("And now?", new() { ConversationId = first.ConversationId });

        Assert.Equal("You sent 1 messages.", first.Text);
        Assert.Equal("You sent 3 messages.", second.Text);
        Assert.Equal(first.ConversationId, second.ConversationId);
        Assert.Equal(ChatFinishReason.Stop, second.FinishReason);
        Assert.Equal(7, second.Usage?.OutputTokenCount);
        Assert.Equal(
            ["Hello.", "You sent 1 messages.", "And now?"], model.Requests[1].Messages.Select(message => message.Text));
        StoredConversation kept = await silo.Cluster.GetGrain<IConversationGrain>(first.ConversationId!).ReadAsync();
        Assert.Equal(2, kept.Turn);
        Assert.Equal(4, kept.Messages.Count);
    }

    [Fact]
    public async Task The_options_of_a_request_reach_the_model()
    {
        ScriptedClient model = ScriptedClient.Counting();
        await using SiloHost silo = await SiloHost.StartAsync(model);
        ChatOptions options = new()
        {
            Temperature = 0.5f,
            MaxOutputTokens = 9,
            StopSequences = ["!"],
            ResponseFormat = ChatResponseFormat.Json,
            ToolMode = ChatToolMode.RequireAny,
            Tools = [AIFunctionFactory.Create((string city) => city, "get_weather", "Tells the weather.")],
            AdditionalProperties = new() { ["policy"] = "tova", ["state_size"] = 64 },
        };

        await silo.Client.GetResponseAsync("Hello.", options);

        ChatOptions read = Assert.Single(model.Requests).Options!;
        Assert.Equal((0.5f, 9), (read.Temperature, read.MaxOutputTokens));
        Assert.Equal(["!"], read.StopSequences!);
        Assert.IsType<ChatResponseFormatJson>(read.ResponseFormat);
        Assert.IsType<RequiredChatToolMode>(read.ToolMode);
        AIFunctionDeclaration weather = Assert.IsType<AIFunctionDeclaration>(Assert.Single(read.Tools!), exactMatch: false);
        Assert.Equal(("get_weather", "Tells the weather."), (weather.Name, weather.Description));
        Assert.Contains("city", weather.JsonSchema.GetRawText(), StringComparison.Ordinal);
        Assert.Equal("tova", read.AdditionalProperties!["policy"]!.ToString());
        Assert.NotNull(read.Seed);
        Assert.Null(read.ConversationId);
        Assert.Null(options.Seed);
    }

    [Fact]
    public async Task What_cannot_travel_is_refused()
    {
        await using SiloHost silo = await SiloHost.StartAsync(ScriptedClient.Counting());

        await Assert.ThrowsAsync<NotSupportedException>(
            () => silo.Client.GetResponseAsync("Hello.", new() { RawRepresentationFactory = _ => null }));
        await Assert.ThrowsAsync<NotSupportedException>(
            () => silo.Client.GetResponseAsync("Hello.", new() { Tools = [new HostedWebSearchTool()] }));
        await Assert.ThrowsAsync<ArgumentException>(
            () => silo.Client.GetResponseAsync("Hello.", new() { ConversationId = "no id" }));
    }

    [Fact]
    public async Task A_repeated_turn_is_told_again_and_not_generated_twice()
    {
        ScriptedClient model = ScriptedClient.Counting();
        await using SiloHost silo = await SiloHost.StartAsync(model);
        IConversationGrain grain = silo.Cluster.GetGrain<IConversationGrain>("c");
        TurnRequest request = new([new(ChatRole.User, "Hello.")]);

        ChatResponse first = await ReadAsync(grain.AnswerAsync(request));
        await ReadAsync(grain.AnswerAsync(new TurnRequest([new(ChatRole.User, "Another.")])));
        ChatResponse again = await ReadAsync(grain.AnswerAsync(request));

        Assert.Equal(first.Text, again.Text);
        Assert.Equal(ChatFinishReason.Stop, again.FinishReason);
        Assert.Equal(7, again.Usage?.OutputTokenCount);
        Assert.Equal(2, model.Requests.Count);
        Assert.Equal(2, (await grain.ReadAsync()).Turn);
    }

    [Fact]
    public async Task A_turn_that_runs_is_joined()
    {
        TaskCompletionSource mayEnd = new();
        ScriptedClient model = new((_, cancellation) => PausedAsync(mayEnd.Task, cancellation));
        await using SiloHost silo = await SiloHost.StartAsync(model);
        IConversationGrain grain = silo.Cluster.GetGrain<IConversationGrain>("c");
        TurnRequest request = new([new(ChatRole.User, "Hello.")]);

        await using IAsyncEnumerator<TurnUpdate> first = grain.AnswerAsync(request).GetAsyncEnumerator();
        Assert.True(await first.MoveNextAsync());
        await using IAsyncEnumerator<TurnUpdate> second = grain.AnswerAsync(request).GetAsyncEnumerator();
        Assert.True(await second.MoveNextAsync());
        mayEnd.SetResult();

        Assert.Equal("begin", first.Current.Read().Text);
        Assert.Equal("begin", second.Current.Read().Text);
        Assert.True(await first.MoveNextAsync());
        Assert.True(await second.MoveNextAsync());
        Assert.Equal("end", second.Current.Read().Text);
        Assert.Single(model.Requests);
    }

    [Fact]
    public async Task Turns_of_a_conversation_run_one_after_the_other()
    {
        int running = 0;
        int most = 0;
        ScriptedClient model = new((messages, _) => OneAsync(messages.Count));
        await using SiloHost silo = await SiloHost.StartAsync(model);

        ChatResponse[] answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(
            _ => silo.Client.GetResponseAsync("Hello.", new() { ConversationId = "c" })));

        Assert.Equal(1, most);
        Assert.Equal([1, 3, 5, 7, 9, 11, 13, 15], answers.Select(answer => int.Parse(answer.Text)).Order());

        async IAsyncEnumerable<ChatResponseUpdate> OneAsync(int messages)
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await Task.Yield();
            yield return new ChatResponseUpdate(ChatRole.Assistant, messages.ToString());
            Interlocked.Decrement(ref running);
        }
    }

    [Fact]
    public async Task A_client_that_leaves_cancels_its_turn_which_is_not_kept()
    {
        TaskCompletionSource cancelled = new();
        ScriptedClient model = new((messages, cancellation) => messages.Count == 1
            ? PausedAsync(Cancelled(cancellation), cancellation)
            : throw new InvalidOperationException("The turn was kept."));
        await using SiloHost silo = await SiloHost.StartAsync(model);
        ChatOptions options = new() { ConversationId = "c" };

        await foreach (ChatResponseUpdate update in silo.Client.GetStreamingResponseAsync("Hello.", options))
        {
            Assert.Equal("begin", update.Text);
            break;
        }

        await cancelled.Task.WaitAsync(TimeSpan.FromMinutes(1));
        using CancellationTokenSource leaving = new();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate _ in silo.Client.GetStreamingResponseAsync("Hello.", options, leaving.Token))
                await leaving.CancelAsync();
        });
        Assert.Equal(0, (await silo.Cluster.GetGrain<IConversationGrain>("c").ReadAsync()).Turn);

        Task Cancelled(CancellationToken cancellation)
        {
            TaskCompletionSource never = new();
            cancellation.Register(() =>
            {
                cancelled.TrySetResult();
                never.TrySetCanceled(cancellation);
            });
            return never.Task;
        }
    }

    [Fact]
    public async Task An_error_of_the_model_reaches_the_client_and_the_turn_is_not_kept()
    {
        ScriptedClient model = new((messages, _) => messages[^1].Text == "Hello."
            ? ScriptedClient.WordsAsync("Hello.")
            : throw new NotSupportedException("No schemas."));
        await using SiloHost silo = await SiloHost.StartAsync(model);
        ChatOptions options = new() { ConversationId = "c" };
        await silo.Client.GetResponseAsync("Hello.", options);

        NotSupportedException error = await Assert.ThrowsAsync<NotSupportedException>(
            () => silo.Client.GetResponseAsync("Fail.", options));

        Assert.Equal("No schemas.", error.Message);
        Assert.Equal(1, (await silo.Cluster.GetGrain<IConversationGrain>("c").ReadAsync()).Turn);
    }

    [Fact]
    public async Task A_turn_whose_place_another_took_is_a_conflict()
    {
        await using SiloHost silo = await SiloHost.StartAsync(ScriptedClient.Counting());
        await silo.Client.GetResponseAsync("Hello.", new() { ConversationId = "c" });

        TurnRequest request = new([new(ChatRole.User, "Hello.")]) { Turn = 1 };
        ConversationConflictException error = await Assert.ThrowsAsync<ConversationConflictException>(
            () => ReadAsync(silo.Cluster.GetGrain<IConversationGrain>("c").AnswerAsync(request)));

        Assert.Contains("'c' is at turn 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deleted_conversation_begins_anew()
    {
        await using SiloHost silo = await SiloHost.StartAsync(ScriptedClient.Counting());
        ChatOptions options = new() { ConversationId = "c" };
        await silo.Client.GetResponseAsync("Hello.", options);
        IConversationGrain grain = silo.Cluster.GetGrain<IConversationGrain>("c");

        Assert.True(await grain.DeleteAsync());
        Assert.False(await grain.DeleteAsync());
        Assert.Equal("You sent 1 messages.", (await silo.Client.GetResponseAsync("Hello.", options)).Text);
    }

    [Fact]
    public async Task A_client_may_keep_only_conversations_that_have_an_id()
    {
        await using SiloHost silo = await SiloHost.StartAsync(ScriptedClient.Counting(), (host, _) =>
            host.Services.AddRetNetClusterChatClient(options => options.StartsConversations = false));

        ChatResponse single = await silo.Client.GetResponseAsync([new(ChatRole.User, "Hello."), new(ChatRole.User, "Hello?")]);
        ChatResponse kept = await silo.Client.GetResponseAsync("Hello.", new() { ConversationId = "c" });

        Assert.Equal("You sent 2 messages.", single.Text);
        Assert.Null(single.ConversationId);
        Assert.Equal("c", kept.ConversationId);
    }

    [Fact]
    public async Task A_silo_whose_model_is_the_cluster_itself_is_refused()
    {
        await using SiloHost silo = await SiloHost.StartAsync((host, silo) =>
        {
            silo.AddRetNetConversations();
            host.Services.AddRetNetClusterChatClient();
        });

        InvalidOperationException error =
            await Assert.ThrowsAsync<InvalidOperationException>(() => silo.Client.GetResponseAsync("Hello."));

        Assert.Contains("the client of the cluster itself", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_turn_that_is_not_kept_is_no_part_of_the_next_one()
    {
        TaskCompletionSource mayEnd = new();
        ScriptedClient model = new((messages, cancellation) => messages[^1].Text == "Single."
            ? PausedAsync(mayEnd.Task, cancellation)
            : ScriptedClient.WordsAsync($"You sent {messages.Count} messages."));
        await using SiloHost silo = await SiloHost.StartAsync(model);
        IConversationGrain grain = silo.Cluster.GetGrain<IConversationGrain>("c");
        await using IAsyncEnumerator<TurnUpdate> single =
            grain.AnswerAsync(new TurnRequest([new(ChatRole.User, "Single.")]) { IsKept = false }).GetAsyncEnumerator();
        Assert.True(await single.MoveNextAsync());
        await using IAsyncEnumerator<TurnUpdate> next =
            grain.AnswerAsync(new TurnRequest([new(ChatRole.User, "Next.")])).GetAsyncEnumerator();
        Assert.True(await next.MoveNextAsync());
        Assert.Equal(0, next.Current.Turn);
        mayEnd.SetResult();
        while (await next.MoveNextAsync())
            Assert.InRange(next.Current.Turn, 0, 1);

        Assert.Equal(
            ["Next.", "You sent 1 messages."], (await grain.ReadAsync()).Messages.Select(message => message.Text));
    }

    [Fact]
    public async Task A_deletion_waits_for_a_turn_and_hinders_no_reader()
    {
        TaskCompletionSource mayEnd = new();
        ScriptedClient model = new((_, cancellation) => PausedAsync(mayEnd.Task, cancellation));
        await using SiloHost silo = await SiloHost.StartAsync(model);
        IConversationGrain grain = silo.Cluster.GetGrain<IConversationGrain>("c");
        Task<ChatResponse> answer = ReadAsync(grain.AnswerAsync(new TurnRequest([new(ChatRole.User, "Hello.")])));
        await Waiting.UntilAsync(() => model.Requests.Count == 1);

        Task<bool> deletion = grain.DeleteAsync();
        Assert.Equal(0, (await grain.ReadAsync()).Turn);
        Assert.False(deletion.IsCompleted);
        mayEnd.SetResult();

        Assert.Equal("beginend", (await answer).Text);
        Assert.True(await deletion);

        // Other answers come within 30 seconds, which a turn may take longer.
        Assert.Equal(TimeSpan.FromHours(1), typeof(IConversationGrain).GetMethod(nameof(IConversationGrain.DeleteAsync))!
            .GetCustomAttribute<ResponseTimeoutAttribute>()!.Timeout);
    }

    [Fact]
    public async Task Cancelling_does_not_wait_for_a_silo_that_is_silent()
    {
        bool isSilent = false;
        TaskCompletionSource maySpeak = new();
        ScriptedClient model = new((_, cancellation) => PausedAsync(Task.Delay(Timeout.Infinite, cancellation), cancellation));
        await using SiloHost silo = await SiloHost.StartAsync(model, (_, silo) => silo.AddIncomingGrainCallFilter(async call =>
        {
            if (isSilent && call.TargetId.Type.ToString() == "retnet-conversation")
                await maySpeak.Task;
            await call.Invoke();
        }));
        using CancellationTokenSource leaving = new();

        OperationCanceledException cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (ChatResponseUpdate _ in silo.Client.GetStreamingResponseAsync("Hello.", cancellationToken: leaving.Token))
            {
                isSilent = true;
                await leaving.CancelAsync();
            }
        });

        Assert.Equal(leaving.Token, cancelled.CancellationToken);
        maySpeak.SetResult();
    }

    [Fact]
    public async Task A_caller_may_use_the_mark_of_kept_turns_for_something_else()
    {
        await using SiloHost silo = await SiloHost.StartAsync(ScriptedClient.Counting());
        ChatOptions options = new() { ConversationId = "c" };
        foreach (string other in (string[])["1", """{"a": 1}""", """{"request": 1}"""])
        {
            ChatMessage message = new(ChatRole.User, "Hello.")
            {
                AdditionalProperties = new() { ["retnet_turn"] = JsonElement.Parse(other) },
            };
            await silo.Client.GetResponseAsync(message, options);
        }

        Assert.Equal("You sent 7 messages.", (await silo.Client.GetResponseAsync("Hello.", options)).Text);
    }

    private static async Task<ChatResponse> ReadAsync(IAsyncEnumerable<TurnUpdate> updates) =>
        await updates.Select(update => update.Read()).ToChatResponseAsync();

    private static async IAsyncEnumerable<ChatResponseUpdate> PausedAsync(
        Task pause, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        yield return new ChatResponseUpdate(ChatRole.Assistant, "begin");
        await pause.WaitAsync(cancellationToken);
        yield return new ChatResponseUpdate(ChatRole.Assistant, "end");
    }
}
