using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using RetNet.Extensions.AI.Answers;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.AI.Requests;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.DependencyInjection;

namespace RetNet.Extensions.AI;

/// <summary>Chats with a RetNet or a multi-state Transformer. Safe for concurrent requests, which the model's <see cref="BatchScheduler"/>
/// generates together.</summary>
/// <remarks>
/// <para>
/// Every member of <see cref="ChatOptions"/> is honoured or refused with a <see cref="NotSupportedException"/> that names it. Ignored are
/// only <see cref="ChatOptions.AllowBackgroundResponses"/>, and unknown keys of <see cref="ChatOptions.AdditionalProperties"/> and other
/// objects of <see cref="ChatOptions.RawRepresentationFactory"/>, each of which is logged once.
/// Refused are JSON schemas that cannot be kept (by keyword and place), a <see cref="ChatOptions.ToolMode"/> that requires a
/// call without functions or of one whose schema cannot be kept, tools that are not functions, functions for a
/// model whose chat template has no place for them, another <see cref="ChatOptions.ModelId"/>, a
/// <see cref="ChatOptions.ContinuationToken"/>, and messages with images, files or other data.
/// </para>
/// <para>
/// Further options by their key in <see cref="ChatOptions.AdditionalProperties"/>: <c>min_p</c>, <c>repetition_penalty</c>,
/// <c>logit_bias</c> (token id to bias), <c>policy</c>, <c>state_size</c>, <c>sinks</c>, <c>prompt_chunk</c>, <c>adapter</c> and
/// <c>prompt_lookup_tokens</c>, each as in <see cref="RetNetOptions"/>;
/// and one of <c>json_schema</c> (JSON or its text), <c>regex</c> (as JavaScript writes it; the whole answer
/// matches) and <c>grammar</c> (in the notation of llama.cpp, GBNF). <c>refuse_when_busy</c> (true or false): a request that finds the
/// queue full is refused with a <see cref="QueueFullException"/> instead of waiting for a place. <c>logprobs</c> (true or false) and
/// <c>top_logprobs</c> (0 to 20): the log probabilities of the tokens of its text only, not of reasoning, calls and what a stop string cuts
/// off, see <see cref="TokenLogProbs"/>.
/// <c>include_state</c> (true or false): the updates tell how the state grows, see <see cref="StateProgress"/>. <c>max_prompt_tokens</c>: a
/// longer prompt is refused with a <see cref="PromptLengthException"/>. <c>max_output_tokens</c>: an answer has no more tokens, whatever
/// else is asked for.
/// <see cref="ChatOptions.RawRepresentationFactory"/> may return <see cref="GenerationOptions"/> to start from instead of the model's
/// defaults.
/// <see cref="ReasoningOptions.Effort"/> sets the template variables <c>enable_thinking</c> and <c>thinking</c>, false for
/// <see cref="ReasoningEffort.None"/>, and <c>reasoning_effort</c>, which is low, medium or high.
/// </para>
/// <para>
/// A request carries the whole history. States are kept after each prompt and each answer (see <see cref="RetNetChatClientOptions"/>), so
/// that the model reads only what the longest kept beginning of the prompt lacks, in whatever branch of a conversation;
/// <see cref="UsageDetails.CachedInputTokenCount"/> says how much was not read again. The text is the same as without reuse. Where a
/// bounded policy has dropped rows while an answer was written, that answer is read again, and the state of the prompt before it is reused.
/// With <see cref="RetNetChatClientOptions.RememberConversations"/> a response carries a <see cref="ChatResponse.ConversationId"/>, and a
/// request with it needs only the new messages.
/// The state of a system prompt is kept too, and forked for further conversations that begin with it.
/// The <see cref="ChatResponse.AdditionalProperties"/>, and those of a stream's last update, have <c>state_bytes</c>, the bytes that the
/// state held at the end.
/// </para>
/// <para>
/// An answer in a JSON format, or of a grammar, always is one: tokens that would lead out of it are not chosen. A format without a schema
/// asks for a JSON object. An answer that the largest number of tokens cuts off is only the beginning of one, which <see
/// cref="ChatFinishReason.Length"/> says. Reasoning before it is free.
/// </para>
/// <para>
/// What a model writes first between <c>&lt;think&gt;</c> and <c>&lt;/think&gt;</c> (or as <see cref="AnswerFormat"/> knows), or after a
/// template that begins with the former, is <see cref="TextReasoningContent"/>, counted by <see cref="UsageDetails.ReasoningTokenCount"/>;
/// <see cref="ReasoningOutput.None"/> hides it.
/// </para>
/// <para>The characters of control tokens in messages are ordinary text; only the chat template writes control tokens.</para>
/// </remarks>
public sealed partial class RetNetChatClient : IChatClient
{
    private readonly SharedModel _model;
    private readonly ConversationStore _conversations;
    private readonly bool _remembersConversations;
    private readonly bool _keepsStates;
    private readonly bool _refusesLongPrompts;
    private readonly ModelMemory _memory;
    private readonly ILogger _logger;
    private readonly RequestWarnings _warnings;

