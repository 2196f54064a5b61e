using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.DependencyInjection;
using RetNet.Extensions.Fuzz.Mutations;

namespace RetNet.Extensions.Fuzz.Readers;

/// <summary>A model's section of an application's configuration: bound, validated, and used.</summary>
internal sealed class ConfigurationReader : Reader
{
    public override string Name => "configuration";

    public override IReadOnlyList<byte[]> Seeds { get; } =
    [
        """
        {"ModelPath":".","Device":"cpu","FallbackToCpu":true,"WeightFormat":"int8","Threads":2,"Policy":"sinks","StateSize":"25%",
        "Sinks":3,"PromptChunk":128,"StateFormat":"bfloat16","ChatTemplate":"{{ messages }}","MaxTokens":12,"Temperature":0.5,"TopP":0.9,
        "TopK":7,"MinP":0.1,"RepetitionPenalty":1.1,"FrequencyPenalty":0.2,"PresencePenalty":0.3,"Seed":42,"StopStrings":["The end"],
        "MaxBatch":3,"MaxQueuedRequests":4,"StateBudgetMegabytes":5000,"KeptStateMegabytes":6}
        """u8.ToArray(),
        """{"ModelPath":".","Device":"auto","GpuDeviceId":0,"RememberConversations":true,"MaxConversations":0}"""u8.ToArray(),
    ];

    public override byte[] Mutate(byte[] input, Mutation mutation) => Json.Mutate(input, mutation);

    public override void Read(byte[] input)
    {
        Dictionary<string, string?> values = [];
        Flatten(JsonElement.Parse(input), "", values);
        using ServiceProvider services = new ServiceCollection()
            .AddRetNet(new ConfigurationBuilder().AddInMemoryCollection(values).Build())
            .BuildServiceProvider();
        RetNetOptions options = services.GetRequiredService<IOptions<RetNetOptions>>().Value;
        _ = options.ToGenerationOptions(new GenerationOptions());
        _ = options.ToSchedulerOptions();
        _ = options.ToLoadOptions();
    }

    public override bool IsRefusal(Exception exception) => exception is OptionsValidationException or JsonException;

    /// <summary>The keys and values that the reader of JSON configurations makes of a document.</summary>
    private static void Flatten(JsonElement element, string path, Dictionary<string, string?> values)
    {
        string separator = path.Length == 0 ? "" : ":";
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                    Flatten(property.Value, path + separator + Text(() => property.Name), values);
                break;
            case JsonValueKind.Array:
                foreach ((int index, JsonElement item) in element.EnumerateArray().Index())
                    Flatten(item, path + separator + index.ToString(CultureInfo.InvariantCulture), values);
                break;
            default:
                values[path] = element.ValueKind == JsonValueKind.Null ? null : Text(() => element.ToString());
                break;
        }
    }

    private static string Text(Func<string> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException exception)
        {
            throw new JsonException("The text is no Unicode.", exception);
        }
    }
}
