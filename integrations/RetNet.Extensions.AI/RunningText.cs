using Microsoft.Extensions.AI;
using RetNet.Extensions.Core;
using RetNet.Extensions.Core.Generation;

namespace RetNet.Extensions.AI;

/// <summary>One text that is being generated, from a new state or one that has seen the beginning of the prompt.</summary>
internal sealed class RunningText : IDisposable
{
    private readonly int[] _prompt;
    private readonly int _cached;
    private readonly Generator _generator;
    private readonly Completion _completion;
    private SequenceState? _state;
    private long _stateBytes;

    public RunningText(TextModel model, int[] prompt, GenerationOptions options, SequenceState? reused)
    {
        _prompt = prompt;
        _cached = (int)(reused?.Position ?? 0);
        _state = reused ?? model.Model.CreateState(options.State);
        _generator = model.CreateGenerator();
        _completion = _generator.Start(new GenerationRequest(prompt.AsMemory(_cached), options, _state) { Context = prompt.AsMemory(0, _cached) });
    }

    public ChatFinishReason FinishReason =>
        _completion.FinishReason == Core.Generation.FinishReason.Length ? ChatFinishReason.Length : ChatFinishReason.Stop;

    public UsageDetails Usage => new()
    {
        InputTokenCount = _prompt.Length,
        CachedInputTokenCount = _cached,
        OutputTokenCount = _completion.Tokens.Count,
        TotalTokenCount = _prompt.Length + _completion.Tokens.Count,
        AdditionalCounts = new() { ["state_bytes"] = _stateBytes },
    };

    /// <summary>Generates; each piece is never empty.</summary>
    public IEnumerable<string> Pieces(CancellationToken cancellationToken)
    {
        while (_completion.FinishReason is null)
        {
            _generator.Step([_completion], cancellationToken);
            if (!_completion.NewText.IsEmpty)
                yield return _completion.NewText.ToString();
        }

        _stateBytes = _completion.State.ByteSize;
    }

    /// <summary>The tokens that the state has seen: the prompt and what was generated, but for a last token that was not fed.</summary>
    public int[] SeenTokens() => [.. _prompt.Concat(_completion.Tokens).Take((int)_completion.State.Position)];

    /// <summary>Hands the state over to the caller.</summary>
    public SequenceState DetachState()
    {
        SequenceState state = _completion.State;
        _state = null;
        return state;
    }

    public void Dispose()
    {
        _completion.Dispose();
        _state?.Dispose();
    }
}
