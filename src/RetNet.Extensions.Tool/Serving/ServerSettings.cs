using RetNet.Extensions.AspNetCore;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Adapters;
using RetNet.Extensions.DependencyInjection;

namespace RetNet.Extensions.Tool.Serving;

/// <summary>What <c>retnet serve</c> serves, where, and with which memory.</summary>
internal sealed record ServerSettings
{
    public required IReadOnlyList<string> Models { get; init; }

    /// <summary>Addresses with semicolons between.</summary>
    public required string Urls { get; init; }

    public required ModelLoadOptions Load { get; init; }

    public required StateOptions State { get; init; }

    public string? ApiKeyFile { get; init; }

    /// <summary>The folder of conversations; null keeps the latest ones in memory.</summary>
    public string? Sessions { get; init; }

    /// <summary>How long after its last turn a conversation in <see cref="Sessions"/> is forgotten; null for never.</summary>
    public TimeSpan? SessionExpiry { get; init; }

    public int? MaxBatch { get; init; }

    public int? MaxQueue { get; init; }

    /// <summary>The most tokens of an answer; 0 for any number, null for the host's default.</summary>
    public int? MaxOutput { get; init; }

    public int? StateBudgetMegabytes { get; init; }

    /// <summary>Sets the options of the host.</summary>
    public void Apply(RetNetOpenAIOptions host)
    {
        host.ApiKeyFile = ApiKeyFile;
        if (MaxOutput is { } most)
            host.MaxOutputTokens = most > 0 ? most : null;
    }

    /// <summary>Sets the options of a model.</summary>
    public void Apply(string path, RetNetOptions model)
    {
        model.ModelPath = Path.GetFullPath(path);
        model.Device = Load.Device.ToString();
        model.WeightFormat = Load.WeightFormat;
        model.Threads = Load.Threads;
        foreach (ModelAdapter adapter in Load.Adapters)
        {
            model.Adapters.Add(new RetNetAdapterOptions
            {
                Path = Path.GetFullPath(adapter.Path),
                Scale = adapter.Scale,
                Merge = adapter.IsMerged,
            });
        }

        model.Policy = State.Policy.Name;
        model.StateSize = State.Policy.Size.IsUnbounded ? null : State.Policy.Size.ToString();
        model.Sinks = State.Policy.Rule?.First ?? model.Sinks;
        model.StateFormat = State.Format;
        model.MaxBatch = MaxBatch ?? model.MaxBatch;
        model.MaxQueuedRequests = MaxQueue ?? model.MaxQueuedRequests;
        model.StateBudgetMegabytes = StateBudgetMegabytes;
    }
}
