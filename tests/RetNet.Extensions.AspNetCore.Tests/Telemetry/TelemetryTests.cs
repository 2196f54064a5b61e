using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using RetNet.Extensions.AspNetCore.Telemetry;

namespace RetNet.Extensions.AspNetCore.Tests.Telemetry;

public sealed class TelemetryTests
{
    private const string Chat = "/v1/chat/completions";

    [Fact]
    public async Task Requests_are_measured_by_the_conventions()
    {
        ConcurrentQueue<(string Instrument, double Value, Dictionary<string, object?> Tags)> measured = [];
        await using TestHost host = await TestHost.StartAsync(Models.RetNet);
        using MeterListener listener = Listen(host, measured);
        const string request = """{"messages": [{"role": "user", "content": "a"}], "max_tokens": 4""";
        await host.StreamAsync(Chat, request + ", \"stream\": true}");
        await host.PostAsync("/v1/embeddings", """{"input": "a"}""");
        await host.PostAsync(Chat, request + ", \"json_schema\": {\"$ref\": \"#/nowhere\"}}");
        await Eventually.TrueAsync(() => measured.Count(entry => entry.Instrument == "gen_ai.server.request.duration") == 3);
        Dictionary<string, object?> tags = measured.First(entry => entry.Instrument == "gen_ai.server.time_to_first_token").Tags;
        Assert.Equal("chat", tags["gen_ai.operation.name"]);
        Assert.Equal("retnet", tags["gen_ai.provider.name"]);
        Assert.Equal("retnet-tinystories", tags["gen_ai.request.model"]);
        Assert.Equal("retnet-tinystories", tags["gen_ai.response.model"]);
        Assert.Single(measured, entry => entry.Instrument == "gen_ai.server.time_per_output_token");
        Assert.All(measured, entry => Assert.True(entry.Value >= 0));
        Assert.Contains(measured, entry => entry.Tags["gen_ai.operation.name"] is "embeddings");
        Assert.Single(measured, entry => entry.Tags.ContainsKey("error.type"));
    }

    [Fact]
    public async Task Traces_have_the_request_and_none_of_its_content()
    {
        ConcurrentQueue<Activity> ended = [];
        using ActivityListener listener = new()
        {
            ShouldListenTo = source => RetNetTelemetry.ActivitySources.Contains(source.Name),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        await using TestHost host = await TestHost.StartAsync(new ScriptedClient("a-traced-model"));
        await host.PostAsync(Chat, """{"messages": [{"role": "user", "content": "private"}], "temperature": 0.5, "max_tokens": 4}""");
        await Eventually.TrueAsync(() => ended.Any(activity => activity.DisplayName == "chat a-traced-model"));
        Activity trace = ended.First(activity => activity.DisplayName == "chat a-traced-model");
        Dictionary<string, object?> tags = trace.TagObjects.ToDictionary(tag => tag.Key, tag => tag.Value);
        Assert.Equal(0.5f, tags["gen_ai.request.temperature"]);
        Assert.Equal(4, tags["gen_ai.request.max_tokens"]);
        Assert.StartsWith("chatcmpl-", (string?)tags["gen_ai.response.id"], StringComparison.Ordinal);
        Assert.DoesNotContain(tags.Values, value => value is string text && text.Contains("private", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_continued_text_is_measured_from_its_encoding_on()
    {
        ConcurrentQueue<(string Instrument, double Value, Dictionary<string, object?> Tags)> measured = [];
        using UnnamedTokensModel unnamed = new();
        await using TestHost host = await TestHost.StartAsync(unnamed.Model);
        using MeterListener listener = Listen(host, measured);

        await host.PostAsync("/v1/completions", """{"prompt": ""}""");

        await Eventually.TrueAsync(() => !measured.IsEmpty);
        Dictionary<string, object?> tags = Assert.Single(measured).Tags;
        Assert.Equal("text_completion", tags["gen_ai.operation.name"]);
        Assert.True(tags.ContainsKey("error.type"));
    }

    private static MeterListener Listen(
        TestHost host, ConcurrentQueue<(string Instrument, double Value, Dictionary<string, object?> Tags)> measured)
    {
        object scope = host.App.Services.GetRequiredService<IMeterFactory>();
        MeterListener listener = new()
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Name == RetNetTelemetry.HostName && instrument.Meter.Scope == scope)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
            measured.Enqueue((instrument.Name, value, tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value))));
        listener.Start();
        return listener;
    }
}
