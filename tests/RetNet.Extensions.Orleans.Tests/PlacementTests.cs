using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Runtime.Placement;
using RetNet.Extensions.AI;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Checkpoints;
using RetNet.Extensions.DependencyInjection;
using RetNet.Extensions.Orleans.Conversations;
using RetNet.Extensions.Orleans.Placement;

namespace RetNet.Extensions.Orleans.Tests;

/// <summary>Where conversations are placed, and what happens when there is no room for more.</summary>
public sealed class PlacementTests : IDisposable
{
    private readonly TaskCompletionSource _mayEnd = new();
    private readonly ScriptedClient _counting = ScriptedClient.Counting();

    public void Dispose()
    {
        _mayEnd.TrySetResult();
        _counting.Dispose();
    }

    [Fact]
    public async Task A_conversation_that_rests_gives_its_place_away_and_goes_on_later()
    {
        await using SiloHost silo = await SiloHost.StartAsync(_counting, options: options => options.MaxConversations = 2);

        for (int turn = 0; turn < 2; turn++)
        {
            foreach (string id in (string[])["a", "b", "c"])
            {
                ChatResponse answer = await silo.Client.GetResponseAsync("Hello.", new() { ConversationId = id });

                Assert.Equal($"You sent {2 * turn + 1} messages.", answer.Text);
            }
        }
    }

    [Fact]
    public async Task A_full_cluster_says_so()
    {
        using ScriptedClient model = WaitingClient();
        await using SiloHost silo = await SiloHost.StartAsync(model, options: options => options.MaxConversations = 2);
        Task<ChatResponse>[] answers = [Ask(silo, "a"), Ask(silo, "b")];
        await Waiting.UntilAsync(() => model.Requests.Count == 2);

        ClusterFullException error = await Assert.ThrowsAsync<ClusterFullException>(() => Ask(silo, "c"));
        _mayEnd.SetResult();
        await Task.WhenAll(answers);
        ChatResponse third = await Ask(silo, "c");

        Assert.Equal((1, 2), (error.Silos, error.Capacity));
        Assert.IsType<QueueFullException>(error, exactMatch: false);
        Assert.Contains("have room for 2 conversations", error.Message, StringComparison.Ordinal);
        Assert.Equal("done", third.Text);
    }

    [Fact]
    public async Task Conversations_go_where_there_is_room()
    {
        using ScriptedClient small = WaitingClient();
        using ScriptedClient large = WaitingClient();
        await using SiloHost first = await SiloHost.StartAsync(small, options: options => options.MaxConversations = 1);
        await using SiloHost second = await SiloHost.StartAsync(large, options: options => options.MaxConversations = 3, joins: first);
        await Waiting.UntilAsync(() => KnowsTwo(first) && KnowsTwo(second));

        Task<ChatResponse>[] answers = [.. Enumerable.Range(0, 4).Select(number => Ask(first, $"conversation-{number}"))];
        await Waiting.UntilAsync(() => small.Requests.Count + large.Requests.Count == 4 || answers.Any(answer => answer.IsFaulted));
        ClusterFullException error = await Assert.ThrowsAsync<ClusterFullException>(() => Ask(second, "one-more"));
        _mayEnd.SetResult();
        await Task.WhenAll(answers);

        Assert.Equal((2, 4), (error.Silos, error.Capacity));
        Assert.Single(small.Requests);
        Assert.Equal(3, large.Requests.Count);
    }

    [Fact]
    public async Task A_silo_without_a_model_gets_no_conversations_and_hinders_none()
    {
        await using SiloHost first = await SiloHost.StartAsync(_counting);
        await using SiloHost second = await SiloHost.StartAsync(
            (host, silo) =>
            {
                silo.AddRetNetConversations(options => options.ServiceId = "missing");
                host.Services.AddRetNetClusterChatClient();
            },
            joins: first);
        await Waiting.UntilAsync(() => KnowsTwo(first) && KnowsTwo(second));

        for (int number = 0; number < 4; number++)
        {
            foreach (SiloHost silo in (SiloHost[])[first, second])
                Assert.Equal("You sent 1 messages.", (await silo.Client.GetResponseAsync("Hello.")).Text);
        }
    }

