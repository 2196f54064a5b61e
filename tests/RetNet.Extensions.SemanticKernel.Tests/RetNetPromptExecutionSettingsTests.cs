using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;

namespace RetNet.Extensions.SemanticKernel.Tests;

public class RetNetPromptExecutionSettingsTests
{
    private static RetNetPromptExecutionSettings All() => new()
    {
        ServiceId = "tova",
        ModelId = "llama-tinystories",
        FunctionChoiceBehavior = FunctionChoiceBehavior.None(),
        Temperature = 0.5f,
        TopP = 0.9f,
        TopK = 40,
        MinP = 0.05f,
        Seed = 42,
        MaxTokens = 100,
        FrequencyPenalty = 0.1f,
        PresencePenalty = 0.2f,
        RepetitionPenalty = 1.1f,
        PromptLookupTokens = 4,
        ReasoningEffort = "none",
        StopSequences = ["END"],
        Grammar = "root ::= \"a\"",
        Regex = "a|b",
        JsonSchema = JsonElement.Parse("""{"type":"integer"}"""),
        LogitBias = new Dictionary<int, float> { [3] = -1.5f },
        Policy = "tova",
        StateSize = "25%",
        Sinks = 4,
        Adapter = "poems",
        PromptChunk = 64,
    };

    [Fact]
    public void Names_in_json_are_snake_case()
    {
        using JsonDocument json = JsonDocument.Parse(JsonSerializer.Serialize(All()));

        Assert.Equal(
            [
                "adapter", "frequency_penalty", "function_choice_behavior", "grammar", "json_schema", "logit_bias", "max_tokens", "min_p",
                "model_id",
                "policy", "presence_penalty", "prompt_chunk", "prompt_lookup_tokens", "reasoning_effort", "regex", "repetition_penalty",
                "retnet_reasoning_effort", "seed", "service_id",
                "sinks", "state_size",
                "stop_sequences", "temperature", "top_k", "top_p",
            ],
            json.RootElement.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Settings_that_are_not_set_are_not_written()
        => Assert.Equal("""{"service_id":null,"model_id":null,"function_choice_behavior":null}""",
            Sorted(JsonSerializer.Serialize(new RetNetPromptExecutionSettings())));

    [Fact]
    public void Json_is_read_back()
    {
        RetNetPromptExecutionSettings settings =
            JsonSerializer.Deserialize<RetNetPromptExecutionSettings>(JsonSerializer.Serialize(All()))!;

        Assert.Equal(JsonSerializer.Serialize(All()), JsonSerializer.Serialize(settings));
        Assert.Equal(-1.5f, settings.LogitBias![3]);
    }

    [Fact]
    public async Task Settings_become_chat_options()
    {
        FakeChatClient client = new();
        RetNetPromptExecutionSettings settings = All();
        settings.ServiceId = null;
        settings.ModelId = null;

        await FakeKernel.Over(client).InvokePromptAsync("Hello", new KernelArguments(settings));

        ChatOptions options = client.Options!;
        Assert.Equal(0.5f, options.Temperature);
        Assert.Equal(0.9f, options.TopP);
        Assert.Equal(40, options.TopK);
        Assert.Equal(42, options.Seed);
        Assert.Equal(100, options.MaxOutputTokens);
        Assert.Equal(0.1f, options.FrequencyPenalty);
        Assert.Equal(0.2f, options.PresencePenalty);
        Assert.Equal(["END"], options.StopSequences);
        Assert.Equal(0.05, Assert.IsType<double>(options.AdditionalProperties!["min_p"]), 6);
        Assert.Equal(1.1, Assert.IsType<double>(options.AdditionalProperties!["repetition_penalty"]), 6);
        Assert.Equal(-1.5, Assert.IsType<JsonElement>(options.AdditionalProperties!["logit_bias"]).GetProperty("3").GetDouble());
        Assert.Equal(("root ::= \"a\"", "a|b"), (options.AdditionalProperties["grammar"], options.AdditionalProperties["regex"]));
        Assert.Equal("integer",
            Assert.IsType<JsonElement>(options.AdditionalProperties["json_schema"]).GetProperty("type").GetString());
        Assert.Equal("4", Convert.ToString(options.AdditionalProperties["prompt_lookup_tokens"], CultureInfo.InvariantCulture));
        Assert.Equal("tova", options.AdditionalProperties!["policy"]);
        Assert.Equal("25%", options.AdditionalProperties!["state_size"]);
    }

    [Fact]
    public async Task Settings_of_any_service_become_chat_options()
    {
        FakeChatClient client = new();
        PromptExecutionSettings settings = new()
        {
            ExtensionData = new Dictionary<string, object>
            {
                ["Temperature"] = 0.25,
                ["max_tokens"] = "12",
                ["response_format"] = "json_object",
                ["other"] = "kept"
            },
        };

        await FakeKernel.Over(client).InvokePromptAsync("Hello", new KernelArguments(settings));

        Assert.Equal(0.25f, client.Options!.Temperature);
        Assert.Equal(12, client.Options.MaxOutputTokens);
        Assert.Same(ChatResponseFormat.Json, client.Options.ResponseFormat);
        Assert.Equal("kept", client.Options.AdditionalProperties!["other"]);
    }

    [Fact]
    public void No_settings_become_new_ones()
        => Assert.Null(RetNetPromptExecutionSettings.FromExecutionSettings(null).Temperature);

    [Fact]
    public void Own_settings_are_taken_as_they_are()
    {
        RetNetPromptExecutionSettings settings = All();

        Assert.Same(settings, RetNetPromptExecutionSettings.FromExecutionSettings(settings));
    }

    [Fact]
    public void Other_settings_are_read_by_name()
    {
        RetNetPromptExecutionSettings settings = RetNetPromptExecutionSettings.FromExecutionSettings(new PromptExecutionSettings
        {
            ServiceId = "tova",
            FunctionChoiceBehavior = FunctionChoiceBehavior.None(),
            ExtensionData = new Dictionary<string, object> { ["temperature"] = 0.5, ["top_k"] = "7", ["min_p"] = 0.1, ["custom"] = true },
        });

        Assert.Equal("tova", settings.ServiceId);
        Assert.NotNull(settings.FunctionChoiceBehavior);
        Assert.Equal(0.5f, settings.Temperature);
        Assert.Equal(7, settings.TopK);
        Assert.Equal(0.1f, settings.MinP);
        Assert.True(settings.ExtensionData!.ContainsKey("custom"));
    }

    [Fact]
    public void A_clone_is_equal_and_independent()
    {
        RetNetPromptExecutionSettings settings = All();
        settings.Freeze();

        RetNetPromptExecutionSettings clone = Assert.IsType<RetNetPromptExecutionSettings>(settings.Clone());

        Assert.Equal(JsonSerializer.Serialize(settings), JsonSerializer.Serialize(clone));
        Assert.False(clone.IsFrozen);
        clone.StopSequences!.Add("STOP");
        clone.LogitBias!.Add(4, 1);
        Assert.Single(settings.StopSequences!);
        Assert.Single(settings.LogitBias!);
    }

    [Fact]
    public void Frozen_settings_cannot_be_changed()
    {
        RetNetPromptExecutionSettings settings = All();
        settings.Freeze();

        foreach (PropertyInfo property in typeof(RetNetPromptExecutionSettings).GetProperties().Where(property => property.CanWrite
            && property.GetSetMethod() is not null))
        {
            TargetInvocationException exception = Assert.Throws<System.Reflection.TargetInvocationException>(() => property.SetValue(
                settings, null));
            Assert.IsType<InvalidOperationException>(exception.InnerException);
        }

        Assert.Throws<NotSupportedException>(() => settings.StopSequences!.Add("STOP"));
        Assert.Throws<NotSupportedException>(() => settings.LogitBias!.Add(4, 1));
    }

    private static string Sorted(string json)
    {
        Dictionary<string, JsonElement> members = JsonSerializer.Deserialize<Dictionary<string, JsonElement>>(json)!;
        string[] order = ["service_id", "model_id", "function_choice_behavior"];
        return JsonSerializer.Serialize(members.OrderBy(member => Array.IndexOf(order, member.Key)).ToDictionary());
    }
}
