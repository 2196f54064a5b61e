using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Orleans.Storage;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Orleans.Placement;

namespace RetNet.Extensions.Orleans.Conversations;

/// <inheritdoc cref="IConversationGrain"/>
/// <remarks>A turn runs apart from the calls that read it, one after the other. So it does not matter through which gateway it was asked
/// for, and whether that gateway still lives.</remarks>
[GrainType("retnet-conversation"), ConversationPlacement]
internal sealed class ConversationGrain(
    [PersistentState("conversation", ConversationGrain.Storage)] IPersistentState<ConversationGrainState> kept, ConversationSilo silo)
    : Grain, IConversationGrain, IDisposable
{
    /// <summary>The name of the grain storage.</summary>
    public const string Storage = "RetNet";

    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<Guid, RunningTurn> _turns = [];
    private Task _last = Task.CompletedTask;
    private ConversationRoom.Place? _place;

    // After the last turn that was kept. Unlike the state of the storage, it has no turn whose write has not succeeded.
    private StoredConversation _conversation = StoredConversation.Empty;

    public async IAsyncEnumerable<TurnUpdate> AnswerAsync(
        TurnRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (!_turns.TryGetValue(request.Id, out RunningTurn? turn))
        {
            if (KeptTurn.Find(_conversation, request.Id) is { } answer)
            {
                foreach (TurnUpdate update in answer)
                    yield return update;
                yield break;
            }

            turn = new RunningTurn(_stopping.Token);
            _turns.Add(request.Id, turn);
            silo.Room.Use(_place!, isBusy: true);
            _last = RunAsync(turn, request, after: _last);
        }

        try
        {
            await foreach (TurnUpdate update in turn.ReadAsync(cancellationToken))
                yield return update;
        }
        finally
        {
            // Not before it was read to its end: the calls that read go to the next activation from then on.
            if (!request.IsKept)
                DeactivateOnIdle();
        }
    }

    public Task<StoredConversation> ReadAsync() => Task.FromResult(_conversation);

    public async Task<bool> DeleteAsync()
    {
        Task<bool> deletion = ClearAsync(after: _last);
        _last = deletion;
        return await deletion;
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _conversation = kept.State.Conversation;
        int capacity = await silo.GetCapacityAsync();
        IGrainContext context = GrainContext;
        _place = silo.Room.Enter(capacity, leave: () => context.Deactivate(
            new DeactivationReason(DeactivationReasonCode.ApplicationRequested, "Another conversation needs the place.")))
            ?? throw new ClusterFullException(silos: 1, capacity);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Settled(_last.WaitAsync(cancellationToken));
        if (_place is not null)
            silo.Room.Exit(_place);
    }

    public void Dispose() => _stopping.Dispose();

    private async Task RunAsync(RunningTurn turn, TurnRequest request, Task after)
    {
        await Settled(after);
        try
        {
            turn.Cancellation.ThrowIfCancellationRequested();
            if (request.Turn is { } number && number != _conversation.Turn + 1)
                throw new ConversationConflictException(this.GetPrimaryKeyString(), number - 1, _conversation.Turn);
            foreach (ChatResponseUpdate update in await AnswerAsync(turn, request))
                turn.Add(new TurnUpdate(_conversation.Turn, update));
            turn.End(error: null);
        }
        catch (Exception exception)
        {
            turn.End(exception);
        }
        finally
        {
            _turns.Remove(request.Id);
            silo.Room.Use(_place!, isBusy: _turns.Count > 0);
            turn.Dispose();
        }
    }

    /// <summary>Generates and keeps an answer.</summary>
    /// <returns>The end of the answer: from the first call, finish reason or usage on. It is told only after the turn is kept, since a turn
    /// that is generated anew has the same text, but other ids of calls.</returns>
    private async Task<IReadOnlyList<ChatResponseUpdate>> AnswerAsync(RunningTurn turn, TurnRequest request)
    {
        long number = _conversation.Turn + 1;
        ConversationTurn answer = new(silo.Client, _conversation, request.ReadMessages(), request.ReadOptions())
        {
            SavesState = request.IsKept,
        };
        List<ChatResponseUpdate> updates = [];
        int told = 0;
        await foreach (ChatResponseUpdate update in answer.WithCancellation(turn.Cancellation))
        {
            updates.Add(update);
            if (told == updates.Count - 1 && IsTextOnly(update))
            {
                turn.Add(new TurnUpdate(number, update));
                told++;
            }
        }

        KeptTurn.Mark(answer.After, request.Id, updates.ToChatResponse());
        if (request.IsKept)
            await WriteAsync(answer.After);
        _conversation = answer.After;
        return updates[told..];
    }

    private async Task WriteAsync(StoredConversation conversation)
    {
        kept.State.Conversation = conversation;
        try
        {
            await kept.WriteStateAsync();
        }
        catch (InconsistentStateException)
        {
            // Another activation of the conversation wrote.
            DeactivateOnIdle();
            throw;
        }
        catch (Exception exception)
        {
            await ReadAgainAsync();
            throw new ConversationStorageException(this.GetPrimaryKeyString(), exception);
        }
    }

    /// <summary>Reads what is kept, since it is not known whether a write that failed was one.</summary>
    private async Task ReadAgainAsync()
    {
        try
        {
            await kept.ReadStateAsync();
            _conversation = kept.State.Conversation;
        }
        catch (Exception)
        {
            // The next activation reads it.
            DeactivateOnIdle();
        }
    }

    private async Task<bool> ClearAsync(Task after)
    {
        await Settled(after);
        bool existed = kept.RecordExists;
        await kept.ClearStateAsync();
        _conversation = StoredConversation.Empty;
        return existed;
    }

    private static ConfiguredTaskAwaitable Settled(Task task) =>
        task.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);

    private static bool IsTextOnly(ChatResponseUpdate update) =>
        update.FinishReason is null && update.Contents.All(content => content is TextContent or TextReasoningContent);
}
