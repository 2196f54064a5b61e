using Microsoft.Extensions.AI;
using RetNet.Extensions.Core.Generation;
using RetNet.Extensions.Core.Generation.Scheduling;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.AI;

/// <summary>One text that the model's scheduler generates, from an empty state or one that has seen the beginning of the prompt.</summary>
internal sealed class RunningText : IDisposable
{
    private readonly int[] _prompt;
    private readonly int _seen;
    private readonly ScheduledGeneration _generation;
    private SequenceState? _reused;
    private GenerationResult? _result;

    private RunningText(int[] prompt, int seen, SequenceState? reused, ScheduledGeneration generation) =>
        (_prompt, _seen, _reused, _generation) = (prompt, seen, reused, generation);

    public ChatFinishReason FinishReason =>
        _result!.FinishReason == Core.Generation.FinishReason.Length ? ChatFinishReason.Length : ChatFinishReason.Stop;

    public UsageDetails Usage => new()
    {
        InputTokenCount = _prompt.Length,
        CachedInputTokenCount = _seen + _generation.CachedTokens,
        OutputTokenCount = _result!.Tokens.Count,
        TotalTokenCount = _prompt.Length + _result.Tokens.Count,
        AdditionalCounts = new() { ["state_bytes"] = _result.StateBytes },
    };

    /// <summary>Hands a prompt to a scheduler; waits while its queue is full.</summary>
    /// <param name="scheduler">The model's scheduler.</param>
    /// <param name="prompt">The prompt.</param>
    /// <param name="prefixLength">The number of its first tokens that other prompts probably share; 0 if a state is reused.</param>
    /// <param name="options">How the text is generated.</param>
    /// <param name="reused">A state that has seen the beginning of the prompt, which the text owns from here on; or null.</param>
    /// <param name="keepState">Whether <see cref="DetachState"/> will be called.</param>
    /// <param name="cancellationToken">Cancels the text.</param>
    public static async Task<RunningText> StartAsync(
        BatchScheduler scheduler, int[] prompt, int prefixLength, GenerationOptions options, SequenceState? reused, bool keepState,
        CancellationToken cancellationToken)
    {
        int seen = (int)(reused?.Position ?? 0);
        GenerationRequest request = new(prompt.AsMemory(seen), options, reused)
        {
            Context = prompt.AsMemory(0, seen),
            PrefixLength = prefixLength,
            KeepState = keepState,
        };
        try
        {
            return new RunningText(prompt, seen, reused, await scheduler.EnqueueAsync(request, cancellationToken).ConfigureAwait(false));
        }
        catch
        {
            reused?.Dispose();
            throw;
        }
    }

    /// <summary>The text as it is generated; no piece is empty.</summary>
    public async IAsyncEnumerable<string> PiecesAsync()
    {
        while (await _generation.ReadAsync().ConfigureAwait(false))
        {
            if (!_generation.Text.IsEmpty)
                yield return _generation.Text.ToString();
        }

        _result = await _generation.Result.ConfigureAwait(false);
    }

    /// <summary>Hands the state over to the caller, with the tokens that it has seen: the prompt and the generated tokens, except a last
    /// token that was not fed.</summary>
    public (int[] Seen, SequenceState State) DetachState()
    {
        SequenceState state = _reused ?? _generation.TakeState();
        _reused = null;
        return ([.. _prompt.Concat(_result!.Tokens).Take((int)state.Position)], state);
    }

    /// <summary>Cancels what is not finished, and releases a state that was not handed over.</summary>
    public void Dispose()
    {
        _generation.Dispose();
        _reused?.Dispose();
    }
}
