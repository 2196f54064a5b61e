using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.AI.Tests;

public sealed class ChatOptionsTests : IDisposable
{
    private static readonly GenerationOptions Defaults = new()
    {
        MaxTokens = 256,
        StopTokens = [4, 0],
        StopStrings = ["default"],
        Sampling = new SamplingOptions { Temperature = 0.7f, TopK = 40 },
    };

    private readonly RetNetChatClient _client = new(Models.RetNet);

    public void Dispose() => _client.Dispose();

    [Fact]
    public void Without_options_the_models_defaults_hold()
    {
        Assert.Equal(Defaults, Map(null));
        Assert.Equal(Defaults, Map(new ChatOptions()));
    }

    [Fact]
    public async Task An_option_out_of_range_is_named_as_the_caller_wrote_it()
    {
        Assert.Contains("MaxOutputTokens is 0", (await Assert.ThrowsAsync<ArgumentException>(
            () => _client.GetResponseAsync("hi", new() { MaxOutputTokens = 0 }))).Message, StringComparison.Ordinal);
        Assert.Contains("StopSequences holds an empty text", (await Assert.ThrowsAsync<ArgumentException>(
            () => _client.GetResponseAsync("hi", new() { StopSequences = [""] }))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_number_is_mapped()
    {
        GenerationOptions mapped = Map(new ChatOptions
        {
            Temperature = 0.5f,
            TopP = 0.9f,
            TopK = 7,
            Seed = 42,
            FrequencyPenalty = 0.1f,
            PresencePenalty = 0.2f,
            MaxOutputTokens = 12,
            StopSequences = ["a", "b"],
            AdditionalProperties = new()
            {
                ["min_p"] = 0.05,
                ["repetition_penalty"] = "1.1",
                ["logit_bias"] = new Dictionary<string, int> { ["17"] = -100 },
                ["something_else"] = new object(),
            },
        });

        Assert.Equal(12, mapped.MaxTokens);
        Assert.Equal(["a", "b"], mapped.StopStrings);
        Assert.Equal([4, 0], mapped.StopTokens);
        Assert.Equal(-100, mapped.Sampling.LogitBias![17]);
        Assert.Equal(
            new SamplingOptions
            {
                Temperature = 0.5f,
                TopP = 0.9f,
                TopK = 7,
                Seed = 42,
                FrequencyPenalty = 0.1f,
                PresencePenalty = 0.2f,
                MinP = 0.05f,
                RepetitionPenalty = 1.1f
            },
            mapped.Sampling with { LogitBias = null });
    }

    [Fact]
    public void Additional_properties_may_come_as_json()
    {
        JsonElement json = JsonElement.Parse("""
            {"min_p": 0.2, "logit_bias": {"3": 1.5}, "policy": "h2o", "state_size": 0.25, "prompt_chunk": 64, "adapter": "poems",
             "prompt_lookup_tokens": 3}
            """);

        GenerationOptions mapped = Map(new ChatOptions
        {
            AdditionalProperties = new(json.EnumerateObject().ToDictionary(property => property.Name, property => (object?)property.Value)),
        });

        Assert.Equal(0.2f, mapped.Sampling.MinP);
        Assert.Equal(1.5f, mapped.Sampling.LogitBias![3]);
        Assert.Equal(StateSize.FractionOfContext(0.25), Assert.IsType<H2O>(mapped.State.Policy).Size);
        Assert.Equal((64, 3), (mapped.State.PromptChunk, mapped.PromptLookupTokens));
        Assert.Equal("poems", mapped.State.Adapter);
    }

    [Fact]
    public void A_size_alone_changes_the_size_of_the_policy_at_hand()
    {
        GenerationOptions sinks = Defaults with { State = new StateOptions { Policy = new Sinks(2, 32) } };

        GenerationOptions mapped = ChatOptionsMapping.ToGenerationOptions(
            new ChatOptions { AdditionalProperties = new() { ["state_size"] = 64 } }, sinks, raw: null);

        Sinks policy = Assert.IsType<Sinks>(mapped.State.Policy);
        Assert.Equal((2, (StateSize)64), (policy.First, policy.Size));
    }

    [Fact]
    public void A_bounded_policy_without_a_size_has_the_default_one() => Assert.Equal(
        MultiStatePolicies.DefaultSize, Map(new ChatOptions { AdditionalProperties = new() { ["policy"] = "tova" } }).State.Policy.Size);

    [Fact]
    public void Raw_options_are_where_the_mapping_starts()
    {
        GenerationOptions raw = new() { MaxTokens = 5, Sampling = new SamplingOptions { Temperature = 1.5f, MinP = 0.3f } };

        GenerationOptions mapped = ChatOptionsMapping.ToGenerationOptions(new ChatOptions { TopK = 3 }, Defaults, raw);

        Assert.Equal(5, mapped.MaxTokens);
        Assert.Equal(new SamplingOptions { Temperature = 1.5f, MinP = 0.3f, TopK = 3 }, mapped.Sampling);
        Assert.Equal([4, 0], mapped.StopTokens);
        Assert.Equal(0, raw.Sampling.TopK);
    }

    [Theory]
    [InlineData("min_p", "much", "expected a number")]
    [InlineData("logit_bias", 3, "expected token ids with their biases")]
    [InlineData("policy", "lru", "expected full, window, sinks, h2o or tova")]
    [InlineData("state_size", "512", "full keeps every row")]
    [InlineData("prompt_chunk", -1, "expected 0 (whole) or more")]
    [InlineData("prompt_lookup_tokens", 16, "expected 0 to 15")]
    [InlineData("repetition_penalty", 0, "expected more than 0")]
    public void A_bad_additional_property_is_named(string key, object value, string expected)
    {
        ArgumentException failure =
            Assert.Throws<ArgumentException>(() => Map(new ChatOptions { AdditionalProperties = new() { [key] = value } }));

        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Out_of_range_options_are_named() =>
        Assert.Contains(
            "TopP is 3", (await Assert.ThrowsAsync<ArgumentException>(() => _client.GetResponseAsync("hi",
                new ChatOptions { TopP = 3 }))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Instructions_are_the_system_message()
    {
        ChatOptions greedy = new() { Temperature = 0, MaxOutputTokens = 8 };
        ChatResponse spelt = await _client.GetResponseAsync([new(ChatRole.System, "Be sad."), new(ChatRole.User, "Tell me a story.")],
            greedy);
        greedy.Instructions = "Be sad.";

        ChatResponse instructed = await _client.GetResponseAsync("Tell me a story.", greedy);

        Assert.Equal(spelt.Text, instructed.Text);
        Assert.Equal(spelt.Usage!.InputTokenCount, instructed.Usage!.InputTokenCount);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_text()
    {
        ChatOptions Seeded(long seed) => new() { Seed = seed, Temperature = 2, TopK = 0, MaxOutputTokens = 12 };

        string first = (await _client.GetResponseAsync("Tell me a story.", Seeded(1))).Text;

        Assert.Equal(first, (await _client.GetResponseAsync("Tell me a story.", Seeded(1))).Text);
        Assert.NotEqual(first, (await _client.GetResponseAsync("Tell me a story.", Seeded(2))).Text);
    }

    [Fact]
    public async Task A_stop_sequence_ends_the_text_before_it()
    {
        ChatResponse response = await _client.GetResponseAsync(Golden.Prompt,
            new ChatOptions { Temperature = 0, StopSequences = ["dog named"] });

        Assert.Equal("Once upon a time, there was a little ", response.Text);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
    }

    [Fact]
    public async Task The_callers_options_stay_as_they_are()
    {
        ChatOptions options = new()
        {
            Instructions = "Be brief.",
            Temperature = 0,
            MaxOutputTokens = 2,
            StopSequences = ["x"],
            Tools = [AIFunctionFactory.Create(() => 1, "one")],
            ToolMode = ChatToolMode.None,
            AdditionalProperties = new() { ["min_p"] = 0.1 },
        };
        string before = JsonSerializer.Serialize(options, AIJsonUtilities.DefaultOptions);
        List<ChatMessage> messages = [new(ChatRole.User, "hi")];

        await _client.GetResponseAsync(messages, options);

        Assert.Equal(before, JsonSerializer.Serialize(options, AIJsonUtilities.DefaultOptions));
        Assert.Single(messages);
        Assert.Single(options.Tools);
    }

    [Fact]
    public async Task What_cannot_be_kept_is_refused_by_name()
    {
        await Refused(new() { ModelId = "gpt" }, "ModelId is 'gpt'", "retnet-tinystories");
        await Refused(new() { ToolMode = ChatToolMode.RequireAny }, "ToolMode");
        await Refused(new() { ToolMode = ChatToolMode.RequireSpecific("one") }, "ToolMode");
        await Refused(new() { Tools = [AIFunctionFactory.Create(() => 1, "one")] }, "Tools", "retnet-tinystories", "no place for tools");
    }

    [Fact]
    public async Task What_is_meant_for_chats_is_refused_for_plain_text()
    {
        await RefusedText(new() { Instructions = "x" }, "Instructions");
        await RefusedText(new() { ConversationId = "x" }, "ConversationId");
        await RefusedText(new() { Tools = [AIFunctionFactory.Create(() => 1, "one")] }, "Tools");
    }

    [Fact]
    public async Task What_can_be_kept_is_not_refused() => await _client.GetResponseAsync("hi", new ChatOptions
    {
        MaxOutputTokens = 1,
        ModelId = "retnet-tinystories",
        ResponseFormat = ChatResponseFormat.Text,
        ToolMode = ChatToolMode.Auto,
        Tools = [],
        Reasoning = new() { Effort = ReasoningEffort.Low },
    });

    [Fact]
    public void Reasoning_effort_tells_the_template_whether_to_think()
    {
        ChatTemplate template = ChatTemplate.Parse("{{ thinking }}{{ reasoning_effort }}{{ messages[0].enable_thinking }}", "t");

        Assert.Null(ChatOptionsMapping.TemplateVariables(new ChatOptions(), template));
        Assert.Equal("enable_thinking: false", Variables(ReasoningEffort.None, ChatTemplate.ChatMl));
        Assert.Equal("enable_thinking: true", Variables(ReasoningEffort.High, ChatTemplate.ChatMl));
        Assert.Equal("enable_thinking: false, thinking: false, reasoning_effort: \"low\"", Variables(ReasoningEffort.None, template));
        Assert.Equal("enable_thinking: true, thinking: true, reasoning_effort: \"medium\"", Variables(ReasoningEffort.Medium, template));
        Assert.Equal("enable_thinking: true, thinking: true, reasoning_effort: \"high\"", Variables(ReasoningEffort.ExtraHigh, template));

        static string Variables(ReasoningEffort effort, ChatTemplate template) => string.Join(", ", ChatOptionsMapping
            .TemplateVariables(new ChatOptions { Reasoning = new() { Effort = effort } }, template)!
            .Select(variable => $"{variable.Key}: {variable.Value.GetRawText()}"));
    }

    private GenerationOptions Map(ChatOptions? options) => ChatOptionsMapping.ToGenerationOptions(options, Defaults, raw: null);

    [Theory]
    [InlineData(-5, "LogitBias has the token -5; expected ids of 0 or more.")]
    [InlineData(999_999, "LogitBias has the token 999999; expected ids below ")]
    public async Task A_bias_of_a_token_that_the_model_does_not_have_is_refused(int token, string words)
    {
        ChatOptions options = new() { AdditionalProperties = new() { ["logit_bias"] = new Dictionary<int, float> { [token] = 2 } } };

        ArgumentException failure = await Assert.ThrowsAsync<ArgumentException>(() => _client.GetResponseAsync("hi", options));

        Assert.StartsWith(words, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_a_content_or_a_tool_that_is_null_is_refused_by_its_place()
    {
        ChatMessage hi = new(ChatRole.User, "hi");
        string[] failures =
        [
            await RefusalOf([hi, null!], null),
            await RefusalOf([hi, new(ChatRole.User, [new TextContent("hi"), null!])], null),
            await RefusalOf([hi], new() { Tools = [AIFunctionFactory.Create(() => 1, "one"), null!] }),
        ];

        string[] expected = ["Message 1 is null", "A content of message 1, of the user, is null", "Tools[1] is null"];
        Assert.All(failures.Zip(expected), pair => Assert.StartsWith(pair.Second, pair.First, StringComparison.Ordinal));

        static async Task<string> RefusalOf(ChatMessage[] messages, ChatOptions? options)
        {
            using RetNetChatClient client = new(Models.ByHeart);
            return (await Assert.ThrowsAsync<ArgumentException>(() => client.GetResponseAsync(messages, options))).Message;
        }
    }

    private async Task Refused(ChatOptions options, params string[] words)
    {
        NotSupportedException failure = await Assert.ThrowsAsync<NotSupportedException>(() => _client.GetResponseAsync("hi", options));
        Assert.All(words, word => Assert.Contains(word, failure.Message, StringComparison.Ordinal));
    }

    private async Task RefusedText(ChatOptions options, string word)
    {
        NotSupportedException failure = await Assert.ThrowsAsync<NotSupportedException>(() => _client.ContinueTextAsync("hi",
            options).ToListAsync().AsTask());
        Assert.StartsWith(word, failure.Message, StringComparison.Ordinal);
    }
}
