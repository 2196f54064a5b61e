using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.AspNetCore.Chat;
using RetNet.Extensions.AspNetCore.Errors;
using RetNet.Extensions.AspNetCore.Models;
using RetNet.Extensions.AspNetCore.Requests;
using RetNet.Extensions.AspNetCore.Telemetry;

namespace RetNet.Extensions.AspNetCore.Responses;

/// <summary>Creates responses, and tells of those that are kept. Each kept response is a conversation of its own, so that several
/// conversations can go on from the same response.</summary>
internal sealed class ResponsesEndpoint(
    ServedModels models,
    IConversationStore store,
    IOptions<RetNetOpenAIOptions> options,
    ServerTelemetry telemetry,
    TimeProvider time)
{
    private const int DefaultLimit = 20;
    private const int MostItems = 100;

    private static readonly JsonElement NoMetadata = JsonElement.Parse("{}");
    private static readonly JsonElement NoReasoning = JsonElement.Parse("""{"effort": null, "summary": null}""");
    private static readonly JsonElement PlainText = JsonElement.Parse("""{"format": {"type": "text"}}""");
    private static readonly JsonElement AutoChoice = JsonElement.Parse("\"auto\"");

    /// <summary>POST /responses.</summary>
    public async Task CreateAsync(HttpContext context)
    {
        JsonFields request = await JsonBody.ReadAsync(context.Request, options.Value.MaxRequestBytes).ConfigureAwait(false);
        ServedModel model = models.Find(request.Text("model"), static model => model.Chat is not null, "answers no chats");
        ChatOptions chatOptions = ResponsesOptions.From(request, options.Value);
        ResponseObject start = Start(request, model.Id);
        IReadOnlyDictionary<string, JsonElement> referred = await ItemReferences.ReadAsync(
            request, id => TryFindAsync(id, context.RequestAborted), options.Value.MaxRequestBytes).ConfigureAwait(false);
        ResponsesInput input = ResponsesInput.Read(request, start.Id, referred);
        if (input.Image is { } image && model.ChatModel is not null)
        {
            throw OpenAIException.Invalid(
                $"'{image}' is 'input_image', but the model '{model.Id}' reads text only; expected input_text.", image,
                "unsupported_content");
        }

        await model.LoadForChatsAsync(context.RequestAborted).ConfigureAwait(false);
        StoredConversation before = start.PreviousResponseId is { } previous
            ? (await FindAsync(previous, context.RequestAborted, "previous_response_id").ConfigureAwait(false)).Conversation
            : StoredConversation.Empty;
        ChatLength.RefuseLong(
            request, "input", before.Messages.Concat(input.Messages), chatOptions, options.Value.MaxPromptCharacters);
        Task Answer(RequestTelemetry measured)
        {
            ConversationTurn turn = new(model.Chat!, before, input.Messages, chatOptions)
            {
                SavesState = start.Store,
                RereadsForeignState = true,
                SharesStates = true,
            };
            Creation creation = new(start, turn, input, chatOptions.Reasoning?.Output == ReasoningOutput.Summary, measured);
            return request.Flag("stream") == true ? StreamAsync(context, creation) : AnswerAsync(context, creation);
        }

        await telemetry.MeasureAsync(ServerTelemetry.Chat, model, chatOptions, Answer).ConfigureAwait(false);
    }

    /// <summary>GET /responses/{id}.</summary>
    public async Task GetAsync(HttpContext context)
    {
        if (context.Request.Query["stream"] == "true")
            throw OpenAIException.Invalid("'stream' is true, but a kept response is not told again as events; expected false.", "stream");
        StoredResponse kept = await FindAsync(Id(context), context.RequestAborted).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(context.Response, json => kept.Response.WriteTo(json)).ConfigureAwait(false);
    }

    /// <summary>DELETE /responses/{id}.</summary>
    public async Task DeleteAsync(HttpContext context)
    {
        string id = Id(context);
        if (!ResponseIds.IsResponse(id) || !await store.DeleteAsync(id, context.RequestAborted).ConfigureAwait(false))
            throw NotFound(id, param: null);
        await JsonAnswer.WriteAsync(context.Response, json =>
            JsonSerializer.Serialize(json, new ResponseDeletion(id, Deleted: true), ResponsesJson.Default.ResponseDeletion))
            .ConfigureAwait(false);
    }

    /// <summary>GET /responses/{id}/input_items: the items of the request, without those of earlier requests of the conversation.</summary>
    public async Task ListInputAsync(HttpContext context)
    {
        IQueryCollection query = context.Request.Query;
        int limit = DefaultLimit;
        if (query["limit"] is [{ } text] && (!int.TryParse(text, out limit) || limit is < 1 or > MostItems))
            throw OpenAIException.Invalid($"'limit' is '{JsonFields.Shortened(text)}'; expected 1 to {MostItems}.", "limit");
        if (query["order"] is [{ } order] && order is not ("asc" or "desc"))
            throw OpenAIException.Invalid($"'order' is '{JsonFields.Shortened(order)}'; expected asc or desc.", "order", "invalid_value");
        StoredResponse kept = await FindAsync(Id(context), context.RequestAborted).ConfigureAwait(false);
        List<JsonElement> items = [.. query["order"] == "asc" ? kept.Input : kept.Input.Reverse()];
        if (query["after"] is [{ } after])
            items.RemoveRange(0, items.FindIndex(item => ItemId(item) == after) + 1);
        if (query["before"] is [{ } before] && items.FindIndex(item => ItemId(item) == before) is >= 0 and int end)
            items.RemoveRange(end, items.Count - end);
        JsonElement[] page = [.. items.Take(limit)];
        ResponseItemList list = new(page, page is [var first, ..] ? ItemId(first) : null, page is [.., var last] ? ItemId(last) : null,
            HasMore: items.Count > page.Length);
        await JsonAnswer.WriteAsync(context.Response, json => JsonSerializer.Serialize(json, list, ResponsesJson.Default.ResponseItemList))
            .ConfigureAwait(false);
    }

    private static string Id(HttpContext context) => (string)context.Request.RouteValues["id"]!;

    private static string? ItemId(JsonElement item) => item.GetProperty("id").GetString();

    private async Task AnswerAsync(HttpContext context, Creation creation)
    {
        ResponseComposer composer = new(creation.Start, creation.SummarizesReasoning, time, emit: static _ => { });
        await foreach (ChatResponseUpdate update in creation.Turn.WithCancellation(context.RequestAborted).ConfigureAwait(false))
            composer.Add(update);
        ResponseObject response = composer.Finish();
        creation.Measured.Cost(composer.Usage, response.Id);
        await KeepAsync(response, creation, context.RequestAborted).ConfigureAwait(false);
        await JsonAnswer.WriteAsync(context.Response, json =>
            JsonSerializer.Serialize(json, response, ResponsesJson.Default.ResponseObject)).ConfigureAwait(false);
    }

    private async Task StreamAsync(HttpContext context, Creation creation)
    {
        // Until the first update is there, a failure is answered with its own status.
        IAsyncEnumerator<ChatResponseUpdate> updates = creation.Turn.GetAsyncEnumerator(context.RequestAborted);
        await using (updates.ConfigureAwait(false))
        {
            bool hasFirst = await updates.MoveNextAsync().ConfigureAwait(false);
            if (hasFirst)
                creation.Measured.Output();
            EventStream events = EventStream.Begin(context.Response);
            ResponseComposer composer = new(creation.Start, creation.SummarizesReasoning, time, emit: item => Write(events, item));
            events.WriteFailure = composer.Fail;
            composer.Begin();
            await foreach (ChatResponseUpdate update in events.WhenReadyAsync(updates, ValueTask.FromResult(hasFirst))
                .ConfigureAwait(false))
            {
                composer.Add(update);
            }

            ResponseObject response = composer.Finish();
            creation.Measured.Cost(composer.Usage, response.Id);
            await KeepAsync(response, creation, context.RequestAborted).ConfigureAwait(false);
            composer.End(response);
            await events.SendAsync().ConfigureAwait(false);
        }
    }

    private static void Write(EventStream events, ResponseEvent item)
    {
        JsonSerializer.Serialize(events.BeginEvent(item.Type), item, item.GetType(), ResponsesJson.Default);
        events.EndEvent();
    }

    private async Task KeepAsync(ResponseObject response, Creation creation, CancellationToken cancellationToken)
    {
        if (!response.Store || response.Status == ResponseObject.Failed)
            return;
        JsonElement told = JsonSerializer.SerializeToElement(response, ResponsesJson.Default.ResponseObject);
        StoredResponse kept = new(creation.Turn.After, told, creation.Input.Items);
        await store.WriteAsync(response.Id, kept.ToConversation(), storedTurn: 0, cancellationToken).ConfigureAwait(false);
    }

    private async Task<StoredResponse> FindAsync(string id, CancellationToken cancellationToken, string? param = null) =>
        await TryFindAsync(id, cancellationToken).ConfigureAwait(false) ?? throw NotFound(id, param);

    private async Task<StoredResponse?> TryFindAsync(string id, CancellationToken cancellationToken) =>
        ResponseIds.IsResponse(id) && await store.ReadAsync(id, cancellationToken).ConfigureAwait(false) is { } kept
            ? StoredResponse.From(kept)
            : null;

    private static OpenAIException NotFound(string id, string? param) => new(StatusCodes.Status404NotFound,
        $"The response '{JsonFields.Shortened(id)}' does not exist: it was not kept, or it was deleted.", OpenAIErrors.InvalidRequest,
        param, param is null ? "response_not_found" : "previous_response_not_found");

    private ResponseObject Start(JsonFields request, string modelId) => new()
    {
        Id = ResponseIds.New(),
        CreatedAt = time.GetUtcNow().ToUnixTimeSeconds(),
        Instructions = request.Text("instructions"),
        MaxOutputTokens = request.Count("max_output_tokens", 1),
        MaxToolCalls = request.Count("max_tool_calls", 0),
        Model = modelId,
        ParallelToolCalls = request.Flag("parallel_tool_calls") ?? true,
        PreviousResponseId = request.Text("previous_response_id"),
        Reasoning = request.Any("reasoning") ?? NoReasoning,
        Store = request.Flag("store") ?? true,
        Temperature = request.Number("temperature", 0, 2),
        Text = request.Object("text") is { } text && text.Any("format") is not null ? text.Json : PlainText,
        ToolChoice = request.Any("tool_choice") ?? AutoChoice,
        Tools = [.. (request.Objects("tools") ?? []).Select(tool => tool.Json)],
        TopLogprobs = request.Count("top_logprobs", 0) ?? 0,
        TopP = request.Number("top_p", 0, 1),
        User = request.Text("user"),
        Metadata = request.Object("metadata")?.Json ?? NoMetadata,
    };

    /// <summary>A response that is being created.</summary>
    private sealed record Creation(
        ResponseObject Start, ConversationTurn Turn, ResponsesInput Input, bool SummarizesReasoning, RequestTelemetry Measured);
}
