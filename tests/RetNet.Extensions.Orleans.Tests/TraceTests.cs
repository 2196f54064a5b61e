using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.Orleans.Tests;

/// <summary>What Orleans tells of calls to those who trace them.</summary>
public sealed class TraceTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_is_cancelled_or_fails_ends_its_trace(bool isCancelled)
    {
        using CancellationTokenSource cancellation = new();
        using ScriptedClient model = new((_, token) => AnswerAsync(token));
        ConcurrentDictionary<Activity, bool> open = [];
        int begun = 0;
        using Activity test = new Activity("test").Start();
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => source.Name == "Microsoft.Orleans.Application",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = activity =>
            {
                if (activity.TraceId == test.TraceId && open.TryAdd(activity, true))
                    Interlocked.Increment(ref begun);
            },
            ActivityStopped = activity => open.TryRemove(activity, out _),
        };
        ActivitySource.AddActivityListener(listener);
        await using SiloHost silo = await SiloHost.StartAsync(model);

        await Assert.ThrowsAnyAsync<Exception>(() => silo.Client.GetResponseAsync("Hello.", cancellationToken: cancellation.Token));

        Assert.True(begun > 0);
        await Waiting.UntilAsync(() => open.IsEmpty);

        async IAsyncEnumerable<ChatResponseUpdate> AnswerAsync([EnumeratorCancellation] CancellationToken token)
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, "Well");
            if (!isCancelled)
                throw new InvalidOperationException("The device is lost.");
            await cancellation.CancelAsync();
            await Task.Delay(Timeout.Infinite, token);
        }
    }
}
