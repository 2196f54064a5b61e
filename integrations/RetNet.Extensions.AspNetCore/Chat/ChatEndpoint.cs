using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using RetNet.Extensions.AI;
using RetNet.Extensions.AspNetCore.Models;
using RetNet.Extensions.AspNetCore.Requests;
using RetNet.Extensions.AspNetCore.Telemetry;
using RetNet.Extensions.Core.Generation.Scheduling;

namespace RetNet.Extensions.AspNetCore.Chat;

/// <summary>Answers chats: <c>/chat/completions</c>.</summary>
internal sealed class ChatEndpoint(ServedModels models, IOptions<RetNetOpenAIOptions> options, ServerTelemetry telemetry, TimeProvider time)
{
    /// <summary>Answers a chat, as a stream if the request says so.</summary>
    public async Task CompleteAsync(HttpContext context)
    {
        JsonFields fields = await JsonBody.ReadAsync(context.Request, options.Value.MaxRequestBytes).ConfigureAwait(false);
        ChatRequest request = ChatRequest.Read(fields, options.Value);
        ServedModel model = models.Find(request.Model, model => model.Chat is not null, "answers no chats");
        await model.LoadForChatsAsync(context.RequestAborted).ConfigureAwait(false);
        using SchedulerPlaces? places = Admission.Admit(model, request.Options, request.Choices);
        if (request.Choices > 1)
            request.Options.SharePrompt();
        await telemetry.MeasureAsync(ServerTelemetry.Chat, model, request.Options, measured => request.IsStreamed
            ? StreamAsync(context, request, model, measured)
            : AnswerAsync(context, request, model, measured)).ConfigureAwait(false);
    }

    private async Task AnswerAsync(HttpContext context, ChatRequest request, ServedModel model, RequestTelemetry measured)
    {
        ChatAnswer[] answers = [.. Enumerable.Range(0, request.Choices).Select(_ => new ChatAnswer(request.Options))];
        await foreach ((int choice, ChatResponse response) in Choices.Stream(AnswerOneAsync, request.Choices, context.RequestAborted)
            .ConfigureAwait(false))
        {
            answers[choice].Add(response);
        }

        ChatEnvelope envelope = new("chat.completion", "chatcmpl-", model, time);
        UsageDetails? usage = answers.Aggregate((UsageDetails?)null, (sum, answer) => ChatJson.Add(sum, answer.Usage));
        measured.Cost(usage, envelope.Id);
        await JsonAnswer.WriteAsync(context.Response, json =>
        {
            envelope.WriteStart(json);
            json.WriteStartArray("choices"u8);
            for (int i = 0; i < answers.Length; i++)
                answers[i].Write(json, i);
            json.WriteEndArray();
            ChatJson.WriteUsage(json, usage);
            json.WriteEndObject();
        }).ConfigureAwait(false);

        async IAsyncEnumerable<ChatResponse> AnswerOneAsync(int choice, [EnumeratorCancellation] CancellationToken cancellation)
        {
            yield return await model.Chat!.GetResponseAsync(
                request.Messages, Choices.Options(request.Options, choice), cancellation).ConfigureAwait(false);
        }
    }

    private async Task StreamAsync(HttpContext context, ChatRequest request, ServedModel model, RequestTelemetry measured)
    {
        IAsyncEnumerator<(int Choice, ChatResponseUpdate Update)> updates = Choices.Stream(
            (choice, cancellation) => model.Chat!.GetStreamingResponseAsync(
                request.Messages, Choices.Options(request.Options, choice), cancellation),
            request.Choices, context.RequestAborted).GetAsyncEnumerator(context.RequestAborted);
        await using (updates.ConfigureAwait(false))
        {
            // Until the first update is there, a failure is answered with its own status.
            bool isFirst = await updates.MoveNextAsync().ConfigureAwait(false);
            EventStream events = EventStream.Begin(context.Response);
            ChatEnvelope envelope = new("chat.completion.chunk", "chatcmpl-", model, time);
            ChatStream stream = new(events, envelope, request);
            if (isFirst)
                measured.Output();
            await foreach ((int choice, ChatResponseUpdate update) in events.WhenReadyAsync(updates, ValueTask.FromResult(isFirst))
                .ConfigureAwait(false))
            {
                stream.Write(choice, update);
            }

            stream.End();
            measured.Cost(stream.Usage, envelope.Id);
            await events.SendAsync().ConfigureAwait(false);
        }
    }
}
