using Microsoft.Extensions.AI;
using RetNet.Extensions.AI.Answers;
using RetNet.Extensions.Core.Generation.Scheduling;

namespace RetNet.Extensions.AI.Conversations;

/// <summary>What the model remembers during one turn: restored when its client is first asked, kept for the turn alone, and saved at the
/// end. A pipeline may ask several clients, each several times.</summary>
/// <param name="before">The state before the turn; empty if there is none.</param>
/// <param name="rereadsForeignState">As <see cref="ConversationTurn.RereadsForeignState"/>.</param>
/// <param name="sharesStates">As <see cref="ConversationTurn.SharesStates"/>.</param>
internal sealed class TurnState(ReadOnlyMemory<byte> before, bool rereadsForeignState, bool sharesStates) : IDisposable
{
    private readonly Lock _gate = new();

    // For whom each scheduler keeps states.
    private readonly Dictionary<BatchScheduler, object> _owners = [];
    private Func<ReadOnlyMemory<byte>>? _save;

    /// <summary>Whether a state that cannot be restored is passed over.</summary>
    public bool RereadsForeignState => rereadsForeignState;

    /// <summary>The turn whose options these are; null if there is none.</summary>
    public static TurnState? Of(ChatOptions? options) => OptionObjects.Find<TurnState>(options, RequestProperties.TurnKey);

    /// <summary>A copy of options with the turn in them.</summary>
    public ChatOptions AddTo(ChatOptions? options)
    {
        ChatOptions copy = options?.Clone() ?? new ChatOptions();
        OptionObjects.Set(copy, RequestProperties.TurnKey, this);
        return copy;
    }

    /// <summary>Restores the state before the first request to a model.</summary>
    /// <param name="scheduler">The model's scheduler.</param>
    /// <param name="client">Whose states the client's requests share.</param>
    /// <param name="restore">Restores a state, this turn being its owner, and says whether there is one now.</param>
    /// <returns>For whom the states of the turn are kept.</returns>
    public object Begin(BatchScheduler scheduler, object client, Func<ReadOnlyMemory<byte>, bool> restore)
    {
        lock (_gate)
        {
            if (!_owners.TryGetValue(scheduler, out object? owner))
            {
                bool isRestored = !before.IsEmpty && restore(before);
                owner = sharesStates && !isRestored ? client : this;
                _owners.Add(scheduler, owner);
            }

            return owner;
        }
    }

    /// <summary>Says how the state after an answer is saved; the last answer of a turn counts.</summary>
    public void End(Func<ReadOnlyMemory<byte>> save)
    {
        lock (_gate)
            _save = save;
    }

    /// <summary>The state after the turn: the one before it if no model was asked.</summary>
    public ReadOnlyMemory<byte> Save()
    {
        lock (_gate)
            return _save is null ? before : _save();
    }

    /// <summary>Releases what schedulers keep for the turn.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (BatchScheduler scheduler in _owners.Keys)
                scheduler.Forget(this);
        }
    }
}
