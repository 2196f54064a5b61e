using System.Text;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Generation.Scheduling;

/// <summary>Generates texts on the calling thread, one after the other. For concurrent requests use a
/// <see cref="BatchScheduler"/>.</summary>
/// <remarks>
/// Cheap to create and not thread-safe: use one per thread; any number of generators may share a model. A token allocates nothing once the
/// buffers have grown.
/// </remarks>
/// <param name="model">The model.</param>
/// <param name="tokenizer">Turns tokens into text; without one, only tokens come out and stop strings cannot be used.</param>
public sealed class Generator(LanguageModel model, Tokenizer? tokenizer = null)
{
    private readonly BatchStep _step = new(model);

    /// <summary>Prepares a completion. Nothing is computed before the first <see cref="Step"/>.</summary>
    /// <param name="request">What to generate.</param>
    /// <returns>The completion; dispose it to release its state.</returns>
    /// <exception cref="ArgumentException">The prompt is empty or an option is out of range.</exception>
    internal Completion Start(GenerationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new Completion(model, tokenizer, request);
    }

    /// <summary>Moves every unfinished completion on by one token or more, with a single forward; the first step feeds the
    /// prompt.</summary>
    /// <param name="completions">The completions; finished ones are passed over.</param>
    /// <param name="cancellationToken">Observed before the step and between blocks of a long prompt.</param>
    /// <returns>The number of completions that are still unfinished.</returns>
    /// <exception cref="OperationCanceledException">Cancelled, or model or state were disposed meanwhile.</exception>
    internal int Step(ReadOnlySpan<Completion> completions, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _step.Clear();
        int running = 0;
        foreach (Completion completion in completions)
            running += completion.FinishReason is null ? 1 : 0;
        foreach (Completion completion in completions)
        {
            if (completion.FinishReason is not null)
                continue;
            completion.BeginInput(PromptLookup.RoomOf(running));
            _step.Add(completion, completion.NextInput(int.MaxValue));
        }

        if (_step.Count == 0)
            return 0;
        try
        {
            _step.Forward(cancellationToken);
        }
        catch (ObjectDisposedException exception)
        {
            throw new OperationCanceledException("The model or a state was disposed while a text was generated.", exception);
        }

        int unfinished = 0;
        for (int i = 0; i < _step.Count; i++)
        {
            Completion completion = _step.Accept(i);
            unfinished += completion.FinishReason is null ? 1 : 0;
        }

        return unfinished;
    }

    /// <summary>Generates a text.</summary>
    /// <param name="request">What to generate.</param>
    /// <param name="cancellationToken">Observed between tokens.</param>
    /// <returns>The text.</returns>
    /// <exception cref="ArgumentException">The prompt is empty or an option is out of range.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or model or state were disposed meanwhile.</exception>
    public GenerationResult Generate(GenerationRequest request, CancellationToken cancellationToken = default) =>
        Generate(request, _ => { }, cancellationToken);

    /// <summary>Generates a text and hands it over as it is generated.</summary>
    /// <param name="request">What to generate.</param>
    /// <param name="written">Called after each step, which may bring several tokens, with the text that is certain now: often the token's,
    /// sometimes none, because a character or a stop string may still be incomplete. The first call comes when the prompt has been
    /// read.</param>
    /// <param name="cancellationToken">Observed between tokens.</param>
    /// <returns>The whole text.</returns>
    /// <exception cref="ArgumentException">The prompt is empty or an option is out of range.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or model or state were disposed meanwhile.</exception>
    public GenerationResult Generate(
        GenerationRequest request, Action<ReadOnlySpan<char>> written, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(written);
        using Completion completion = Start(request);
        StringBuilder text = new();
        while (completion.FinishReason is null)
        {
            Step([completion], cancellationToken);
            text.Append(completion.NewText);
            written(completion.NewText);
        }

        return completion.Result(text.ToString());
    }
}
