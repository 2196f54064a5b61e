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
        StubTask task = new(async _ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            await Task.Delay(100);
            Interlocked.Decrement(ref running);
        });

        await RunAsync(queue, task, texts: 3);

        Assert.Equal(1, most);
        Assert.All(await ResultsAsync(queue, texts: 3), result => Assert.Contains("\"text\"", result, StringComparison.Ordinal));
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
        await using WorkQueue queue = await WorkQueue.ConnectAsync(NatsAddress.Parse(server.Url, credentialsFile: null), "default");
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

    private static async Task<WorkQueue> SubmitAsync(NatsServer server, params string[] texts)
    {
        WorkQueue queue = await WorkQueue.ConnectAsync(NatsAddress.Parse(server.Url, credentialsFile: null), "default");
        byte[][] messages = [.. texts.Select((text, index) => new WorkText(JsonElement.Parse($"{index + 1}"), text).ToBytes())];
        await queue.CreateAsync(Job(texts.Length), TimeSpan.FromSeconds(30), CancellationToken.None);
        await queue.SubmitAsync(messages, 0, new Progress<long>(), CancellationToken.None);
        await queue.AgreeAsync("model", CancellationToken.None);
        return queue;
    }

    /// <summary>Takes texts, and gives them back without results.</summary>
    private static async Task TakeInVainAsync(WorkQueue queue, int texts, int times)
    {
        INatsJSConsumer consumer = await queue.ConsumerAsync(CancellationToken.None);
        for (int taken = 0; taken < texts * times;)
        {
            List<INatsJSMsg<byte[]>> messages = await WorkQueue.FetchAsync(consumer, texts, CancellationToken.None).ToListAsync();
            foreach (INatsJSMsg<byte[]> message in messages)
                await message.NakAsync();
            taken += messages.Count;
        }
    }

    private static async Task RunAsync(WorkQueue queue, StubTask task, int texts, int limit = 8)
    {
        using Worker worker = new(queue, Job(texts), task, limit, new Progress<long>());
        await worker.RunAsync(CancellationToken.None);
    }

    private static async Task<List<string>> ResultsAsync(WorkQueue queue, int texts) =>
        await queue.ReadResultsAsync(texts, CancellationToken.None).Select(Encoding.UTF8.GetString).ToListAsync();

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
