using RetNet.Extensions.Core.Generation.Constraints;

namespace RetNet.Extensions.Core.Generation.Scheduling;

// What is checked before a request takes a place.
public sealed partial class BatchScheduler
{
    private ScheduledGeneration Prepare(GenerationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed), this);
        GenerationOptions options = request.Options ?? DefaultOptions;
        Completion.Check(_tokenizer, request, options);
        if (request.PrefixLength < 0 || request.PrefixLength > request.Prompt.Length)
        {
            throw new ArgumentException(
                $"{nameof(request.PrefixLength)} is {request.PrefixLength}; expected 0 to the prompt's {request.Prompt.Length} "
                    + "tokens.", nameof(request));
        }

        if (request.KeepFor is not null && (request.State is not null || request.KeepState))
        {
            throw new ArgumentException($"{nameof(request.KeepFor)} is set beside {nameof(request.State)} or {nameof(request.KeepState)}; "
                + "expected one of them, because a state has one owner.", nameof(request));
        }

        if (request.KeepFor is not null && options.PromptLogProbs)
        {
            throw new ArgumentException($"{nameof(request.KeepFor)} is set beside {nameof(options.PromptLogProbs)}; expected one of them, "
                + "because the log probabilities of a prompt need all of it to be read.", nameof(request));
        }

        if (request.State is { } state && state.Model != _model)
            throw new ArgumentException("The state belongs to another model than the scheduler's.", nameof(request));
        int vocabulary = _model.Info.VocabularySize;
        options.Sampling.RequireTokens(vocabulary);
        foreach (ReadOnlyMemory<int> tokens in (ReadOnlySpan<ReadOnlyMemory<int>>)[request.Prompt, request.Context])
        {
            foreach (int token in tokens.Span)
            {
                if ((uint)token >= (uint)vocabulary)
                    throw new ArgumentException($"Token {token} is outside the vocabulary of {vocabulary} tokens.", nameof(request));
            }
        }

        // Known before the request joins the batch, which would wait for it.
        if (options.Grammar is { } grammar)
            TokenizerGrammars.Of(_tokenizer!).Constraint(grammar);
        long most = (request.State?.Position ?? 0) + request.Prompt.Length + (long)options.MaxTokens;
        long bytes = _model.StateBytes(request.State?.Options ?? options.State, most);
        if (bytes > _budget.Bytes)
        {
            throw new StateBudgetException(bytes, _budget.Bytes,
                $"The state may need {bytes} bytes after {request.Prompt.Length} prompt tokens and {nameof(options.MaxTokens)} "
                    + $"{options.MaxTokens}; "
                + $"the budget of the scheduler ({nameof(_options.StateBudgetBytes)}) is {_budget.Bytes}. Request fewer tokens or a "
                + "smaller state, or raise the budget.", nameof(request));
        }

        return new ScheduledGeneration(this, request, bytes);
    }
}
