using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Generation;

/// <summary>A text that is being generated: its state, what comes next, and what came out so far.</summary>
/// <remarks>A <see cref="Generator"/> moves it on, one token a step. Not thread-safe.</remarks>
public sealed class Completion : IDisposable
{
    private readonly GenerationOptions _options;
    private readonly IReadOnlyList<int> _stopTokens;
    private readonly Sampler _sampler;
    private readonly StreamingTextDecoder? _decoder;
    private readonly StopStrings _stops;
    private readonly bool _ownsState;
    private readonly List<int> _tokens;
    private readonly int[] _last = new int[1];
    private ReadOnlyMemory<int> _next;

    internal Completion(LanguageModel model, Tokenizer? tokenizer, GenerationRequest request)
    {
        _options = request.Options ?? new GenerationOptions();
        _options.Validate();
        if (request.Prompt.IsEmpty)
            throw new ArgumentException("The prompt has no token; a model needs at least one to start from.", nameof(request));
        if (_options.StopStrings.Count > 0 && tokenizer is null)
            throw new ArgumentException("Stop strings need a generator with a tokenizer.", nameof(request));
        _stopTokens = _options.StopTokens ?? model.Info.EndOfSequenceIds;
        _sampler = new Sampler(_options.Sampling, model.Info.VocabularySize);
        _sampler.ObservePrompt(request.Context.Span);
        _sampler.ObservePrompt(request.Prompt.Span);
        _decoder = tokenizer?.CreateDecoder();
        _stops = new StopStrings(_options.StopStrings);
        _tokens = new List<int>(Math.Min(_options.MaxTokens, 4096));
        _next = request.Prompt;
        PromptTokens = request.Prompt.Length;
        _ownsState = request.State is null;
        State = request.State ?? model.CreateState(_options.State);
    }

    /// <summary>What the sequence remembers.</summary>
    public SequenceState State { get; }

    /// <summary>The number of tokens of the prompt.</summary>
    public int PromptTokens { get; }

    /// <summary>The tokens generated so far, without the stop token.</summary>
    public IReadOnlyList<int> Tokens => _tokens;

    /// <summary>Why the generation ended; null while it goes on.</summary>
    public FinishReason? FinishReason { get; private set; }

    /// <summary>
    /// The text that the last step made certain, valid until the next step: often a token's text, sometimes nothing, because a character
    /// or a stop string may still be incomplete.
    /// </summary>
    public ReadOnlySpan<char> NewText => _stops.Released;

    /// <summary>The tokens that the next step feeds: the prompt, then the token chosen last.</summary>
    internal ReadOnlySpan<int> NextTokens => _next.Span;

    /// <summary>Releases the state, unless it is the caller's.</summary>
    public void Dispose()
    {
        if (_ownsState)
            State.Dispose();
    }

    /// <summary>Chooses the next token from the logits that the last step gave.</summary>
    internal void Accept(ReadOnlySpan<float> logits)
    {
        _stops.BeginStep();
        int token = _sampler.Sample(logits);
        if (IsStop(token))
        {
            Finish(Generation.FinishReason.Stop);
            return;
        }

        _sampler.Observe(token);
        _tokens.Add(token);
        _last[0] = token;
        _next = _last;
        if (_decoder is not null)
        {
            _decoder.Add(token);
            _stops.Add(_decoder.Read());
            if (_stops.Found)
            {
                FinishReason = Generation.FinishReason.Stop;
                return;
            }
        }

        if (_tokens.Count >= _options.MaxTokens)
            Finish(Generation.FinishReason.Length);
    }

    private bool IsStop(int token)
    {
        for (int i = 0; i < _stopTokens.Count; i++)
        {
            if (_stopTokens[i] == token)
                return true;
        }

        return false;
    }

    // What the decoder and the stop strings held back comes out now.
    private void Finish(FinishReason reason)
    {
        FinishReason = reason;
        if (_decoder is null)
            return;
        _stops.Finish(_decoder.Flush());
    }
}
