using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using RetNet.Extensions.AspNetCore.Models;
using RetNet.Extensions.AspNetCore.Requests;

namespace RetNet.Extensions.AspNetCore.Chat;

/// <summary>Answers chats: <c>/chat/completions</c>.</summary>
internal sealed class ChatEndpoint(ServedModels models, IOptions<RetNetOpenAIOptions> options, TimeProvider time)
{
    /// <summary>Answers a chat, as a stream if the request says so.</summary>
    public async Task CompleteAsync(HttpContext context)
    {
        JsonFields fields = await JsonBody.ReadAsync(context.Request, options.Value.MaxRequestBytes).ConfigureAwait(false);
        ChatRequest request = ChatRequest.Read(fields, options.Value);
        ServedModel model = models.Find(request.Model, model => model.Chat is not null, "answers no chats");
        if (request.IsStreamed)
            await StreamAsync(context, request, model).ConfigureAwait(false);
        else
            await AnswerAsync(context, request, model).ConfigureAwait(false);
    }

    private async Task AnswerAsync(HttpContext context, ChatRequest request, ServedModel model)
    {
        ChatAnswer[] answers = [.. Enumerable.Range(0, request.Choices).Select(_ => new ChatAnswer(request.Options))];
        using CancellationTokenSource all = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        try
        {
            await foreach (Task<ChatResponse> ended in Task.WhenEach(Enumerable.Range(0, request.Choices).Select(AnswerOneAsync))
                .ConfigureAwait(false))
            {
                await ended.ConfigureAwait(false);
            }
        }
        finally
        {
            await all.CancelAsync().ConfigureAwait(false);
        }

        ChatEnvelope envelope = new("chat.completion", "chatcmpl-", model, time);
        await JsonAnswer.WriteAsync(context.Response, json =>
        {
            envelope.WriteStart(json);
            json.WriteStartArray("choices"u8);
            for (int i = 0; i < answers.Length; i++)
                answers[i].Write(json, i);
            json.WriteEndArray();
            ChatJson.WriteUsage(json, answers.Aggregate((UsageDetails?)null, (sum, answer) => ChatJson.Add(sum, answer.Usage)));
            json.WriteEndObject();
        }).ConfigureAwait(false);

        async Task<ChatResponse> AnswerOneAsync(int choice)
        {
            ChatResponse response = await model.Chat!.GetResponseAsync(
                request.Messages, Choices.Options(request.Options, choice), all.Token).ConfigureAwait(false);
            answers[choice].Add(response);
            return response;
        }
    }

    private async Task StreamAsync(HttpContext context, ChatRequest request, ServedModel model)
    {
        IAsyncEnumerator<ChoiceUpdate> updates = Choices.Stream(
            (choice, cancellation) => model.Chat!.GetStreamingResponseAsync(
                request.Messages, Choices.Options(request.Options, choice), cancellation),
            request.Choices, context.RequestAborted).GetAsyncEnumerator(context.RequestAborted);
        await using (updates.ConfigureAwait(false))
        {
            // Until the first update is there, a failure is answered with its own status.
            bool isFirst = await updates.MoveNextAsync().ConfigureAwait(false);
            using EventStream events = EventStream.Begin(context.Response);
            ChatStream stream = new(events, new ChatEnvelope("chat.completion.chunk", "chatcmpl-", model, time), request);
            await foreach (ChoiceUpdate update in events.WhenReadyAsync(updates, ValueTask.FromResult(isFirst)).ConfigureAwait(false))
                stream.Write(update);
            stream.End();
            await events.SendAsync().ConfigureAwait(false);
        }
    }
}
