using System.Text;
using System.Text.Json;
using NATS.Client.Core;
using NATS.Client.JetStream;
using RetNet.Extensions.Servers;
using RetNet.Extensions.Tool.Work;

namespace RetNet.Extensions.Tool.Tests.Work;

/// <summary>A worker in this process, with a NATS server of its own.</summary>
public sealed class WorkerTests
{
    [ServerFact(NatsServer.Executable)]
    public async Task A_text_that_fails_for_each_worker_is_an_error_with_the_fifth()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        await using WorkQueue queue = await SubmitAsync(server, "good", "bad");
        StubTask task = new(text => text == "bad" ? throw new InvalidOperationException("The device is lost.") : Task.CompletedTask);

        for (int worker = 1; worker < 5; worker++)
            await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(queue, task, texts: 2));
        await RunAsync(queue, task, texts: 2);

        Assert.Equal(
            ["""{"id":1,"text":"good"}""", """{"id":2,"error":"The device is lost."}"""], await ResultsAsync(queue, texts: 2));
    }

    [ServerFact(NatsServer.Executable)]
    public async Task Texts_whose_workers_were_killed_are_computed_alone()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        await using WorkQueue queue = await SubmitAsync(server, "one", "two", "three");
        await TakeInVainAsync(queue, texts: 3, times: 5);
        int running = 0;
        int most = 0;
        int left = -1;
        StubTask task = new(async _ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            if (left < 0)
            {
                // What waited in this worker for its turn would not be there for others.
                List<INatsJSMsg<byte[]>> others = await TakeAsync(queue, texts: 2);
                left = others.Count;
                await GiveBackAsync(others);
            }

            Interlocked.Decrement(ref running);
        });

        await RunAsync(queue, task, texts: 3);

        Assert.Equal((1, 2), (most, left));
        Assert.All(await ResultsAsync(queue, texts: 3), result => Assert.Contains("\"text\"", result, StringComparison.Ordinal));
    }

    [ServerFact(NatsServer.Executable)]
    public async Task A_text_that_ends_its_worker_takes_none_along_into_its_error()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        await using WorkQueue queue = await SubmitAsync(server, "one", "two", "three", "killer", "ordinary");
        await TakeInVainAsync(queue, texts: 4, times: 8);
        List<INatsJSMsg<byte[]>> elsewhere = await TakeAsync(queue, texts: 4);
        using CancellationTokenSource end = new();

        // A worker that has taken an ordinary text finds the others, the killer first, each for the last time.
        await Assert.ThrowsAnyAsync<Exception>(WorkAsync);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(WorkAsync);

        Assert.All(await ResultsAsync(queue, texts: 3), result => Assert.Contains("\"text\"", result, StringComparison.Ordinal));

        async Task WorkAsync()
        {
            await using WorkQueue own = await ConnectAsync(server);
            StubTask task = new(async text =>
            {
                if (text == "ordinary")
                    await GiveBackAsync(elsewhere.AsEnumerable().Reverse());
                if (text != "killer")
                    return;

                // The server hears no more of the worker.
                await own.DisposeAsync();
                throw new InvalidOperationException("The process has ended.");
            });
            using Worker worker = new(own, Job(texts: 5), task, limit: 8, new AllButOne(end));
            await worker.RunAsync(end.Token);
        }
    }

    [ServerFact(NatsServer.Executable)]
    public async Task A_text_whose_workers_were_always_killed_is_an_error_and_not_computed()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        await using WorkQueue queue = await SubmitAsync(server, "one");
        await TakeInVainAsync(queue, texts: 1, times: 10);
        StubTask task = new(_ => throw new InvalidOperationException("It is computed."));

        await RunAsync(queue, task, texts: 1);

        string result = Assert.Single(await ResultsAsync(queue, texts: 1));
        Assert.StartsWith("""{"id":1,"error":"The text was taken 11 times""", result, StringComparison.Ordinal);
    }

    [ServerFact(NatsServer.Executable)]
    public async Task A_message_that_is_no_text_is_an_error()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        await using WorkQueue queue = await ConnectAsync(server);
        await queue.CreateAsync(Job(texts: 1), TimeSpan.FromSeconds(30), CancellationToken.None);
        await queue.AgreeAsync("model", CancellationToken.None);
        await using (NatsConnection connection = new(new NatsOpts { Url = server.Url }))
            await new NatsJSContext(connection).PublishAsync("retnet.work.default.texts", "no text");

        await RunAsync(queue, new StubTask(_ => Task.CompletedTask), texts: 1);

        Assert.StartsWith(
            """{"id":1,"error":"The message in the job""", Assert.Single(await ResultsAsync(queue, texts: 1)), StringComparison.Ordinal);
    }

    [ServerFact(NatsServer.Executable)]
    public async Task A_worker_ends_when_nothing_hands_out_texts_any_more()
    {
        await using NatsServer server = await NatsServer.StartAsync();
        await using WorkQueue queue = await SubmitAsync(server, "one", "two");
        await using NatsConnection connection = new(new NatsOpts { Url = server.Url });
        StubTask task = new(async _ =>
            await new NatsJSContext(connection).DeleteConsumerAsync("retnet-work-default-texts", "workers"));

        CommandException error = await Assert.ThrowsAsync<CommandException>(
            () => RunAsync(queue, task, texts: 2, limit: 1).WaitAsync(TimeSpan.FromMinutes(1)));

        Assert.Contains("'default' is not there, or not whole", error.Message, StringComparison.Ordinal);
    }

    private static WorkJob Job(int texts) => new(WorkJob.ScoreTask, texts, "");

    private static Task<WorkQueue> ConnectAsync(NatsServer server) =>
        WorkQueue.ConnectAsync(NatsAddress.Parse(server.Url, credentialsFile: null), "default");

    private static async Task<WorkQueue> SubmitAsync(NatsServer server, params string[] texts)
    {
        WorkQueue queue = await ConnectAsync(server);
        byte[][] messages = [.. texts.Select((text, index) => new WorkText(JsonElement.Parse($"{index + 1}"), text).ToBytes())];
        await queue.CreateAsync(Job(texts.Length), TimeSpan.FromSeconds(30), CancellationToken.None);
        await queue.SubmitAsync(messages, 0, new Progress<long>(), CancellationToken.None);
        await queue.AgreeAsync("model", CancellationToken.None);
        return queue;
    }

    /// <summary>Takes each of the first texts, and gives it back without a result, a number of times.</summary>
    private static async Task TakeInVainAsync(WorkQueue queue, int texts, int times)
    {
        for (int time = 0; time < times; time++)
            await GiveBackAsync(await TakeAsync(queue, texts));
    }

    /// <exception cref="OperationCanceledException">The job had not so many for a minute.</exception>
    private static async Task<List<INatsJSMsg<byte[]>>> TakeAsync(WorkQueue queue, int texts)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(1));
        INatsJSConsumer consumer = await queue.ConsumerAsync(limit.Token);
        List<INatsJSMsg<byte[]>> taken = [];
        while (taken.Count < texts)
        {
            limit.Token.ThrowIfCancellationRequested();
            taken.AddRange(await WorkQueue.FetchAsync(consumer, texts - taken.Count, limit.Token).ToListAsync());
        }

        return taken;
    }

    private static async Task GiveBackAsync(IEnumerable<INatsJSMsg<byte[]>> texts)
    {
        foreach (INatsJSMsg<byte[]> text in texts)
            await text.NakAsync();
    }

    private static async Task RunAsync(WorkQueue queue, StubTask task, int texts, int limit = 8)
    {
        using Worker worker = new(queue, Job(texts), task, limit, new Progress<long>());
        await worker.RunAsync(CancellationToken.None);
    }

    private static async Task<List<string>> ResultsAsync(WorkQueue queue, int texts) =>
        await queue.ReadResultsAsync(texts, CancellationToken.None).Select(Encoding.UTF8.GetString).ToListAsync();

    /// <summary>Ends the work when four texts have results.</summary>
    private sealed class AllButOne(CancellationTokenSource end) : IProgress<long>
    {
        public void Report(long value)
        {
            if (value == 4)
                end.Cancel();
        }
    }

    /// <summary>Gives texts back as their results, once it has done something.</summary>
    private sealed class StubTask(Func<string, Task> before) : ITextTask
    {
        public IReadOnlyList<string> Settings => [];

        public async Task<Action<Utf8JsonWriter>> ComputeAsync(string text, CancellationToken cancellation)
        {
            await before(text);
            return json => json.WriteString("text", text);
        }

        public void Dispose()
        {
        }
    }
}
