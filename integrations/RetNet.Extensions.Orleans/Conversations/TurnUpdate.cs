using System.Text.Json;
using Microsoft.Extensions.AI;
using RetNet.Extensions.AI;

namespace RetNet.Extensions.Orleans.Conversations;

/// <summary>A part of an answer of an <see cref="IConversationGrain"/>; it travels as JSON of Microsoft.Extensions.AI.</summary>
[GenerateSerializer, Immutable, Alias("RetNet.TurnUpdate")]
public sealed class TurnUpdate
{
    /// <summary>Where an update has the log probabilities of its tokens: a list of <see cref="TokenLogProbs"/>.</summary>
    internal const string LogProbsKey = "logprobs";

    private const string StateKey = "state";
    private const string StateBytesKey = "state_bytes";

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
    public ChatResponseUpdate Read()
    {
        if (Turn == 0)
            return new ChatResponseUpdate();
        ChatResponseUpdate update = Wire.Read<ChatResponseUpdate>(_update);

        // JSON does not say of what type the values are.
        ReadProperty<List<TokenLogProbs>>(update, LogProbsKey);
        ReadProperty<StateProgress>(update, StateKey);
        ReadProperty<long>(update, StateBytesKey);
        return update;
    }

    private static void ReadProperty<T>(ChatResponseUpdate update, string key)
    {
        if (update.AdditionalProperties?.GetValueOrDefault(key) is JsonElement value)
            update.AdditionalProperties[key] = Wire.Read<T>(JsonSerializer.SerializeToUtf8Bytes(value));
    }
}
