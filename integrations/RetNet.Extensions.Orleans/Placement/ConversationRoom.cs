namespace RetNet.Extensions.Orleans.Placement;

/// <summary>The places that a silo has for conversations. Thread-safe.</summary>
/// <remarks>A conversation that rests is in storage, too, so that it gives its place away when another one needs it; one that is being
/// answered does not.</remarks>
internal sealed class ConversationRoom(TimeProvider time)
{
    /// <summary>How long a place is held for a conversation that was sent here, until its first turn begins.</summary>
    private static readonly TimeSpan ReservedFor = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();

    // Least recently used first.
    private readonly List<Place> _places = [];
    private readonly Queue<long> _reserved = [];

    public RoomReport Report(int capacity)
    {
        lock (_gate)
            return new RoomReport(capacity, Taken, _places.Count(IsBusy) + _reserved.Count);
    }

    /// <summary>Holds a place for a conversation that is sent here.</summary>
    /// <returns>False if all are taken by conversations that are being answered or on their way.</returns>
    public bool TryReserve(int capacity)
    {
        lock (_gate)
        {
            if (Report(capacity).Busy >= capacity)
                return false;
            _reserved.Enqueue(time.GetTimestamp());
            return true;
        }
    }

    /// <summary>Gives a conversation a place, in place of the one that has rested longest if there is none left.</summary>
    /// <param name="capacity">The number of places.</param>
    /// <param name="leave">Lets the conversation leave.</param>
    /// <returns>The place; null if all conversations are being answered.</returns>
    public Place? Enter(int capacity, Action leave)
    {
        Place? leaving = null;
        Place entering = new(leave, time.GetTimestamp());
        lock (_gate)
        {
            _reserved.TryDequeue(out _);
            if (_places.Count >= capacity)
            {
                leaving = _places.Find(place => !IsBusy(place));
                if (leaving is null)
                    return null;
                _places.Remove(leaving);
            }

            _places.Add(entering);
        }

        leaving?.Leave();
        return entering;
    }

    /// <summary>Takes a place back.</summary>
    public void Exit(Place place)
    {
        lock (_gate)
            _places.Remove(place);
    }

    /// <summary>Says whether a conversation is being answered.</summary>
    public void Use(Place place, bool isBusy)
    {
        lock (_gate)
        {
            place.IsAnswering = isBusy;
            if (_places.Remove(place))
                _places.Add(place);
        }
    }

    private int Taken
    {
        get
        {
            while (_reserved.TryPeek(out long since) && time.GetElapsedTime(since) > ReservedFor)
                _reserved.Dequeue();
            return _places.Count + _reserved.Count;
        }
    }

    private bool IsBusy(Place place) => place.IsAnswering ?? time.GetElapsedTime(place.Since) <= ReservedFor;

    /// <summary>The place of a conversation.</summary>
    internal sealed class Place(Action leave, long since)
    {
        /// <summary>Whether the conversation is being answered; null before its first turn.</summary>
        public bool? IsAnswering { get; set; }

        public Action Leave { get; } = leave;

        public long Since { get; } = since;
    }
}
