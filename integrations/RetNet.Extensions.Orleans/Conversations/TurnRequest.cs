using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Conversations;

namespace RetNet.Extensions.Orleans.Conversations;

/// <summary>A turn that is asked of an <see cref="IConversationGrain"/>. Messages and options travel as JSON of
/// Microsoft.Extensions.AI, and of functions their declarations: they are invoked where the request came from.</summary>
[GenerateSerializer, Immutable, Alias("RetNet.TurnRequest")]
public sealed class TurnRequest
{
    [Id(0)]
    private readonly byte[] _messages;

    [Id(1)]
    private readonly byte[]? _options;

    [Id(2)]
    private readonly TurnFunction[] _functions;

    /// <summary>Creates a request with an id of its own.</summary>
    /// <param name="messages">The new messages.</param>
    /// <param name="options">The options of the turn; null for the defaults. The conversation's id is not read from them.</param>
    /// <exception cref="NotSupportedException">A message or an option cannot travel: content or properties that are no JSON, tools that are
    /// no functions, a <see cref="ChatOptions.RawRepresentationFactory"/>.</exception>
    public TurnRequest(IEnumerable<ChatMessage> messages, ChatOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (options?.RawRepresentationFactory is not null)
        {
            throw new NotSupportedException($"{nameof(options.RawRepresentationFactory)} is set, which cannot go to another process; "
                + $"expected the values among the {nameof(options.AdditionalProperties)}.");
        }

        _messages = Wire.Write<IList<ChatMessage>>([.. messages]);
        _options = options is null ? null : Wire.Write(options);
        _functions = [.. (options?.Tools ?? []).Select(TurnFunction.From)];
    }

    private TurnRequest(TurnRequest request, long turn) =>
        (_messages, _options, _functions, Id, Turn, IsKept) =
            (request._messages, request._options, request._functions, request.Id, turn, request.IsKept);

    /// <summary>Identifies the turn; a repeated request has the same id.</summary>
    [Id(3)]
    public Guid Id { get; init; } = Guid.NewGuid();

    /// <summary>The number of the turn, if it was begun before: 1 for the conversation's first. Another turn that took its place is a
    /// <see cref="ConversationConflictException"/>. Default null: the next.</summary>
    [Id(4)]
    public long? Turn { get; init; }

    /// <summary>Whether the conversation is kept. Default true; false for a single answer.</summary>
    [Id(5)]
    public bool IsKept { get; init; } = true;

    /// <summary>The same request, once the number of its turn is known.</summary>
    internal TurnRequest As(long turn) => Turn == turn ? this : new TurnRequest(this, turn);

    /// <summary>The new messages.</summary>
    internal IReadOnlyList<ChatMessage> ReadMessages() => [.. Wire.Read<IList<ChatMessage>>(_messages)];

    /// <summary>The options, with the functions as declarations; null for the defaults.</summary>
    internal ChatOptions? ReadOptions()
    {
        if (_options is null)
            return null;
        ChatOptions options = Wire.Read<ChatOptions>(_options);
        options.ConversationId = null;
        if (_functions.Length > 0)
            options.Tools = [.. _functions.Select(function => function.ToDeclaration())];
        return options;
    }
}
