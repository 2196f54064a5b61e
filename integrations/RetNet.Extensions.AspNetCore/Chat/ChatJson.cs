using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;

namespace RetNet.Extensions.AspNetCore.Chat;

/// <summary>Writes what answers and streams have in common.</summary>
internal static class ChatJson
{
    /// <summary>The count of a usage that has the bytes of the state.</summary>
    public const string StateBytes = "state_bytes";

    private static readonly JsonTypeInfo<IDictionary<string, object?>> ArgumentsType =
        (JsonTypeInfo<IDictionary<string, object?>>)new JsonSerializerOptions(AIJsonUtilities.DefaultOptions)
        {
            WriteIndented = false,
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        }.GetTypeInfo(typeof(IDictionary<string, object?>));

    /// <summary>The arguments of a call as the text of a JSON object.</summary>
    public static string Arguments(FunctionCallContent call) =>
        call.Arguments is { } arguments ? JsonSerializer.Serialize(arguments, ArgumentsType) : "{}";

    /// <summary>Why an answer ended, as OpenAI calls it.</summary>
    /// <param name="reason">What the client says; null for nothing.</param>
    /// <param name="hasCalls">Whether the caller is asked to call functions.</param>
    public static string FinishReason(ChatFinishReason? reason, bool hasCalls) => reason == ChatFinishReason.Length ? "length"
        : hasCalls ? "tool_calls"
        : reason == ChatFinishReason.ContentFilter ? "content_filter"
        : "stop";

    /// <summary>Writes a call of a function.</summary>
    public static void WriteCall(Utf8JsonWriter json, FunctionCallContent call, int? index = null)
    {
        json.WriteStartObject();
        if (index is { } place)
            json.WriteNumber("index"u8, place);
        json.WriteString("id"u8, call.CallId);
        json.WriteString("type"u8, "function"u8);
        json.WriteStartObject("function"u8);
        json.WriteString("name"u8, call.Name);
        json.WriteString("arguments"u8, Arguments(call));
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Writes the usage; null if it is not known.</summary>
    public static void WriteUsage(Utf8JsonWriter json, UsageDetails? usage)
    {
        json.WritePropertyName("usage"u8);
        if (usage is null)
        {
            json.WriteNullValue();
            return;
        }

        long prompt = usage.InputTokenCount ?? 0;
        long completion = usage.OutputTokenCount ?? 0;
        json.WriteStartObject();
        json.WriteNumber("prompt_tokens"u8, prompt);
        json.WriteNumber("completion_tokens"u8, completion);
        json.WriteNumber("total_tokens"u8, prompt + completion);
        json.WriteStartObject("prompt_tokens_details"u8);
        json.WriteNumber("cached_tokens"u8, usage.CachedInputTokenCount ?? 0);
        json.WriteEndObject();
        json.WriteStartObject("completion_tokens_details"u8);
        json.WriteNumber("reasoning_tokens"u8, usage.ReasoningTokenCount ?? 0);
        json.WriteEndObject();
        if (usage.AdditionalCounts?.TryGetValue(StateBytes, out long stateBytes) == true)
        {
            json.WriteStartObject("retnet"u8);
            json.WriteNumber(StateBytes, stateBytes);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>Puts the bytes of the state into the usage, beside which models of this library tell them.</summary>
    /// <param name="usage">The usage; null if it is not known.</param>
    /// <param name="properties">Those of a response, or of an update.</param>
    public static void AddState(UsageDetails? usage, AdditionalPropertiesDictionary? properties)
    {
        long? bytes = properties?.GetValueOrDefault(StateBytes) switch
        {
            long count => count,
            JsonElement { ValueKind: JsonValueKind.Number } json when json.TryGetInt64(out long count) => count,
            _ => null,
        };
        if (usage is not null && bytes is { } known)
            (usage.AdditionalCounts ??= [])[StateBytes] = known;
    }

    /// <summary>Adds the usage of a further answer to the same prompt, which counts once.</summary>
    public static UsageDetails? Add(UsageDetails? all, UsageDetails? answer)
    {
        if (all is null || answer is null)
            return all ?? answer;
        UsageDetails sum = new();
        sum.Add(all);
        sum.Add(answer);
        sum.InputTokenCount = all.InputTokenCount;
        sum.CachedInputTokenCount = all.CachedInputTokenCount;
        return sum;
    }
}
