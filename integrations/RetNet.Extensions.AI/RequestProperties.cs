using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.AI;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.AI;

/// <summary>Reads options that have no property of their own in <see cref="ChatOptions"/>; numbers and truth values may also come as JSON
/// or text.</summary>
internal sealed partial class RequestProperties(AdditionalPropertiesDictionary? properties)
{
    public const string MinPKey = "min_p";
    public const string RepetitionPenaltyKey = "repetition_penalty";
    public const string GrammarKey = "grammar";
    public const string RegexKey = "regex";
    public const string JsonSchemaKey = "json_schema";
    public const string LogProbsKey = "logprobs";
    public const string PromptLogProbsKey = "prompt_logprobs";

    /// <summary>Set by a <c>ConversationTurn</c>: its <c>TurnState</c>.</summary>
    public const string TurnKey = "retnet_turn";

    /// <summary>Set by <c>SharePrompt</c>: the <c>SharedPrompt</c>.</summary>
    public const string PromptKey = "retnet_prompt";

    public const string RefuseWhenBusyKey = "refuse_when_busy";

    /// <summary>Set by <c>UsePlaces</c>: the <c>SchedulerPlaces</c>.</summary>
    public const string PlacesKey = "retnet_places";

    private const string IncludeStateKey = "include_state";
    private const string MaxPromptTokensKey = "max_prompt_tokens";
    private const string MaxOutputTokensKey = "max_output_tokens";
    private const string LogitBiasKey = "logit_bias";
    private const string TopLogProbsKey = "top_logprobs";
    private const string PolicyKey = "policy";
    private const string StateSizeKey = "state_size";
    private const string SinksKey = "sinks";
    private const string PromptChunkKey = "prompt_chunk";
    private const string AdapterKey = "adapter";
    private const string PromptLookupTokensKey = "prompt_lookup_tokens";

    private static readonly JsonSerializerOptions Json = new(AIJsonUtilities.DefaultOptions)
    {
        NumberHandling = JsonNumberHandling.AllowReadingFromString | JsonNumberHandling.AllowNamedFloatingPointLiterals,
        TypeInfoResolver = JsonTypeInfoResolver.Combine(AIJsonUtilities.DefaultOptions.TypeInfoResolver, ReadTypes.Default),
    };

