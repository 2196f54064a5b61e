using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using RetNet.Extensions.AI.Tests;

namespace RetNet.Extensions.SemanticKernel.Tests;

/// <summary>Calls that a kernel returns and its user makes, with arguments of every shape that JSON has.</summary>
public sealed class ManualInvocationTests
{
    // The model answers if it is shown the arguments that it wrote.
    private const string Template =
        "{# A call is written <tool_call>{\"name\": ..., \"arguments\": {...}}</tool_call>. #}"
        + "{% set seen = namespace(calls='') %}{% for message in messages %}{% if message.role == 'assistant' %}"
        + "{% set seen.calls = message.content %}{% endif %}{% endfor %}"
        + "{% if '<arguments>' in seen.calls %}{{ '<result>' }}{% elif tools %}{{ '<ask>' }}{% endif %}";

    private static readonly Dictionary<string, Delegate> Functions = new()
    {
        ["name"] = (Zone? zone) => $"{zone}",
        ["names"] = (List<Zone> zone) => string.Join(' ', zone),
        ["array"] = (Zone[] zone) => string.Join(' ', zone),
        ["set"] = (HashSet<Zone> zone) => string.Join(' ', zone),
        ["perhaps"] = (IReadOnlyList<Zone?> zone) => string.Join(' ', zone.Select(value => value?.ToString() ?? "none")),
        ["map"] = (Dictionary<string, Zone> zone) => string.Join(' ', zone.Select(pair => $"{pair.Key}={pair.Value}")),
        ["object"] = (Place zone) => $"{zone.Name} {zone.Zone}",
        ["objects"] = (Place[] zone) => string.Join(", ", zone.Select(place => $"{place.Name} {place.Zone}")),
        ["nested"] = (Trip zone) => $"{zone.From.Zone} {zone.To?.Zone} {string.Join(' ', zone.Stops)}",
        ["numbers"] = (List<int> zone) => string.Join(' ', zone),
        ["number"] = (int zone) => $"{zone}",
        ["truth"] = (bool zone) => $"{zone}",
        ["json"] = (JsonElement zone) => zone.GetRawText(),
        ["date"] = (DateOnly zone) => $"{zone:yyyy-MM-dd}",
        ["marked"] = (List<Side> zone) => string.Join(' ', zone),
        ["plain"] = (Box zone) => $"{zone.Name} {string.Join(' ', zone.Sizes.Select(size => size.ToString(CultureInfo.InvariantCulture)))}",
        ["text"] = (string zone) => zone,
    };

