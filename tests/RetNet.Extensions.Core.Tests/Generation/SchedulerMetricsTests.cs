using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;

namespace RetNet.Extensions.Core.Tests.Generation;

/// <summary>Runs apart from other tests, whose schedulers would be counted.</summary>
[Collection(nameof(MemoryTests))]
public sealed class SchedulerMetricsTests
{
    [Fact]
    public async Task Waiting_and_running_requests_bytes_of_states_and_tokens_are_counted()
    {
        ConcurrentDictionary<string, long> sums = [];
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == "RetNet.Extensions.Generation")
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => sums.AddOrUpdate(instrument.Name, value,
            (_, sum) => sum + value));
        listener.Start();
        using SyntheticModel llama = SyntheticModel.Llama();
        using GatePolicy gate = new();
        BatchScheduler scheduler = new(llama.Model, options: new() { MaxBatch = 1 });
        using ScheduledGeneration running = await scheduler.EnqueueAsync(gate.Request(maxTokens: 3));
        Assert.True(gate.Inside.Wait(TimeSpan.FromSeconds(30)));
        using ScheduledGeneration waiting = await scheduler.EnqueueAsync(gate.Request(maxTokens: 3));

        Assert.Equal((1, 1, scheduler.ReservedStateBytes),
            (sums["retnet.scheduler.queued"], sums["retnet.scheduler.running"], sums["retnet.scheduler.state"]));
        gate.Open.Set();
        await waiting.Result;
        await scheduler.DisposeAsync();

        Assert.Equal((0, 0, 0), (sums["retnet.scheduler.queued"], sums["retnet.scheduler.running"], sums["retnet.scheduler.state"]));

        // Two prompts of two tokens, and two of the three generated tokens of each.
        Assert.Equal(8, sums["retnet.scheduler.tokens"]);
    }

    [Fact]
    public async Task Guessed_tokens_are_counted()
    {
        ConcurrentDictionary<string, long> sums = [];
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name is "retnet.scheduler.tokens" or "retnet.scheduler.drafted" or "retnet.scheduler.accepted")
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => sums.AddOrUpdate(instrument.Name, value,
            (_, sum) => sum + value));
        listener.Start();
        using SyntheticModel llama = SyntheticModel.Llama();
        await using BatchScheduler scheduler = new(llama.Model);
        int[] prompt = [.. Enumerable.Repeat<int[]>([3, 14, 15, 9, 26, 5], 8).SelectMany(tokens => tokens)];

        GenerationResult result = (await scheduler.GenerateAsync(
            [new GenerationRequest(prompt, new GenerationOptions { MaxTokens = 100, StopTokens = [], PromptLookupTokens = 8 })]))[0];

        Assert.InRange(result.AcceptedTokens, 1, result.DraftedTokens);
        Assert.Equal((result.DraftedTokens, result.AcceptedTokens),
            (sums["retnet.scheduler.drafted"], sums["retnet.scheduler.accepted"]));
        Assert.Equal(prompt.Length + 99, sums["retnet.scheduler.tokens"]);
    }

    [Fact]
    public async Task States_are_counted_by_what_holds_them()
    {
        ConcurrentDictionary<(string Name, object? Holder), long> sums = [];
        using MeterListener listener = new()
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name is "retnet.scheduler.states" or "retnet.scheduler.state")
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            sums.AddOrUpdate((instrument.Name, tags[0].Value), value, (_, sum) => sum + value));
        listener.Start();
        using SyntheticModel llama = SyntheticModel.Llama();
        BatchScheduler scheduler = new(llama.Model);
        using ScheduledGeneration generation = await scheduler.EnqueueAsync(
            new GenerationRequest(SyntheticModel.Tokens(20), new GenerationOptions { MaxTokens = 3, StopTokens = [] })
            {
                KeepFor = this,
                PrefixLength = 10,
            });
        await generation.Result;

        Assert.Equal((0, 1, 1), (Sum("states", "sequence"), Sum("states", "conversation"), Sum("states", "prefix")));
        Assert.Equal(scheduler.KeptStateBytes, Sum("state", "conversation") + Sum("state", "prefix"));
        await scheduler.DisposeAsync();
        Assert.All(sums.Values, sum => Assert.Equal(0, sum));

        long Sum(string instrument, string holder) => sums[($"retnet.scheduler.{instrument}", holder)];
    }
}
