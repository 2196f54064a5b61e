using RetNet.Extensions.Core.ChatTemplates;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AI;

/// <summary>The messages of a conversation and, as long as there is room for it, the state of the model after them.</summary>
internal sealed class Conversation(
    string id, IReadOnlyList<ChatTemplateMessage> history, StateOptions stateOptions, int[] tokens, SequenceState state)
{
    private SequenceState? _state = state;

    public string Id { get; } = id;

    public IReadOnlyList<ChatTemplateMessage> History { get; } = history;

    public bool HasState => _state is not null;

    public long StateBytes { get; private set; } = state.ByteSize;

    /// <summary>The number of tokens of a prompt that need not be read again; 0 if the state cannot be used for it.</summary>
    public int Covers(ReadOnlySpan<int> prompt, StateOptions options) =>
        HasState && tokens.Length < prompt.Length && prompt.StartsWith(tokens) && stateOptions == options ? tokens.Length : 0;

    public SequenceState TakeState()
    {
        SequenceState taken = _state ?? throw new InvalidOperationException("The conversation has no state.");
        _state = null;
        StateBytes = 0;
        return taken;
    }

    public void DropState()
    {
        if (HasState)
            TakeState().Dispose();
    }
}