    [Fact]
    public async Task A_silo_that_does_not_say_how_much_room_it_has_is_not_waited_for()
    {
        TaskCompletionSource mayAnswer = new();
        using ScriptedClient hanging = new((_, _) => throw new InvalidOperationException("It hangs."))
        {
            BeforeService = () => mayAnswer.Task.Wait(TimeSpan.FromMinutes(1)),
        };
        ManualTime time = new();
        await using SiloHost first = await SiloHost.StartAsync(_counting, (host, _) =>
            host.Services.AddKeyedSingleton<IPlacementDirector>(typeof(ConversationPlacement), (services, _) =>
                ActivatorUtilities.CreateInstance<ConversationPlacementDirector>(services, time)));
        await using SiloHost second = await SiloHost.StartAsync(hanging, joins: first);
        await Waiting.UntilAsync(() => KnowsTwo(first) && KnowsTwo(second));
        using ClusterChatClient impatient = new(first.Cluster, new ClusterChatClientOptions
        {
            RetryFor = TimeSpan.Zero,
            SilenceLimit = TimeSpan.FromMinutes(1),
        });

        Task<ChatResponse> answer = impatient.GetResponseAsync("Hello.");
        await Waiting.UntilAsync(() => time.IsWaitedFor(TimeSpan.FromSeconds(1)));
        time.Elapsed = TimeSpan.FromSeconds(1);

        Assert.Equal("You sent 1 messages.", (await answer).Text);
        mayAnswer.SetResult();
    }

    [Fact]
    public async Task A_load_that_failed_is_not_begun_again_by_each_conversation()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("model");
        try
        {
            using SharedModel model = new(new RetNetOptions { ModelPath = folder.FullName });
            using RetNetChatClient client = new(model);
            await using ServiceProvider services = new ServiceCollection().AddSingleton<IChatClient>(client).BuildServiceProvider();
            ManualTime time = new();
            ConversationSilo silo = new(services, Options.Create(new RetNetConversationOptions()), time);
            await Assert.ThrowsAsync<CheckpointException>(() => silo.GetCapacityAsync().AsTask());
            foreach (string file in Directory.EnumerateFiles(Models.PathOf("retnet-tinystories")))
                File.Copy(file, Path.Combine(folder.FullName, Path.GetFileName(file)));

            await Assert.ThrowsAsync<CheckpointException>(() => silo.GetCapacityAsync().AsTask());
            time.Elapsed = TimeSpan.FromSeconds(10);

            Assert.InRange(await silo.GetCapacityAsync(), 1, int.MaxValue);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task As_many_conversations_fit_as_states_into_the_memory()
    {
        using TextModel model = Models.Load("retnet-tinystories");
        using IChatClient client = Models.Client(model);
        await using SiloHost silo = await SiloHost.StartAsync(client, options: options => options.MemoryMegabytes = 10);

        int capacity = await silo.Services.GetRequiredService<ConversationSilo>().GetCapacityAsync();

        Assert.Equal((10 << 20) / model.Model.StateBytes(null, 1), capacity);
    }

    [Fact]
    public async Task A_conversation_leaves_the_memory_after_the_idle_time()
    {
        await using SiloHost silo = await SiloHost.StartAsync(_counting, options: options => options.IdleTime = TimeSpan.FromMinutes(3));

        GrainCollectionOptions collection = silo.Services.GetRequiredService<IOptions<GrainCollectionOptions>>().Value;

        Assert.Equal(TimeSpan.FromMinutes(3), collection.ClassSpecificCollectionAge[typeof(ConversationGrain).FullName!]);
    }

    [Fact]
    public async Task An_idle_time_that_is_too_short_for_Orleans_is_named()
    {
        OptionsValidationException error = await Assert.ThrowsAsync<OptionsValidationException>(
            () => SiloHost.StartAsync(_counting, options: options => options.IdleTime = TimeSpan.FromMinutes(1)));

        Assert.Contains("IdleTime is too short; expected more than 1 minute.", error.Message, StringComparison.Ordinal);
    }

    private static bool KnowsTwo(SiloHost silo) => silo.Services.GetRequiredService<IClusterManifestProvider>().Current.Silos.Count == 2;

    private static Task<ChatResponse> Ask(SiloHost silo, string id) =>
        silo.Client.GetResponseAsync("Hello.", new() { ConversationId = id });

    private ScriptedClient WaitingClient()
    {
        return new ScriptedClient((_, _) => AnswerAsync());

        async IAsyncEnumerable<ChatResponseUpdate> AnswerAsync()
        {
            await _mayEnd.Task;
            yield return new ChatResponseUpdate(ChatRole.Assistant, "done");
        }
    }
}
