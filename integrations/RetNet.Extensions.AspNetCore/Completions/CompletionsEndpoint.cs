using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using RetNet.Extensions.AI;
using RetNet.Extensions.AspNetCore.Chat;
using RetNet.Extensions.AspNetCore.Models;
using RetNet.Extensions.AspNetCore.Requests;
using RetNet.Extensions.AspNetCore.Telemetry;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation.Scheduling;

namespace RetNet.Extensions.AspNetCore.Completions;

/// <summary>Continues texts without a chat template: <c>/completions</c>. Only a <see cref="RetNetChatClient"/> can, past the clients
/// around it.</summary>
internal sealed class CompletionsEndpoint(
    ServedModels models, IOptions<RetNetOpenAIOptions> options, ServerTelemetry telemetry, TimeProvider time)
{
    private const string Kind = "text_completion";

    /// <summary>Continues texts, as a stream if the request says so.</summary>
    public async Task CompleteAsync(HttpContext context)
    {
        JsonFields fields = await JsonBody.ReadAsync(context.Request, options.Value.MaxRequestBytes).ConfigureAwait(false);
        CompletionRequest request = CompletionRequest.Read(fields, options.Value);
        ServedModel model = models.Find(
            request.Model, model => model.Chat?.GetService<RetNetChatClient>() is not null, "continues no texts; it answers chats");
        await model.LoadAsync(model.ChatModel, context.RequestAborted).ConfigureAwait(false);
        RetNetChatClient client = model.Chat!.GetService<RetNetChatClient>()!;
        string[] texts = new string[request.Prompts.Count];
        for (int i = 0; i < texts.Length; i++)
        {
            texts[i] = await request.Prompts[i].TextForAsync(model.ChatModel, model.Id, "prompt", context.RequestAborted)
                .ConfigureAwait(false);
        }

        RefuseLong(fields, texts);
        using SchedulerPlaces? places = Admission.Admit(model, request.Options, texts.Length * request.Choices);
        TextModel loaded = client.GetService<TextModel>()!;
        int[][] tokens = [];
        Continuation[] continuations = [.. texts.SelectMany(text =>
            Enumerable.Range(0, request.Choices).Select(_ => new Continuation(request, text, loaded.Tokenizer)))];
        ChatEnvelope envelope = new(Kind, "cmpl-", model, time);
        IAsyncEnumerator<(int Choice, ChatResponseUpdate Update)> updates = Choices.Stream(
            Continue, continuations.Length, context.RequestAborted).GetAsyncEnumerator(context.RequestAborted);
        await using (updates.ConfigureAwait(false))
        {
            await telemetry.MeasureAsync(ServerTelemetry.TextCompletion, model, request.Options, async measured =>
            {
                tokens = [.. request.Prompts.Select((prompt, i) => Encode(fields, prompt, texts[i], loaded, context.RequestAborted))];
                if (request.IsStreamed)
                    await StreamAsync(context, request, envelope, continuations, updates, measured).ConfigureAwait(false);
                else
                    await AnswerAsync(context, request, envelope, continuations, updates).ConfigureAwait(false);
                measured.Cost(CompletionJson.Sum([.. continuations.Select(one => one.Usage)], request.Choices), envelope.Id);
            }).ConfigureAwait(false);
        }

        IAsyncEnumerable<ChatResponseUpdate> Continue(int choice, CancellationToken cancellation) => client.ContinueTokensAsync(
            tokens[choice / request.Choices], Choices.Options(request.Options, choice % request.Choices), cancellation);
    }

    private void RefuseLong(JsonFields fields, string[] texts)
    {
        long characters = texts.Sum(text => (long)text.Length);
        if (characters > options.Value.MaxPromptCharacters)
        {
            throw fields.Invalid("prompt",
                $"has {characters} characters, more than the {options.Value.MaxPromptCharacters} that this server reads",
                "context_length_exceeded");
        }
    }

    /// <summary>The tokens of a text, which all of its continuations begin with.</summary>
    private static int[] Encode(JsonFields fields, Prompt prompt, string text, TextModel model, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        int[] tokens = prompt.Tokens is { } given ? [.. given] : model.EncodePrompt(text);
        return tokens.Length > 0
            ? tokens
            : throw fields.Invalid(
                "prompt", $"has a text without tokens, and model '{model.Name}' names none that begins or ends a text; expected a text");
    }

    private static async Task AnswerAsync(
        HttpContext context, CompletionRequest request, ChatEnvelope envelope, Continuation[] continuations,
        IAsyncEnumerator<(int Choice, ChatResponseUpdate Update)> updates)
    {
        while (await updates.MoveNextAsync().ConfigureAwait(false))
            continuations[updates.Current.Choice].Add(updates.Current.Update);
        await JsonAnswer.WriteAsync(context.Response, json =>
        {
            envelope.WriteStart(json);
            json.WriteStartArray("choices"u8);
            for (int i = 0; i < continuations.Length; i++)
                continuations[i].Write(json, i, isLast: true);
            json.WriteEndArray();
            ChatJson.WriteUsage(json, CompletionJson.Sum([.. continuations.Select(one => one.Usage)], request.Choices));
            json.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private static async Task StreamAsync(
        HttpContext context, CompletionRequest request, ChatEnvelope envelope, Continuation[] continuations,
        IAsyncEnumerator<(int Choice, ChatResponseUpdate Update)> updates, RequestTelemetry measured)
    {
        bool isFirst = await updates.MoveNextAsync().ConfigureAwait(false);
        measured.Output();
        EventStream events = EventStream.Begin(context.Response);
        await foreach ((int choice, ChatResponseUpdate update) in events.WhenReadyAsync(updates, ValueTask.FromResult(isFirst))
            .ConfigureAwait(false))
        {
            Continuation continuation = continuations[choice];
            continuation.Add(update);
            bool isLast = update.FinishReason is not null;
            if (isLast || continuation.HasNew)
                WriteChunk(json => continuation.Write(json, choice, isLast));
        }

        if (request.IncludesUsage)
        {
            WriteChunk(null, json => ChatJson.WriteUsage(
                json, CompletionJson.Sum([.. continuations.Select(one => one.Usage)], request.Choices)));
        }

        events.WriteDone();
        await events.SendAsync().ConfigureAwait(false);

        void WriteChunk(Action<Utf8JsonWriter>? writeChoice, Action<Utf8JsonWriter>? writeUsage = null)
        {
            Utf8JsonWriter json = events.BeginEvent();
            envelope.WriteStart(json);
            json.WriteStartArray("choices"u8);
            writeChoice?.Invoke(json);
            json.WriteEndArray();
            if (writeUsage is not null)
                writeUsage(json);
            else if (request.IncludesUsage)
                json.WriteNull("usage"u8);
            json.WriteEndObject();
            events.EndEvent();
        }
    }
}