    public static TheoryData<string, string, string> Cases => new()
    {
        { "name", "\"UTC\"", "UTC" },
        { "name", "null", "" },
        { "names", """["UTC", "GMT"]""", "UTC GMT" },
        { "array", """["UTC", "GMT"]""", "UTC GMT" },
        { "set", """["UTC"]""", "UTC" },
        { "perhaps", """["UTC", null]""", "UTC none" },
        { "map", """{"home": "UTC"}""", "home=UTC" },
        { "object", """{"Name": "Bonn", "Zone": "UTC"}""", "Bonn UTC" },
        { "objects", """[{"Name": "Bonn", "Zone": "UTC"}, {"Name": "Ayr", "Zone": "GMT"}]""", "Bonn UTC, Ayr GMT" },
        {
            "nested", """{"From": {"Name": "Bonn", "Zone": "UTC"}, "To": null, "Stops": ["GMT"]}""",
            "UTC  GMT"
        },
        { "numbers", "[1, 2]", "1 2" },
        { "number", "7", "7" },
        { "truth", "true", "True" },
        { "json", """{"a": [1]}""", """{"a": [1]}""" },
        { "date", "\"2026-11-29\"", "2026-11-29" },
        { "marked", """["North", "South"]""", "North South" },
        { "plain", """{"Name": "Bonn", "Sizes": [1.5, 2]}""", "Bonn 1.5 2" },
        { "text", "\"UTC\"", "UTC" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public Task A_call_can_be_made(string function, string argument, string expected) =>
        AssertCallAsync(function, argument, expected, async (chat, history, settings, kernel) =>
        {
            ChatMessageContent asked = await chat.GetChatMessageContentAsync(history, settings, kernel);
            history.Add(asked);
            return Assert.Single(FunctionCallContent.GetFunctionCalls(asked));
        });

    /// <summary>Without the names of an enum within lists and objects, and without texts that have types of their own: a
    /// <see cref="FunctionCallContentBuilder"/> keeps each argument as a text, in which a kernel's function reads none of these.</summary>
    [Theory]
    [InlineData("name", "\"UTC\"", "UTC")]
    [InlineData("marked", """["North", "South"]""", "North South")]
    [InlineData("numbers", "[1, 2]", "1 2")]
    [InlineData("number", "7", "7")]
    [InlineData("truth", "true", "True")]
    [InlineData("text", "\"UTC\"", "UTC")]
    [InlineData("plain", """{"Name": "Bonn", "Sizes": [1.5, 2]}""", "Bonn 1.5 2")]
    public Task A_call_of_a_stream_can_be_made(string function, string argument, string expected) =>
        AssertCallAsync(function, argument, expected, async (chat, history, settings, kernel) =>
        {
            FunctionCallContentBuilder builder = new();
            await foreach (StreamingChatMessageContent part in chat.GetStreamingChatMessageContentsAsync(history, settings, kernel))
                builder.Append(part);
            FunctionCallContent call = Assert.Single(builder.Build());
            Assert.Single(history);
            history.Add(new ChatMessageContent(AuthorRole.Assistant, [call]));
            return call;
        });

    private static async Task AssertCallAsync(string function, string argument, string expected,
        Func<IChatCompletionService, ChatHistory, PromptExecutionSettings, Kernel, Task<FunctionCallContent>> ask)
    {
        using ScriptedModel model = new(
            ["<tool_call>", "\n{\"name\": \"Clock_Now\", ", $"\"arguments\": {{\"zone\": {argument}}}}}\n", "</tool_call>"]);
        IKernelBuilder builder = Kernel.CreateBuilder();
        builder.AddRetNetChatCompletion(options => (options.ModelPath, options.ChatTemplate) =
            (model.Folder, Template.Replace("<arguments>", $"{{\"zone\": {argument}}}", StringComparison.Ordinal)));
        Kernel kernel = builder.Build();
        kernel.Plugins.AddFromFunctions("Clock", [KernelFunctionFactory.CreateFromMethod(Functions[function], "Now")]);
        IChatCompletionService chat = kernel.GetRequiredService<IChatCompletionService>();
        PromptExecutionSettings settings = new() { FunctionChoiceBehavior = FunctionChoiceBehavior.Auto(autoInvoke: false) };
        ChatHistory history = new("What time is it?");

        FunctionCallContent call = await ask(chat, history, settings, kernel);
        FunctionResultContent result = await call.InvokeAsync(kernel);
        history.Add(result.ToChatMessage());
        // A history may be kept between the turns.
        ChatHistory kept = JsonSerializer.Deserialize<ChatHistory>(JsonSerializer.Serialize(history))!;
        ChatMessageContent answer = await chat.GetChatMessageContentAsync(history, settings, kernel);
        ChatMessageContent resumed = await chat.GetChatMessageContentAsync(kept, settings, kernel);

        Assert.Equal(expected, result.Result?.ToString());
        Assert.Equal(("Noon.", "Noon."), (answer.Content, resumed.Content));
    }

    private enum Zone
    {
        GMT,
        UTC,
    }

    [JsonConverter(typeof(JsonStringEnumConverter<Side>))]
    private enum Side
    {
        North,
        South,
    }

    private sealed record Box(string Name, List<double> Sizes);

    private sealed record Place(string Name, Zone Zone);

    private sealed record Trip(Place From, Place? To, List<Zone> Stops);
}
