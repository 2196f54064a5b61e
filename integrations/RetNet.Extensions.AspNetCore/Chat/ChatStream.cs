using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI;
using RetNet.Extensions.AspNetCore.Requests;

namespace RetNet.Extensions.AspNetCore.Chat;

/// <summary>Writes the chunks of a streamed chat completion.</summary>
/// <param name="events">Takes them.</param>
/// <param name="envelope">What each begins with.</param>
/// <param name="request">The request.</param>
internal sealed class ChatStream(EventStream events, ChatEnvelope envelope, ChatRequest request)
{
    private readonly Progress[] _choices = [.. Enumerable.Range(0, request.Choices).Select(_ => new Progress())];

    /// <summary>What all answers cost; null if it is not known.</summary>
    public UsageDetails? Usage => _choices.Aggregate((UsageDetails?)null, (sum, choice) => ChatJson.Add(sum, choice.Usage));

    /// <summary>Writes the chunk of an update, if it has anything to tell.</summary>
    /// <exception cref="Errors.OpenAIException">The answer is an error.</exception>
    public void Write(int choice, ChatResponseUpdate update)
    {
        Progress progress = _choices[choice];
        progress.State = update.AdditionalProperties?.GetValueOrDefault("state") as StateProgress ?? progress.State;
        progress.Reason = update.FinishReason ?? progress.Reason;
        IReadOnlyList<TokenLogProbs> logProbs = LogProbsJson.Of(update.AdditionalProperties);
        bool tells = logProbs.Count > 0;
        foreach (AIContent content in update.Contents)
        {
            if (content is UsageContent usage)
                (progress.Usage ??= new UsageDetails()).Add(usage.Details);
            if (content is ErrorContent error && !ErrorContents.IsRefusal(error))
                throw ErrorContents.Failure(error);
            tells |= content is TextContent or TextReasoningContent or ErrorContent
                || (content is FunctionCallContent call && ChatAnswer.IsForCaller(call, request.Options));
        }

        ChatJson.AddState(progress.Usage, update.AdditionalProperties);
        if (!tells)
            return;
        if (!progress.HasBegun)
            WriteRole(choice, progress, BeginsWithText(update));
        progress.HasBegun = true;
        WriteDelta(choice, progress, update, logProbs);
    }

    // Clients take an empty text for one: a part of the answer before its calls.
    private static bool BeginsWithText(ChatResponseUpdate update) => update.Contents.OfType<TextContent>().Any()
        || !update.Contents.Any(content => content is TextReasoningContent or FunctionCallContent or ErrorContent);

    /// <summary>Writes the ends of all answers, and the usage if it is asked for.</summary>
    public void End()
    {
        for (int choice = 0; choice < _choices.Length; choice++)
        {
            Progress progress = _choices[choice];
            if (!progress.HasBegun)
                WriteRole(choice, progress, isText: true);
            Utf8JsonWriter json = BeginChunk(choice);
            json.WriteEndObject();
            EndChunk(json, progress, ChatJson.FinishReason(progress.Reason, progress.Calls > 0));
        }

        if (request.IncludesUsage)
        {
            Utf8JsonWriter json = events.BeginEvent();
            envelope.WriteStart(json);
            json.WriteStartArray("choices"u8);
            json.WriteEndArray();
            ChatJson.WriteUsage(json, Usage);
            json.WriteEndObject();
            events.EndEvent();
        }

        events.WriteDone();
    }

    private void WriteRole(int choice, Progress progress, bool isText)
    {
        Utf8JsonWriter json = BeginChunk(choice);
        json.WriteString("role"u8, "assistant"u8);
        json.WriteString("content"u8, isText ? "" : null);
        json.WriteEndObject();
        EndChunk(json, progress, finishReason: null);
    }

    private void WriteDelta(int choice, Progress progress, ChatResponseUpdate update, IReadOnlyList<TokenLogProbs> logProbs)
    {
        Utf8JsonWriter json = BeginChunk(choice);
        string text = string.Concat(update.Contents.OfType<TextContent>().Select(content => content.Text));
        if (text.Length > 0)
            json.WriteString("content"u8, text);
        string thought = string.Concat(update.Contents.OfType<TextReasoningContent>().Select(content => content.Text));
        if (thought.Length > 0)
            json.WriteString("reasoning_content"u8, thought);
        string refusal = string.Concat(update.Contents.OfType<ErrorContent>().Select(content => content.Message));
        if (refusal.Length > 0)
            json.WriteString("refusal"u8, refusal);
        FunctionCallContent[] calls =
            [.. update.Contents.OfType<FunctionCallContent>().Where(call => ChatAnswer.IsForCaller(call, request.Options))];
        if (calls.Length > 0)
        {
            json.WriteStartArray("tool_calls"u8);
            foreach (FunctionCallContent call in calls)
                ChatJson.WriteCall(json, call, progress.Calls++);
            json.WriteEndArray();
        }

        json.WriteEndObject();
        EndChunk(json, progress, finishReason: null, logProbs);
    }

    private Utf8JsonWriter BeginChunk(int choice)
    {
        Utf8JsonWriter json = events.BeginEvent();
        envelope.WriteStart(json);
        json.WriteStartArray("choices"u8);
        json.WriteStartObject();
        json.WriteNumber("index"u8, choice);
        json.WriteStartObject("delta"u8);
        return json;
    }

    private void EndChunk(
        Utf8JsonWriter json, Progress progress, string? finishReason, IReadOnlyList<TokenLogProbs>? logProbs = null)
    {
        LogProbsJson.Write(json, logProbs ?? []);
        json.WriteString("finish_reason"u8, finishReason);
        json.WriteEndObject();
        json.WriteEndArray();
        if (request.IncludesUsage)
            json.WriteNull("usage"u8);
        if (request.IncludesState)
            WriteState(json, progress.State);
        json.WriteEndObject();
        events.EndEvent();
    }

    private static void WriteState(Utf8JsonWriter json, StateProgress? state)
    {
        if (state is null)
        {
            json.WriteNull("retnet"u8);
            return;
        }

        json.WriteStartObject("retnet"u8);
        json.WriteNumber("tokens"u8, state.Tokens);
        json.WriteNumber("state_bytes"u8, state.StateBytes);
        json.WriteNumber("full_cache_bytes"u8, state.FullCacheBytes);
        json.WriteEndObject();
    }

    /// <summary>How far an answer is.</summary>
    private sealed class Progress
    {
        public bool HasBegun { get; set; }

        public int Calls { get; set; }

        public ChatFinishReason? Reason { get; set; }

        public UsageDetails? Usage { get; set; }

        public StateProgress? State { get; set; }
    }
}
