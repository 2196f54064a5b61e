using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using Orleans.Core;
using Orleans.Storage;
using RetNet.Extensions.AI.Conversations;
using RetNet.Extensions.Orleans.Placement;

namespace RetNet.Extensions.Orleans.Conversations;

/// <inheritdoc cref="IConversationGrain"/>
/// <remarks>A turn runs apart from the calls that read it, one after the other. So it does not matter through which gateway it was asked
/// for, and whether that gateway still lives.</remarks>
[GrainType("retnet-conversation"), ConversationPlacement]
internal sealed class ConversationGrain : Grain, IConversationGrain, IDisposable
{
    /// <summary>The name of the grain storage.</summary>
    public const string Storage = "RetNet";

    /// <summary>How long a read of the storage may take: less than Orleans waits for an answer, so that a caller learns why.</summary>
    private static readonly TimeSpan ReadFor = TimeSpan.FromSeconds(25);

    private readonly ConversationSilo _silo;

    // Not a persistent state that Orleans reads before the activation: where that fails, Orleans holds the failure back for 5 seconds, and
    // tells it as an OrleansException.
    private readonly StateStorageBridge<ConversationGrainState> _kept;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<Guid, RunningTurn> _turns = [];
    private Task _last = Task.CompletedTask;
    private Task? _reading;
    private ConversationRoom.Place? _place;

    // After the last turn that was kept. Unlike the state of the storage, it has no turn whose write has not succeeded.
    private StoredConversation _conversation = StoredConversation.Empty;

    public ConversationGrain(ConversationSilo silo)
    {
        _silo = silo;
        _kept = new StateStorageBridge<ConversationGrainState>("conversation", GrainContext, silo.Storage);
    }

    public async IAsyncEnumerable<TurnUpdate> AnswerAsync(
        TurnRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await ReadKeptAsync();
        cancellationToken.ThrowIfCancellationRequested();
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
            _silo.Room.Use(_place!, isBusy: true);
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

    public async Task<StoredConversation> ReadAsync()
    {
        await ReadKeptAsync();
        return _conversation;
    }

    public async Task<bool> DeleteAsync()
    {
        Task<bool> deletion = ClearAsync(after: _last);
        _last = deletion;
        return await deletion;
    }

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        int capacity = await _silo.GetCapacityAsync();
        IGrainContext context = GrainContext;
        _place = _silo.Room.Enter(capacity, leave: () => context.Deactivate(
            new DeactivationReason(DeactivationReasonCode.ApplicationRequested, "Another conversation needs the place.")))
            ?? throw new ClusterFullException(silos: 1, capacity);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Settled(_last.WaitAsync(cancellationToken));
        if (_place is not null)
            _silo.Room.Exit(_place);
    }

    public void Dispose() => _stopping.Dispose();

    private async Task RunAsync(RunningTurn turn, TurnRequest request, Task after)
    {
        await Settled(after);
        try
        {
            turn.Cancellation.ThrowIfCancellationRequested();
            await ReadKeptAsync();
            if (request.Turn is { } number && number != _conversation.Turn + 1)
                throw new ConversationConflictException(this.GetPrimaryKeyString(), number - 1, _conversation.Turn);
            await AnswerAsync(turn, request);
            turn.End(error: null);
        }
        catch (Exception exception)
        {
            turn.End(exception);
        }
        finally
        {
            _turns.Remove(request.Id);
            _silo.Room.Use(_place!, isBusy: _turns.Count > 0);
            turn.Dispose();
        }
    }

    /// <summary>Generates and keeps an answer.</summary>
    /// <remarks>Its end, from the first call, finish reason or usage on, is told only after the turn is kept, since a turn that is
    /// generated anew has the same text, but other ids of calls.</remarks>
    private async Task AnswerAsync(RunningTurn turn, TurnRequest request)
    {
        long number = _conversation.Turn + 1;
        ConversationTurn answer = new(_silo.Client, _conversation, request.ReadMessages(), request.ReadOptions())
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
        {
            _kept.State.Conversation = answer.After;
            await StoreAsync(_kept.WriteStateAsync);
            _conversation = answer.After;
        }

        foreach (ChatResponseUpdate update in updates[told..])
            turn.Add(new TurnUpdate(number, update));
    }

    private async Task<bool> ClearAsync(Task after)
    {
        await Settled(after);
        await ReadKeptAsync();
        bool existed = _kept.RecordExists;
        await StoreAsync(_kept.ClearStateAsync);
        _conversation = StoredConversation.Empty;
        return existed;
    }

    /// <summary>Reads what is kept before it is used first, and after a read or a change of it that failed.</summary>
    private async Task ReadKeptAsync()
    {
        Task reading = _reading ??= ReadAsync();
        try
        {
            await reading.WaitAsync(ReadFor, _silo.Time);
        }
        catch (TimeoutException exception) when (!reading.IsCompleted)
        {
            // What this activation reads next would wait behind it.
            DeactivateOnIdle();
            throw Failure(exception);
        }
        catch when (_reading == reading)
        {
            _reading = null;
            throw;
        }

        async Task ReadAsync()
        {
            try
            {
                await _kept.ReadStateAsync();
            }
            catch (Exception exception)
            {
                throw Failure(exception);
            }

            _conversation = _kept.State.Conversation;
        }
    }

    /// <summary>Changes what is kept.</summary>
    private async Task StoreAsync(Func<Task> change)
    {
        try
        {
            await change();
        }
        catch (InconsistentStateException)
        {
            // Another activation of the conversation wrote.
            DeactivateOnIdle();
            throw;
        }
        catch (Exception exception)
        {
            // It is not known whether it was changed.
            _reading = null;
            throw Failure(exception);
        }
    }

    /// <summary>What the storage told, without what Orleans puts around it. To repeat a turn mends no conversation that is damaged or
    /// cannot be written.</summary>
    private Exception Failure(Exception exception)
    {
        Exception cause = exception is OrleansException { InnerException: { } inner } ? inner : exception;
        return cause is InvalidDataException or NotSupportedException
            ? cause
            : new ConversationStorageException(this.GetPrimaryKeyString(), cause);
    }

    private static ConfiguredTaskAwaitable Settled(Task task) =>
        task.ConfigureAwait(ConfigureAwaitOptions.ContinueOnCapturedContext | ConfigureAwaitOptions.SuppressThrowing);

    private static bool IsTextOnly(ChatResponseUpdate update) =>
        update.FinishReason is null && update.Contents.All(content => content is TextContent or TextReasoningContent);
}
