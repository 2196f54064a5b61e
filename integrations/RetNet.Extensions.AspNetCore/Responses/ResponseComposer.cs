using System.Text;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AspNetCore.Chat;
using RetNet.Extensions.AspNetCore.Errors;

namespace RetNet.Extensions.AspNetCore.Responses;

/// <summary>Makes the items of a response, and the events that tell of them, out of the updates of an answer.</summary>
/// <remarks>Calls are held back until the answer ends: one whose result follows was answered by a client in the host's pipeline, so that
/// it does not concern whoever sent the request.</remarks>
/// <param name="start">The response without output.</param>
/// <param name="summarizesReasoning">Whether reasoning is told as a summary.</param>
/// <param name="time">Tells when the response is complete.</param>
/// <param name="emit">Takes the events in their order.</param>
internal sealed class ResponseComposer(
    ResponseObject start, bool summarizesReasoning, TimeProvider time, Action<ResponseEvent> emit)
{
    private const string ServerError = "server_error";

    private readonly List<ResponseItem> _items = [];
    private readonly List<FunctionCallContent> _calls = [];
    private OpenText? _open;
    private ChatFinishReason? _finishReason;
    private ErrorContent? _error;
    private int _events;

    /// <summary>What the answer costs so far; null if it is not known.</summary>
    public UsageDetails? Usage { get; private set; }

    /// <summary>Tells that the response has begun.</summary>
    public void Begin()
    {
        emit(Next("response.created") with { Response = start });
        emit(Next("response.in_progress") with { Response = start });
    }

    /// <summary>Takes the next update of the answer.</summary>
    public void Add(ChatResponseUpdate update)
    {
        IReadOnlyList<ResponseLogProb> logProbs = [.. LogProbsJson.Of(update.AdditionalProperties).Select(ResponseLogProb.From)];
        foreach (AIContent content in update.Contents)
        {
            switch (content)
            {
                case TextReasoningContent reasoning:
                    AddText(summarizesReasoning ? TextKind.Summary : TextKind.Reasoning, update.MessageId, reasoning.Text, []);
                    break;
                case TextContent text:
                    AddText(TextKind.Message, update.MessageId, text.Text, logProbs);
                    logProbs = [];
                    break;
                case FunctionCallContent call:
                    _calls.Add(call);
                    break;
                case FunctionResultContent result:
                    _calls.RemoveAll(call => call.CallId == result.CallId);
                    break;
                case UsageContent usage:
                    (Usage ??= new UsageDetails()).Add(usage.Details);
                    break;
                case ErrorContent refusal when ErrorContents.IsRefusal(refusal):
                    AddText(TextKind.Refusal, update.MessageId, refusal.Message, []);
                    break;
                case ErrorContent error:
                    _error = error;
                    break;
                default:
                    break;
            }
        }

        ChatJson.AddState(Usage, update.AdditionalProperties);
        _finishReason = update.FinishReason ?? _finishReason;
    }

    /// <summary>Ends the items. The end of the response itself is told by <see cref="End"/>.</summary>
    /// <returns>The response with its output.</returns>
    public ResponseObject Finish()
    {
        string? incomplete = _finishReason == ChatFinishReason.Length ? "max_output_tokens"
            : _finishReason == ChatFinishReason.ContentFilter ? "content_filter" : null;
        if (_open is null && _items.Count == 0 && _calls.Count == 0 && _error is null)
            AddText(TextKind.Message, messageId: null, "", []);
        string status = incomplete is null ? ResponseObject.Completed : ResponseObject.Incomplete;
        CloseText(status);
        foreach (FunctionCallContent call in _calls)
            AddCall(call);
        return _error is { } error
            ? Failure(ServerError, error.Message)
            : Response(status) with { IncompleteDetails = incomplete is null ? null : new IncompleteDetails(incomplete) };
    }

    /// <summary>Tells that the response has failed.</summary>
    public void Fail(OpenAIException error)
    {
        string code = error.Type switch
        {
            OpenAIErrors.Server => ServerError,
            OpenAIErrors.RateLimit => "rate_limit_exceeded",
            _ => "invalid_prompt",
        };
        End(Failure(code, error.Message), error.Param);
    }

    /// <summary>A response that failed, with what there is of its output.</summary>
    private ResponseObject Failure(string code, string message)
    {
        ResponseObject response = Response(ResponseObject.Failed);
        return response with
        {
            Error = new ResponseError(code, message),
            Output = _open is { } open ? [.. response.Output, open.Item(ResponseObject.Incomplete)] : response.Output,
        };
    }

    /// <summary>Tells that the response has ended.</summary>
    /// <param name="response">What <see cref="Finish"/> returned.</param>
    /// <param name="param">The field of the request that is to blame for a failure; null if it is none.</param>
    public void End(ResponseObject response, string? param = null)
    {
        if (response.Error is { } error)
            emit(new ResponseErrorEvent(_events++, error.Code, error.Message, param));
        emit(Next($"response.{response.Status}") with { Response = response });
    }

    private ResponseObject Response(string status) => start with
    {
        Status = status,
        CompletedAt = status == ResponseObject.Completed ? time.GetUtcNow().ToUnixTimeSeconds() : null,
        Output = [.. _items],
        Usage = Usage is null ? null : ResponseUsage.From(Usage),
    };

    private void AddText(TextKind kind, string? messageId, string text, IReadOnlyList<ResponseLogProb> logProbs)
    {
        if (_open is null || _open.Kind != kind || (messageId is not null && _open.MessageId is not null && messageId != _open.MessageId))
        {
            CloseText(ResponseObject.Completed);
            _open = new OpenText(kind, messageId, start.Id, _items.Count);
            emit(Next("response.output_item.added") with { OutputIndex = _open.Index, Item = _open.ItemWithoutText() });
            emit(NextOf(_open, $"{kind.PartEvent}.added") with { Part = kind.Part("") });
        }

        if (text.Length == 0)
            return;
        _open.Text.Append(text);
        _open.LogProbs.AddRange(logProbs);
        emit(NextOf(_open, $"{kind.TextEvent}.delta") with
        {
            Delta = text,
            Logprobs = kind == TextKind.Message ? logProbs : null,
        });
    }

    private void CloseText(string status)
    {
        if (_open is not { } open)
            return;
        ResponsePart part = open.Part();
        emit(NextOf(open, $"{open.Kind.TextEvent}.done") with { Text = part.Text, Refusal = part.Refusal, Logprobs = part.Logprobs });
        emit(NextOf(open, $"{open.Kind.PartEvent}.done") with { Part = part });
        Done(open.Index, open.Item(status));
        _open = null;
    }

    private void AddCall(FunctionCallContent call)
    {
        int index = _items.Count;
        string arguments = ChatJson.Arguments(call);
        FunctionCallItem item = new(ResponseIds.OfItem("fc", start.Id, $"{index}"), ResponseObject.InProgress, call.CallId, call.Name, "");
        emit(Next("response.output_item.added") with { OutputIndex = index, Item = item });
        emit(Next("response.function_call_arguments.delta") with { ItemId = item.Id, OutputIndex = index, Delta = arguments });
        emit(Next("response.function_call_arguments.done") with
        {
            ItemId = item.Id,
            OutputIndex = index,
            Name = item.Name,
            Arguments = arguments,
        });
        Done(index, item with { Status = ResponseObject.Completed, Arguments = arguments });
    }

    private void Done(int index, ResponseItem item)
    {
        _items.Add(item);
        emit(Next("response.output_item.done") with { OutputIndex = index, Item = item });
    }

    private ResponseEvent Next(string type) => new(type, _events++);

    private ResponseEvent NextOf(OpenText open, string type) => Next(type) with
    {
        ItemId = open.Id,
        OutputIndex = open.Index,
        ContentIndex = open.Kind == TextKind.Summary ? null : 0,
        SummaryIndex = open.Kind == TextKind.Summary ? 0 : null,
    };

    /// <summary>What text of a kind is called in items and events.</summary>
    private sealed record TextKind(string IdPrefix, string PartType, string PartEvent, string TextEvent)
    {
        public static readonly TextKind Message =
            new("msg", ResponsePart.OutputText, "response.content_part", "response.output_text");

        public static readonly TextKind Refusal =
            new("msg", ResponsePart.RefusalText, "response.content_part", "response.refusal");

        public static readonly TextKind Reasoning =
            new("rs", ResponsePart.ReasoningText, "response.content_part", "response.reasoning_text");

        public static readonly TextKind Summary =
            new("rs", ResponsePart.SummaryText, "response.reasoning_summary_part", "response.reasoning_summary_text");

        public ResponsePart Part(string text) => this == Refusal
            ? new ResponsePart(PartType, Text: null) { Refusal = text }
            : new ResponsePart(PartType, text);
    }

    /// <summary>An item of text that grows.</summary>
    private sealed class OpenText(TextKind kind, string? messageId, string response, int index)
    {
        public string Id { get; } = ResponseIds.OfItem(kind.IdPrefix, response, $"{index}");

        public TextKind Kind => kind;

        public string? MessageId => messageId;

        public int Index => index;

        public StringBuilder Text { get; } = new();

        public List<ResponseLogProb> LogProbs { get; } = [];

        public ResponsePart Part()
        {
            ResponsePart part = kind.Part(Text.ToString());
            return kind == TextKind.Message ? part with { Logprobs = [.. LogProbs] } : part;
        }

        public ResponseItem Item(string status) => Item(status, [Part()]);

        public ResponseItem ItemWithoutText() => Item(ResponseObject.InProgress, []);

        private ResponseItem Item(string status, IReadOnlyList<ResponsePart> parts) =>
            kind == TextKind.Message || kind == TextKind.Refusal ? new MessageItem(Id, status, parts)
            : kind == TextKind.Summary ? new ReasoningItem(Id, status, parts, [])
            : new ReasoningItem(Id, status, [], parts);
    }
}
