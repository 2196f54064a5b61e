using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Models.Policies;

namespace RetNet.Extensions.Benchmarks.Calling;

/// <summary>Asks a model for calls and counts those with the right function and the right arguments.</summary>
/// <param name="model">The model.</param>
/// <param name="policy">How a Transformer's cache is bounded; empty for not at all.</param>
/// <param name="rows">Rows that a bounded policy keeps.</param>
internal sealed partial class Evaluation(TextModel model, string policy, string rows)
{
    // Not the seed of the training data: no request is one of those.
    private const int Seed = 1_000_003;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private readonly RetNetChatClient _client = new(model, new() { MaxConversations = 0 });

    /// <summary>A row of a table in Markdown for each set of functions and each way to ask.</summary>
    public async Task RunAsync(int requests, TextWriter output)
    {
        FunctionKind[] trained = FunctionKind.Read("functions.txt");
        FunctionKind[] heldOut = FunctionKind.Read("functions-held-out.txt");
        ConversationWriter composer = new(Seed + 1);
        FunctionKind[] composed = [.. Enumerable.Range(0, requests).Select(_ => composer.Compose())];
        output.WriteLine("""
            | functions | offered | tokens of the prompt | answer | a call | right function | right arguments too |
            |---|---|---|---|---|---|---|
            """);
        foreach ((string set, FunctionKind[] functions) in ((string, FunctionKind[])[])[
            ("trained", trained), ("put together anew", composed), ("never seen", heldOut)])
        {
            foreach (int others in (int[])[0, 3])
            {
                await MeasureAsync("as generated", Generate);
                await MeasureAsync("Auto", (request, tools) => CallAsync(request, tools, ChatToolMode.Auto));
                await MeasureAsync("required", (request, tools) => CallAsync(request, tools, ChatToolMode.RequireAny));

                async Task MeasureAsync(string way, Func<Request, JsonElement[], Task<FunctionCall?>> ask)
                {
                    ConversationWriter writer = new(Seed);
                    (int called, int named, int right) = (0, 0, 0);
                    List<int> lengths = [];
                    for (int i = 0; i < requests; i++)
                    {
                        (Request request, JsonElement[] tools) =
                            writer.Ask(functions[i % functions.Length], [.. trained, .. heldOut], others);
                        lengths.Add(model.Chat.Encode([new("user", request.Text)], tools: tools).Length);
                        if (await ask(request, tools) is not { } call)
                            continue;
                        called++;
                        bool isNamed = call.Name == request.Call.Name;
                        named += isNamed ? 1 : 0;
                        right += isNamed && JsonNode.DeepEquals(call.Arguments, request.Call.Arguments) ? 1 : 0;
                    }

                    output.WriteLine($"| {set} | {others + 1} | {lengths.Min()} to {lengths.Max()} | {way} | {Percent(called)} "
                        + $"| {Percent(named)} | {Percent(right)} |");
                }
            }
        }

        string Percent(int count) => $"{100.0 * count / requests:F0} %";
    }

    /// <summary>The text of the model, whatever it is.</summary>
    private async Task<FunctionCall?> Generate(Request request, JsonElement[] tools)
    {
        GenerationOptions options = new() { MaxTokens = 120 };
        if (policy.Length > 0)
            options = options with { State = new StateOptions { Policy = MultiStatePolicies.Create(policy, rows) } };
        int[] tokens = model.Chat.Encode([new("user", request.Text)], tools: tools);
        using ScheduledGeneration text =
            await model.Scheduler.EnqueueAsync(new GenerationRequest(tokens, options), CancellationToken.None);
        string answer = "";
        while (await text.ReadAsync())
            answer += text.Text.ToString();
        try
        {
            return Call().Match(answer) is { Success: true } match && JsonNode.Parse(match.Groups[1].Value, null, Strict) is JsonObject call
                ? new FunctionCall((string?)call["name"] ?? "", call["arguments"] as JsonObject ?? [])
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>The first call that the chat client reads.</summary>
    private async Task<FunctionCall?> CallAsync(Request request, JsonElement[] tools, ChatToolMode mode)
    {
        ChatOptions options = new() { ToolMode = mode, MaxOutputTokens = 120, Tools = [.. tools.Select(Declare)] };
        if (policy.Length > 0)
            options.AdditionalProperties = new() { ["policy"] = policy, ["state_size"] = rows };
        ChatResponse response = await _client.GetResponseAsync(request.Text, options);
        return response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().FirstOrDefault() is { } call
            ? new FunctionCall(call.Name, JsonSerializer.SerializeToNode(call.Arguments)!.AsObject())
            : null;
    }

    private static AITool Declare(JsonElement tool)
    {
        JsonElement function = tool.GetProperty("function");
        return AIFunctionFactory.CreateDeclaration(
            function.GetProperty("name").GetString()!, function.GetProperty("description").GetString(), function.GetProperty("parameters"));
    }

    [GeneratedRegex("<tool_call>\n(.*?)\n</tool_call>")]
    private static partial Regex Call();
}
