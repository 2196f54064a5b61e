using Microsoft.Extensions.AI;

namespace RetNet.Extensions.Orleans.Conversations;

/// <summary>A part of an answer of an <see cref="IConversationGrain"/>; it travels as JSON of Microsoft.Extensions.AI.</summary>
[GenerateSerializer, Immutable, Alias("RetNet.TurnUpdate")]
public sealed class TurnUpdate
{
    [Id(0)]
    private readonly byte[] _update;

    /// <summary>Creates an update.</summary>
    /// <param name="turn">The number of the turn.</param>
    /// <param name="update">The part of the answer.</param>
    internal TurnUpdate(long turn, ChatResponseUpdate update) => (Turn, _update) = (turn, Wire.Write(update));

    private TurnUpdate() => _update = [];

    /// <summary>Says that the turn is known and goes on, when there has been nothing else to say for a second.</summary>
    internal static TurnUpdate Waiting { get; } = new();

    /// <summary>The number of the turn: 1 for the conversation's first; 0 in an update that only says that the turn goes on.</summary>
    [Id(1)]
    public long Turn { get; }

    /// <summary>Reads the part of the answer.</summary>
    /// <returns>A new object each time; empty in an update that only says that the turn goes on.</returns>
    public ChatResponseUpdate Read() => Turn == 0 ? new ChatResponseUpdate() : Wire.Read<ChatResponseUpdate>(_update);
}
