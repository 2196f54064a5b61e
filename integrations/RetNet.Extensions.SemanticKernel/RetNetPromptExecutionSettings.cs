using System.Collections.ObjectModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.SemanticKernel;

namespace RetNet.Extensions.SemanticKernel;

/// <summary>
/// Settings of one request to a RetNet or multi-state Transformer. Settings that are null come from the options of the model.
/// The kernel's own mapping passes them to the chat client by their JSON names; <see cref="PromptFileSettings"/> adds what it leaves out.
/// </summary>
[JsonNumberHandling(JsonNumberHandling.AllowReadingFromString)]
public sealed class RetNetPromptExecutionSettings : PromptExecutionSettings
{
    /// <summary>Divisor of the logits before sampling, at least 0; 0 takes the most likely token.</summary>
    [JsonPropertyName("temperature")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public float? Temperature { get; set => field = Changing(value); }

    /// <summary>Samples from the most likely tokens that together have this probability, in (0, 1].</summary>
    [JsonPropertyName("top_p")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public float? TopP { get; set => field = Changing(value); }

    /// <summary>Samples from this many most likely tokens; 0 is all.</summary>
    [JsonPropertyName("top_k")]
    [JsonConverter(typeof(WholeNumberConverter<int>))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? TopK { get; set => field = Changing(value); }

    /// <summary>Drops tokens less likely than this share of the most likely token's probability, in [0, 1].</summary>
    [JsonPropertyName("min_p")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public float? MinP { get; set => field = Changing(value); }

    /// <summary>Seed of the sampler: the same seed gives the same text.</summary>
    [JsonPropertyName("seed")]
    [JsonConverter(typeof(WholeNumberConverter<long>))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? Seed { get; set => field = Changing(value); }

    /// <summary>Most tokens to generate.</summary>
    [JsonPropertyName("max_tokens")]
    [JsonConverter(typeof(WholeNumberConverter<int>))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? MaxTokens { get; set => field = Changing(value); }

    /// <summary>Subtracted from a token's logit for each time it was generated.</summary>
    [JsonPropertyName("frequency_penalty")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public float? FrequencyPenalty { get; set => field = Changing(value); }

    /// <summary>Subtracted once from the logit of a token that was generated.</summary>
    [JsonPropertyName("presence_penalty")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public float? PresencePenalty { get; set => field = Changing(value); }

    /// <summary>Divides the positive and multiplies the negative logits of tokens seen before; 1 is off.</summary>
    [JsonPropertyName("repetition_penalty")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public float? RepetitionPenalty { get; set => field = Changing(value); }

    /// <summary>Texts that end the answer; they are not part of it.</summary>
    [JsonPropertyName("stop_sequences")]
    [JsonConverter(typeof(TextsConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IList<string>? StopSequences { get; set => field = Changing(value); }

    /// <summary>The format of the answer: <c>text</c>, <c>json_object</c>, a <see cref="Type"/> whose JSON the answer is, a
    /// <see cref="Microsoft.Extensions.AI.ChatResponseFormat"/>, or the object that the API of OpenAI takes, as JSON.</summary>
    [JsonPropertyName("response_format")]
    [JsonConverter(typeof(ResponseFormatConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public object? ResponseFormat { get; set => field = Changing(value); }

    /// <summary>What the answer is, as rules in the notation of llama.cpp (GBNF), beginning with <c>root</c>. At most one of this,
    /// <see cref="Regex"/>, <see cref="JsonSchema"/> and a JSON <see cref="ResponseFormat"/> is set.</summary>
    [JsonPropertyName("grammar")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Grammar { get; set => field = Changing(value); }

    /// <summary>What the answer is, as a regular expression of ECMA-262 that matches it from start to end.</summary>
    [JsonPropertyName("regex")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Regex { get; set => field = Changing(value); }

    /// <summary>What the answer is, as a JSON schema, or a JSON string with its text.</summary>
    /// <exception cref="ArgumentException">The value is a default <see cref="JsonElement"/>, which holds no JSON.</exception>
    [JsonPropertyName("json_schema")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JsonElement? JsonSchema
    {
        get;
        set
        {
            if (value is { ValueKind: JsonValueKind.Undefined })
            {
                throw new ArgumentException(
                    $"{nameof(JsonSchema)} is a default {nameof(JsonElement)}, which holds no JSON; expected a JSON schema, or null.");
            }

            field = Changing(value);
        }
    }

    /// <summary>Added to the logits of these tokens: token id → bias.</summary>
    [JsonPropertyName("logit_bias")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IDictionary<int, float>? LogitBias { get; set => field = Changing(value); }

    /// <summary>Which rows of a Transformer's key-value cache stay: <c>full</c>, <c>window</c>, <c>sinks</c>, <c>h2o</c> or <c>tova</c>. A
    /// RetNet ignores it.</summary>
    [JsonPropertyName("policy")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Policy { get; set => field = Changing(value); }

    /// <summary>The number of rows that <see cref="Policy"/> keeps: <c>512</c>, or a part of the context such as <c>25%</c>.</summary>
    [JsonPropertyName("state_size")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? StateSize { get; set => field = Changing(value); }

    /// <summary>The number of first tokens that the policy <c>sinks</c> always keeps.</summary>
    [JsonPropertyName("sinks")]
    [JsonConverter(typeof(WholeNumberConverter<int>))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Sinks { get; set => field = Changing(value); }

    /// <summary>Tokens of a prompt between two cuts by <see cref="Policy"/>; 0 reads the prompt whole.</summary>
    [JsonPropertyName("prompt_chunk")]
    [JsonConverter(typeof(WholeNumberConverter<int>))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? PromptChunk { get; set => field = Changing(value); }

    /// <summary>The name of a LoRA adapter that the model holds beside its weights; an empty text for none.</summary>
    [JsonPropertyName("adapter")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Adapter { get; set => field = Changing(value); }

    /// <summary>The most tokens that a step guesses from prompt and answer, and verifies; 0 for none. The text is the same.</summary>
    [JsonPropertyName("prompt_lookup_tokens")]
    [JsonConverter(typeof(WholeNumberConverter<int>))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? PromptLookupTokens { get; set => field = Changing(value); }

    /// <summary>How much the model reasons: <c>none</c>, <c>minimal</c>, <c>low</c>, <c>medium</c>, <c>high</c>, <c>xhigh</c> or
    /// <c>max</c>. It sets the variable <c>enable_thinking</c> of the chat template, false for <c>none</c>.</summary>
    [JsonPropertyName("reasoning_effort")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ReasoningEffort { get; set => field = Changing(value); }

    /// <summary><see cref="ReasoningEffort"/> under a name that the kernel's mapping, which drops <c>none</c>, passes on.</summary>
    [JsonInclude]
    [JsonPropertyName(PromptFileSettings.ReasoningEffortKey)]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    internal string? PassedReasoningEffort => ReasoningEffort;

    /// <summary>Reads any settings as settings of this class.</summary>
    /// <param name="executionSettings">Settings of this class are returned as they are, others are read by their JSON names; null gives new
    /// settings.</param>
    /// <returns>The settings.</returns>
    /// <exception cref="JsonException">A value has a type that the setting of its name cannot have.</exception>
    public static RetNetPromptExecutionSettings FromExecutionSettings(PromptExecutionSettings? executionSettings)
    {
        if (executionSettings is null)
            return new RetNetPromptExecutionSettings();
        if (executionSettings is RetNetPromptExecutionSettings own)
            return own;

        RetNetPromptExecutionSettings settings = JsonSerializer.SerializeToElement(executionSettings, executionSettings.GetType())
            .Deserialize<RetNetPromptExecutionSettings>()!;
        // The functions of a behaviour cannot be serialised.
        settings.FunctionChoiceBehavior = executionSettings.FunctionChoiceBehavior;
        return settings;
    }

    /// <inheritdoc/>
    public override void Freeze()
    {
        if (IsFrozen)
            return;
        if (StopSequences is not null)
            StopSequences = new ReadOnlyCollection<string>(StopSequences);
        if (LogitBias is not null)
            LogitBias = new ReadOnlyDictionary<int, float>(LogitBias);
        base.Freeze();
    }

    /// <inheritdoc/>
    public override PromptExecutionSettings Clone() => new RetNetPromptExecutionSettings
    {
        ServiceId = ServiceId,
        ModelId = ModelId,
        FunctionChoiceBehavior = FunctionChoiceBehavior,
        ExtensionData = ExtensionData is null ? null : new Dictionary<string, object>(ExtensionData),
        Temperature = Temperature,
        TopP = TopP,
        TopK = TopK,
        MinP = MinP,
        Seed = Seed,
        MaxTokens = MaxTokens,
        FrequencyPenalty = FrequencyPenalty,
        PresencePenalty = PresencePenalty,
        RepetitionPenalty = RepetitionPenalty,
        StopSequences = StopSequences?.ToList(),
        ResponseFormat = ResponseFormat,
        Grammar = Grammar,
        Regex = Regex,
        JsonSchema = JsonSchema,
        LogitBias = LogitBias?.ToDictionary(),
        Policy = Policy,
        StateSize = StateSize,
        Sinks = Sinks,
        PromptChunk = PromptChunk,
        Adapter = Adapter,
        PromptLookupTokens = PromptLookupTokens,
        ReasoningEffort = ReasoningEffort,
    };

    /// <summary>The value of a setting that is being changed.</summary>
    /// <exception cref="InvalidOperationException">The settings are frozen.</exception>
    private T Changing<T>(T value)
    {
        ThrowIfFrozen();
        return value;
    }
}
