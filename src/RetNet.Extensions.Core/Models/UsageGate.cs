namespace RetNet.Extensions.Core.Models;

/// <summary>Counts the users of a resource, so that closing it while it is used leaves its release to the last user.</summary>
/// <param name="release">Releases the resource; called once, when the gate is closed and the last user has left.</param>
internal sealed class UsageGate(Action release)
{
    private const int Closed = int.MinValue;

    // The number of users; the sign bit is set once the gate is closed.
    private int _users;

    public bool IsClosed => Volatile.Read(ref _users) < 0;

    /// <summary>Enters the gate, or throws when it is closed.</summary>
    public Lease Enter(object owner)
    {
        int users = Volatile.Read(ref _users);
        while (true)
        {
            ObjectDisposedException.ThrowIf(users < 0, owner);
            int seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
                return new Lease(this);
            users = seen;
        }
    }

    public void Close()
    {
        if (Interlocked.Or(ref _users, Closed) == 0)
            release();
    }

    private void Leave()
    {
        if (Interlocked.Decrement(ref _users) == Closed)
            release();
    }

    /// <summary>One use of the resource.</summary>
    public readonly ref struct Lease(UsageGate gate)
    {
        public void Dispose() => gate.Leave();
    }
}
