using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Generation.Scheduling;

// The states that are kept for owners.
public sealed partial class BatchScheduler
{
    /// <summary>Releases the states that are kept for an owner, and keeps no further ones for it.</summary>
    /// <param name="owner">The <see cref="GenerationRequest.KeepFor"/> of its requests.</param>
    public void Forget(object owner)
    {
        ArgumentNullException.ThrowIfNull(owner);
        _states.Forget(owner);
    }

    /// <summary>Writes the kept state from which a request of an owner would go on, with the tokens that it has seen:
    /// <see cref="RestoreKept"/> reads it, in another process too.</summary>
    /// <param name="owner">The <see cref="GenerationRequest.KeepFor"/> of its requests.</param>
    /// <param name="prompt">The prompt of a request that may come, as far as it is known.</param>
    /// <param name="options">How the sequence remembers.</param>
    /// <param name="stream">The target; nothing is written where there is no such state.</param>
    /// <param name="maxBytes">A larger state is not written.</param>
    /// <returns>False if no state is kept that has seen the beginning of the prompt, it is too large, there is no memory to copy it, or its
    /// policy is not one of <see cref="Models.Policies.MultiStatePolicies"/>.</returns>
    public bool SaveKept(
        object owner, ReadOnlySpan<int> prompt, StateOptions options, Stream stream, long maxBytes = long.MaxValue)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(stream);
        if (!KeptState.CanSave(options) || _states.ForkConversation(prompt, options, owner, maxBytes) is not { } kept)
            return false;
        using (kept.State)
            kept.Write(stream);
        return true;
    }

    /// <summary>Keeps a state that <see cref="SaveKept"/> wrote for an owner. It counts in the budget as any kept state does.</summary>
    /// <param name="owner">The <see cref="GenerationRequest.KeepFor"/> of the requests that may go on from it.</param>
    /// <param name="stream">The stream, at the first byte that <see cref="SaveKept"/> wrote.</param>
    /// <returns>False if there is no room for it, so that it was released.</returns>
    /// <exception cref="InvalidDataException">The stream does not hold a kept state of this model, or of this version of the format, or it
    /// is damaged.</exception>
    public bool RestoreKept(object owner, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(owner);
        ArgumentNullException.ThrowIfNull(stream);
        return _states.Keep(KeptState.Read(stream, _model), owner);
    }
}