    private static readonly HashSet<string> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        MinPKey, RepetitionPenaltyKey, LogitBiasKey, PolicyKey, StateSizeKey, SinksKey, PromptChunkKey, AdapterKey, GrammarKey, RegexKey,
        JsonSchemaKey, RefuseWhenBusyKey, LogProbsKey, PromptLogProbsKey, TopLogProbsKey, IncludeStateKey, MaxPromptTokensKey, TurnKey,
        PromptKey, PromptLookupTokensKey, MaxOutputTokensKey, PlacesKey,
    };

    private static readonly HashSet<string> KnownOfEmbeddings =
        new(StringComparer.OrdinalIgnoreCase) { RefuseWhenBusyKey, MaxPromptTokensKey };

    /// <summary>The keys that mean nothing to a chat client.</summary>
    public IEnumerable<string> Unknown => properties?.Keys.Where(key => !Known.Contains(key)) ?? [];

    /// <summary>The keys that mean nothing to an embedding generator.</summary>
    public IEnumerable<string> UnknownToEmbeddings => properties?.Keys.Where(key => !KnownOfEmbeddings.Contains(key)) ?? [];

    /// <summary>Whether a request is refused when the queue is full, instead of waiting for a place.</summary>
    public bool RefusesWhenBusy() => Flag(RefuseWhenBusyKey) ?? false;

    /// <summary>Whether the updates tell how the state grows.</summary>
    public bool IncludesState() => Flag(IncludeStateKey) ?? false;

    /// <summary>The most tokens that the prompt may have; null for any number.</summary>
    public int? MaxPromptTokens() => Read<int?>(MaxPromptTokensKey, "a number of tokens");

    /// <summary>The most tokens that are generated, whatever else is asked for; null for any number.</summary>
    public int? MaxOutputTokens() => Read<int?>(MaxOutputTokensKey, "a number of tokens");

    /// <summary><c>GenerationOptions.PromptLookupTokens</c>.</summary>
    public int? PromptLookupTokens() => Read<int?>(PromptLookupTokensKey, "a number of tokens");

    /// <summary>What <c>logprobs</c> and <c>top_logprobs</c> say of <c>GenerationOptions.TopLogProbs</c>.</summary>
    public int? TopLogProbs(int? start)
    {
        bool? wanted = Flag(LogProbsKey);
        int? top = Read<int?>(TopLogProbsKey, "a number of tokens");
        if (top is not null && wanted != true)
        {
            throw new ArgumentException(
                $"AdditionalProperties[\"{TopLogProbsKey}\"] is {top}; expected it only where \"{LogProbsKey}\" is true.");
        }

        return wanted is null ? start : wanted.Value ? top ?? 0 : null;
    }

    /// <summary><c>GenerationOptions.PromptLogProbs</c>.</summary>
    public bool PromptLogProbs() => Flag(PromptLogProbsKey) ?? false;

    public float? Number(string key) => Read<float?>(key, "a number");

    public IReadOnlyDictionary<int, float>? LogitBias() => Read<Dictionary<int, float>>(LogitBiasKey, "token ids with their biases");

    /// <summary>The state options with the values of <c>policy</c>, <c>state_size</c>, <c>sinks</c>, <c>prompt_chunk</c> and
    /// <c>adapter</c>, of which an empty text stands for none.</summary>
    public StateOptions State(StateOptions start)
    {
        int? chunk = Read<int?>(PromptChunkKey, "a number of tokens");
        if (chunk < 0)
            throw new ArgumentException($"AdditionalProperties[\"{PromptChunkKey}\"] is {chunk}; expected 0 (whole) or more.");
        string? adapter = Text(AdapterKey) ?? start.Adapter;
        return start with
        {
            Policy = Policy(start.Policy),
            PromptChunk = chunk ?? start.PromptChunk,
            Adapter = adapter is "" ? null : adapter,
        };
    }

    /// <summary>The value of a key as text; null where there is none.</summary>
    public string? Text(string key) => properties?.TryGetValue(key, out object? value) == true && value is not null
        ? Convert.ToString(value, CultureInfo.InvariantCulture)
        : null;

    /// <summary>The value of <c>json_schema</c>: JSON, its text, or an object that is written as JSON.</summary>
    public JsonElement? JsonSchema()
    {
        if (properties?.TryGetValue(JsonSchemaKey, out object? value) != true || value is null)
            return null;
        try
        {
            return value is string or JsonElement { ValueKind: JsonValueKind.String }
                ? JsonElement.Parse(Text(JsonSchemaKey)!)
                : value as JsonElement? ?? AnyJson.ToElement(value);
        }
        catch (JsonException exception)
        {
            throw new ArgumentException($"AdditionalProperties[\"{JsonSchemaKey}\"] is no JSON; expected a JSON schema.", exception);
        }
    }

    private IMultiStatePolicy Policy(IMultiStatePolicy start)
    {
        string? name = Text(PolicyKey);
        string? size = Text(StateSizeKey);
        int? sinks = Read<int?>(SinksKey, "a number of tokens");
        if (name is null && size is null && sinks is null)
            return start;

        // "full" has no size to inherit, and none is inherited by it.
        name ??= start.Name;
        string? inherited = start.Size.IsUnbounded || name.Equals(MultiStatePolicies.Full, StringComparison.OrdinalIgnoreCase)
            ? null
            : start.Size.ToString();
        sinks ??= name.Equals(start.Name, StringComparison.OrdinalIgnoreCase) ? start.Rule?.First : null;
        return MultiStatePolicies.Create(name, size ?? inherited, sinks ?? MultiStatePolicies.DefaultSinks);
    }

    private bool? Flag(string key) =>
        bool.TryParse(Text(key), out bool flag) ? flag : Read<bool?>(key, "true or false");

    private T? Read<T>(string key, string expected)
    {
        if (properties?.TryGetValue(key, out object? value) != true || value is null)
            return default;
        try
        {
            if (value is T typed)
                return typed;
            JsonElement json = JsonSerializer.SerializeToElement(value, Json.GetTypeInfo(typeof(object)));
            return json.Deserialize((JsonTypeInfo<T>)Json.GetTypeInfo(typeof(T)));
        }
        catch (Exception exception) when (exception is JsonException or NotSupportedException)
        {
            throw new ArgumentException($"AdditionalProperties[\"{key}\"] is {value}; expected {expected}.", exception);
        }
    }

    /// <summary>Contracts of the types that are read, for applications without reflection.</summary>
    [JsonSerializable(typeof(float?))]
    [JsonSerializable(typeof(int?))]
    [JsonSerializable(typeof(bool?))]
    [JsonSerializable(typeof(Dictionary<int, float>))]
    private sealed partial class ReadTypes : JsonSerializerContext;
}