    private readonly AnswerGrammars _grammars = new();

    // Whose states the model's scheduler keeps.
    private readonly object _owner = new();
    private volatile bool _isDisposed;
    private readonly ChatClientMetadata _metadata;

    /// <summary>Creates a client for a shared model, which is loaded by the first request.</summary>
    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="options">What is remembered between requests; null for the defaults.</param>
    /// <param name="logger">Warns of prompts that are longer than the model's context, and once of each unknown key of
    /// <see cref="ChatOptions.AdditionalProperties"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is negative.</exception>
    public RetNetChatClient(SharedModel model, RetNetChatClientOptions? options = null, ILogger<RetNetChatClient>? logger = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        options ??= new RetNetChatClientOptions();
        _model = model;
        _remembersConversations = options.RememberConversations && options.MaxConversations > 0;
        _keepsStates = options.MaxConversations > 0;
        _refusesLongPrompts = options.RefuseLongPrompts;
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxConversationStateBytes);
        _memory = new ModelMemory(options);
        _conversations = new ConversationStore(options.MaxConversations);
        _metadata = new ChatClientMetadata("retnet", null, model.Name);
        _logger = logger ?? (ILogger)NullLogger.Instance;
        _warnings = new RequestWarnings(_logger, model.Name);
    }

    /// <summary>Creates a client for a loaded model.</summary>
    /// <param name="model">The model; it stays the caller's.</param>
    /// <param name="options">What is remembered between requests; null for the defaults.</param>
    /// <param name="logger">As for the other constructor.</param>
    /// <exception cref="ArgumentOutOfRangeException">A limit is negative.</exception>
    public RetNetChatClient(TextModel model, RetNetChatClientOptions? options = null, ILogger<RetNetChatClient>? logger = null)
        : this(new SharedModel(model), options, logger)
    {
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">An option or a message requires something that the model cannot do; the exception names
    /// it.</exception>
    /// <exception cref="InvalidOperationException">The conversation is not known, or the model has no chat template.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or a message, a content or a tool is null.</exception>
    /// <exception cref="GrammarException">The grammar of the answer proves too complex while it is followed.</exception>
    /// <exception cref="StateBudgetException">The state could grow beyond the whole budget of the model's scheduler.</exception>
    /// <exception cref="QueueFullException">The queue is full, and <c>refuse_when_busy</c> is set.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the model was disposed meanwhile.</exception>
    public Task<ChatResponse> GetResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return AnswerLogProbs.ToResponseAsync(AnswerAsync(messages, options, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">An option or a message requires something that the model cannot do; the exception names
    /// it.</exception>
    /// <exception cref="InvalidOperationException">The conversation is not known, or the model has no chat template.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or a message, a content or a tool is null.</exception>
    /// <exception cref="GrammarException">The grammar of the answer proves too complex while it is followed.</exception>
    /// <exception cref="StateBudgetException">The state could grow beyond the whole budget of the model's scheduler.</exception>
    /// <exception cref="QueueFullException">The queue is full, and <c>refuse_when_busy</c> is set.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the model was disposed meanwhile.</exception>
    public IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        return AnswerAsync(messages, options, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Without a key: <see cref="ChatClientMetadata"/>, this client, its <see cref="SharedModel"/>, or its <see cref="TextModel"/> once
    /// it is loaded.
    /// </remarks>
    public object? GetService(Type serviceType, object? serviceKey = null)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        if (serviceKey is not null)
            return null;
        if (serviceType == typeof(ChatClientMetadata))
            return _metadata;
        if (serviceType.IsInstanceOfType(this))
            return this;
        if (serviceType == typeof(SharedModel))
            return _model;
        return serviceType == typeof(TextModel) ? _model.Loaded?.TextModel : null;
    }

    /// <summary>Forgets all conversations. The model is not disposed.</summary>
    public void Dispose()
    {
        _isDisposed = true;
        _conversations.Close();
        if (_model.Loaded is { TextModel: { GeneratesText: true } model })
            model.Scheduler.Forget(_owner);
    }

    private async IAsyncEnumerable<ChatResponseUpdate> AnswerAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ChatOptionsMapping.RefuseUnsupported(options, _model.Name);
        ChatOptionsMapping.RefuseTextOnly(options);
        LoadedModel model = await _model.GetAsync(cancellationToken).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        BatchScheduler scheduler = model.TextModel.Scheduler;
        Conversation? conversation = BeginConversation(options?.ConversationId);
        TurnState? turn = _keepsStates ? TurnState.Of(options) : null;
        try
        {
            ChatPrompt chat = Prepare(model, messages, options, conversation?.History ?? [], cancellationToken);
            object owner = turn?.Begin(scheduler, _owner, state => _memory.Restore(state, model, _model.Name, turn)) ?? _owner;
            GenerationRequest request = new(chat.Tokens, chat.Options)
            {
                PrefixLength = chat.PrefixLength,
                KeepFor = _keepsStates && !_isDisposed ? owner : null,
                KeepPrompt = true,
            };
            using ScheduledGeneration text = await StartAsync(model, request, options, cancellationToken).ConfigureAwait(false);
            if (conversation is not null)
                _conversations.Keep(conversation);
            StateMeter state = Meter(model, request, options);
            ResponseEnvelope envelope = new(_model.Name, conversation?.Id, state);
            AnswerLogProbs logProbs = new(model.TextModel.Tokenizer, chat.Options.TopLogProbs);
            AnswerReader answer = new(chat, options, logProbs);
            while (await text.ReadAsync().ConfigureAwait(false))
            {
                logProbs.Add(text);
                state.Add(text);
                if (!text.Text.IsEmpty && answer.Add(text.Text.ToString()) is { Count: > 0 } certain)
                    yield return logProbs.AddTo(envelope.Update(certain));
            }

            GenerationResult result = await text.Result.ConfigureAwait(false);
            if (answer.Finish() is { Count: > 0 } rest)
                yield return logProbs.AddTo(envelope.Update(rest));
            int reasoning = answer.HasReasoning ? chat.Answers.CountReasoning([.. result.Tokens]) : 0;
            ChatTemplateMessage answered = TemplateMessages.Answer(answer);
            ChatTemplateMessage shown = answer.HidesReasoning ? answered with { Reasoning = null } : answered;
            turn?.End(() => Save(model, owner, chat, options?.Instructions, shown, cancellationToken));
            if (conversation is not null)
            {
                conversation.History = [.. chat.History, answered];
                _conversations.Keep(conversation);
            }

            yield return envelope.Last(result, text.CachedTokens, reasoning, answer.Calls.Count > 0);
        }
        finally
        {
            if (conversation is not null)
                _conversations.End(conversation);
        }
    }

    /// <summary>What the next turn goes on from. The answer is there without it, and the messages can be read again: a failure is only
    /// logged.</summary>
    private ReadOnlyMemory<byte> Save(
        LoadedModel model, object owner, ChatPrompt chat, string? instructions, ChatTemplateMessage answer, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
            return default;
        try
        {
            return _memory.Save(model, _model.Name, owner, chat, instructions, answer);
        }
        catch (Exception exception)
        {
            LogUnsaved(_model.Name, exception);
            return default;
        }
    }

    private static StateMeter Meter(LoadedModel model, GenerationRequest request, ChatOptions? options) => new(
        model.TextModel.Model, request.Options!.State, request.Prompt.Length,
        new RequestProperties(options?.AdditionalProperties).IncludesState());

    private async ValueTask<ScheduledGeneration> StartAsync(
        LoadedModel model, GenerationRequest request, ChatOptions? options, CancellationToken cancellationToken)
    {
        BatchScheduler scheduler = model.TextModel.Scheduler;
        RequestProperties more = new(options?.AdditionalProperties);
        if (!more.RefusesWhenBusy())
            return await scheduler.EnqueueAsync(request, cancellationToken).ConfigureAwait(false);
        SchedulerPlaces? places = OptionObjects.Find<SchedulerPlaces>(options, RequestProperties.PlacesKey);
        return scheduler.TryEnqueuePlaced(request, places, out ScheduledGeneration? text, cancellationToken)
            ? text
            : throw new QueueFullException(_model.Name, scheduler.QueuedRequests);
    }

    /// <summary>The conversation of a request; null where none are remembered.</summary>
    private Conversation? BeginConversation(string? id)
    {
        if (id is not null && !_remembersConversations)
        {
            throw new InvalidOperationException($"ConversationId is '{id}', but this client remembers no conversations; set "
                + $"{nameof(RetNetChatClientOptions)}.{nameof(RetNetChatClientOptions.RememberConversations)}, or send the whole history "
                + "without a ConversationId.");
        }

        return _remembersConversations ? _conversations.Begin(id) : null;
    }

    /// <summary>Translates a request.</summary>
    private ChatPrompt Prepare(
        LoadedModel model, IEnumerable<ChatMessage> messages, ChatOptions? options, IReadOnlyList<ChatTemplateMessage> earlier,
        CancellationToken cancellationToken)
    {
        ModelInfo info = model.TextModel.Model.Info;
        ChatTemplate template = model.ChatTemplate
            ?? throw new InvalidOperationException($"Model '{_model.Name}' has no chat template; "
            + $"{nameof(RetNetOptions)}.{nameof(RetNetOptions.ChatTemplate)} sets one.");
        IReadOnlyList<AIFunctionDeclaration> functions = FunctionTools.Read(options, template, _model.Name);
        IReadOnlyList<JsonElement> tools = FunctionTools.Describe(functions);
        IReadOnlyList<JsonElement> typed = FunctionTools.DescribeTypes(functions);
        FunctionCallFormat? format = tools.Count > 0 ? FunctionTools.Format(model.Chat, _model.Name) : null;
        GenerationOptions generation = ChatOptionsMapping.ToGenerationOptions(options, model.DefaultOptions, RawOptions(options));
        AnswerFormat answers = model.Chat.Answers;
        generation = generation with
        {
            VisibleTokens = [.. generation.VisibleTokens, .. answers.ControlTokens, .. format?.ControlTokens ?? []],
        };
        ChatMessage[] request = [.. messages];
        List<ChatTemplateMessage> history = [.. earlier];
        TemplateMessages.Append(request, history);
        Dictionary<string, JsonElement>? variables = ChatOptionsMapping.TemplateVariables(options, template);
        SharedPrompt? shared = earlier.Count == 0 ? OptionObjects.Find<SharedPrompt>(options, RequestProperties.PromptKey) : null;
        (int[] tokens, int prefixLength) = shared is null
            ? Encode()
            : shared.Encode(
                new(model.Chat, options!.Instructions, request, functions, options.Reasoning?.Effort), Encode, cancellationToken);
        CheckLength(tokens.Length, info, options);
        _warnings.Unknown(new RequestProperties(options?.AdditionalProperties).Unknown);
        Grammar? asked = _grammars.Find(options, model.TextModel.Tokenizer) is { } text ? answers.Text(text) : null;
        if (FunctionTools.WholeAnswer(asked, options, format, typed) is { } whole)
        {
            generation = generation with { Grammar = answers.Before(whole, tokens), GrammarTrigger = null };
        }
        else if (generation.Grammar is null && format?.Allow(typed, FunctionTools.TakesSeveralCalls(options)) is { } calls)
        {
            calls = answers.Before(calls, tokens);
            generation = generation with { Grammar = calls.Grammar, GrammarTrigger = calls.Trigger };
            _warnings.Unconstrained(calls.Unconstrained);
        }

        return new ChatPrompt(history, tools, typed, format, generation, tokens, prefixLength, variables, answers);

        (int[] Tokens, int PrefixLength) Encode() => (
            model.Chat.Encode(TemplateMessages.WithInstructions(options?.Instructions, history), out int prefixLength,
                tools.Count > 0 ? tools : null, variables),
            prefixLength);
    }

    private void CheckLength(int tokens, ModelInfo model, ChatOptions? options)
    {
        if (new RequestProperties(options?.AdditionalProperties).MaxPromptTokens() is { } most && tokens > most)
        {
            throw new PromptLengthException(
                tokens, most, $"The prompt has {tokens} tokens, more than the {most} that are allowed. Send less of the history.");
        }

        if (model.HasConstantState || model.ContextLength is not { } context || tokens <= context)
            return;
        if (_refusesLongPrompts)
        {
            throw new PromptLengthException(tokens, context,
                $"The prompt has {tokens} tokens, more than the context of model '{_model.Name}': {context}. Send "
                + $"less of the history, or unset {nameof(RetNetChatClientOptions.RefuseLongPrompts)}.");
        }

        LogLongPrompt(tokens, context, _model.Name);
    }
}
