using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;

namespace RetNet.Extensions.AI.Tests;

/// <summary>Calls that are required, and calls that a model begins by itself, are valid whatever the model is.</summary>
public sealed class RequiredCallTests
{
    // A template for a model that was never trained to call functions.
    private const string Template =
        "{% for tool in tools or [] %}{{ tool | tojson }}{% endfor %}{% for message in messages %}{{ '<|' + message.role + '|>\n' }}"
        + "{{ message.content }}{% for call in message.tool_calls %}{{ '<tool_call>\n{\"name\": \"' + call.function.name"
        + " + '\", \"arguments\": ' + call.function.arguments | tojson + '}\n</tool_call>' }}{% endfor %}{{ '<|end|>\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}";

    private readonly List<string> _called = [];

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_model_that_knows_no_functions_calls_them_as_their_schemas_say(long seed)
    {
        await using ServiceProvider services = Untrained();
        IChatClient client = services.GetRequiredService<IChatClient>();
        ChatOptions options = Options(ChatToolMode.RequireAny);
        (options.Temperature, options.Seed, options.MaxOutputTokens) = (1.5f, seed, 500);

        ChatResponse response = await client.GetResponseAsync("Tell me a story about a dog.", options);

        Assert.Equal("", response.Text);
        FunctionCallContent call = Assert.IsType<FunctionCallContent>(Assert.Single(Assert.Single(response.Messages).Contents));
        Assert.Equal(ChatFinishReason.ToolCalls, response.FinishReason);
        Assert.Contains(call.Name, (string[])["paint", "count"]);
        Assert.All(call.Arguments!, argument => Assert.True(argument switch
        {
            { Key: "colour", Value: "Red" or "Green" } => call.Name == "paint",
            { Key: "times", Value: JsonElement { ValueKind: JsonValueKind.Number } times } =>
                call.Name == "count" && times.GetRawText().TrimStart('-').All(char.IsAsciiDigit),
            _ => false,
        }));
    }

    [Fact]
    public async Task A_required_function_is_called_and_the_conversation_goes_on()
    {
        using IChatClient client = new RetNetChatClient(Models.ByHeart).AsBuilder().UseFunctionInvocation().Build();
        ChatOptions options = Options(ChatToolMode.RequireSpecific("paint"));
        options.MaxOutputTokens = 100;

        ChatResponse response = await client.GetResponseAsync("Hello!", options);

        Assert.Equal("paint", Assert.Single(response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>()).Name);
        Assert.StartsWith("paint", Assert.Single(_called), StringComparison.Ordinal);
        Assert.Equal([ChatRole.Assistant, ChatRole.Tool, ChatRole.Assistant], response.Messages.Select(message => message.Role));
    }

    [Fact]
    public async Task A_required_function_must_be_offered()
    {
        using RetNetChatClient client = new(Models.ByHeart);

        ArgumentException failure = await Assert.ThrowsAsync<ArgumentException>(
            () => client.GetResponseAsync("Hello!", Options(ChatToolMode.RequireSpecific("erase"))));

        Assert.Contains("'erase'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schema_that_cannot_be_kept_is_refused_where_a_call_is_required()
    {
        using RetNetChatClient client = new(Models.ByHeart);
        ChatOptions options = new()
        {
            ToolMode = ChatToolMode.RequireAny,
            Tools = [AIFunctionFactory.CreateDeclaration("odd", "", JsonElement.Parse(
                """{"type": "object", "properties": {"a": {"$ref": "https://example.com/schema"}}}"""))],
        };

        NotSupportedException failure = await Assert.ThrowsAsync<NotSupportedException>(() => client.GetResponseAsync("Hello!", options));

        Assert.Contains("'odd'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("$ref", failure.Message, StringComparison.Ordinal);
        options.ToolMode = ChatToolMode.Auto;
        Assert.NotEmpty((await client.GetResponseAsync("Hello!", options)).Messages);
    }

    [Fact]
    public async Task A_template_that_does_not_tell_how_calls_are_written_refuses_functions()
    {
        await using ServiceProvider services = Untrained("{{ tools }}{% for message in messages %}{{ message.content }}{% endfor %}");

        NotSupportedException failure = await Assert.ThrowsAsync<NotSupportedException>(
            () => services.GetRequiredService<IChatClient>().GetResponseAsync("Hello!", Options(ChatToolMode.Auto)));

        Assert.Contains("Tools", failure.Message, StringComparison.Ordinal);
        Assert.Contains("tool_calls", failure.Message, StringComparison.Ordinal);
    }

    private static ServiceProvider Untrained(string template = Template)
    {
        ServiceCollection services = new();
        services.AddRetNetChatClient(
            options => (options.ModelPath, options.ChatTemplate) = (Models.PathOf("llama-tinystories"), template));
        return services.BuildServiceProvider();
    }

    private ChatOptions Options(ChatToolMode mode) => new()
    {
        ToolMode = mode,
        AllowMultipleToolCalls = false,
        Tools =
        [
            AIFunctionFactory.Create((Colour colour) => Call($"paint {colour}"), "paint"),
            AIFunctionFactory.Create((sbyte times) => Call($"count {times}"), "count"),
        ],
    };

    private string Call(string call)
    {
        _called.Add(call);
        return "done";
    }

    [System.Text.Json.Serialization.JsonConverter(typeof(System.Text.Json.Serialization.JsonStringEnumConverter<Colour>))]
    internal enum Colour
    {
        Red,
        Green,
    }
}
