using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Generation.Constraints;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Generation.Scheduling;

/// <summary>A text that is being generated: its state, its next input, and its output so far.</summary>
/// <remarks><see cref="Generator.Step"/> moves it on, one token a step and what a grammar forces after it, or as many as were
/// guessed rightly. Not thread-safe.</remarks>
internal sealed partial class Completion : IDisposable
{
    private readonly GenerationOptions _options;
    private readonly IReadOnlyList<int> _stopTokens;
    private readonly StreamingTextDecoder? _decoder;
    private readonly StopStrings _stops;
    private readonly List<int> _tokens;
    private readonly TextInGrammar? _grammar;
    private readonly LogProbabilities? _logProbabilities;
    private readonly List<(int Start, int End)>? _textPlaces;
    private LogProbabilities? _promptLogProbabilities;
    private readonly ReadOnlyMemory<int> _prompt;
    private readonly PromptLookup? _lookup;
    private int _tokensBefore;

    internal Completion(LanguageModel model, Tokenizer? tokenizer, GenerationRequest request, SequenceState? conversation = null)
    {
        _options = request.Options ?? new GenerationOptions();
        Check(tokenizer, request, _options);
        _stopTokens = _options.StopTokens ?? model.Info.EndOfSequenceIds;
        Sampler = new Sampler(_options.Sampling, model.Info.VocabularySize);
        Sampler.ObservePrompt(request.Context.Span);
        Sampler.ObservePrompt(request.Prompt.Span);
        _decoder = tokenizer?.CreateDecoder(_options.VisibleTokens);
        _stops = new StopStrings(_options.StopStrings);
        _tokens = new List<int>(Math.Min(_options.MaxTokens, 4096));
        if (_options.TopLogProbs is { } top)
            (_logProbabilities, _textPlaces) = (new LogProbabilities(top), []);
        BeginPromptLogProbabilities();
        if (_options.Grammar is { } grammar)
        {
            _grammar = new TextInGrammar(tokenizer!, grammar, _options.GrammarTrigger, _stopTokens);
            _grammar.FindForced();
            _grammar.Restrict(Sampler);
        }

        _prompt = request.Prompt;
        if (_options.PromptLookupTokens > 0 && model is { ChoosesTokens: false, DraftCost: { } cost })
        {
            int tokens = request.Context.Length + _prompt.Length;
            _lookup = new PromptLookup(tokens + Math.Min(_options.MaxTokens, 4096), cost);
            _lookup.Append(request.Context.Span);
            _lookup.Append(_prompt.Span);
        }

        (_input, _fed, _readAtOnce) = (_prompt, checked((int)(conversation?.Position ?? 0)), _prompt.Length);
        (_ownsState, _draws) = (request.State is null, Sampler.Draws);
        State = request.State ?? conversation ?? model.CreateState(_options.State);
    }

    /// <summary>What the sequence remembers.</summary>
    public SequenceState State { get; private set; }

    /// <summary>The number of tokens of the prompt.</summary>
    public int PromptTokens => _prompt.Length;

    /// <summary>The tokens generated so far, without the stop token.</summary>
    public IReadOnlyList<int> Tokens => _tokens;

    /// <summary>Why the generation ended; null while it goes on.</summary>
    public FinishReason? FinishReason { get; private set; }

    /// <summary>
    /// The text that the last step made certain, valid until the next step: often a token's text, sometimes nothing, because a character
    /// or a stop string may still be incomplete.
    /// </summary>
    public ReadOnlySpan<char> NewText => _stops.Released;

    /// <summary>True until a step has fed the last token of the prompt.</summary>
    internal bool ReadsPrompt { get; private set; } = true;

    /// <summary>The token that the last step chose and those that are forced after it; empty when it ended the generation or only read a
    /// part of its input.</summary>
    internal ReadOnlySpan<int> NewTokens => CollectionsMarshal.AsSpan(_tokens)[_tokensBefore..];

    /// <summary>Whether the logits are needed beside the choice.</summary>
    internal bool NeedsLogits => _logProbabilities is not null;

    /// <summary>The log probabilities of <see cref="NewTokens"/>; empty where none are wanted.</summary>
    internal ReadOnlySpan<double> NewLogProbs =>
        _logProbabilities is null ? [] : _logProbabilities.TokensFrom(_tokensBefore);

    /// <summary>The likeliest tokens in the places of <see cref="NewTokens"/>.</summary>
    internal ReadOnlySpan<(int Token, double LogProbability)> NewTopLogProbs =>
        _logProbabilities is null ? [] : _logProbabilities.TopFrom(_tokensBefore);

    /// <summary>Where each of <see cref="NewTokens"/> stands in the decoded text; empty where no log probabilities are wanted.</summary>
    internal ReadOnlySpan<(int Start, int End)> NewTextPlaces =>
        CollectionsMarshal.AsSpan(_textPlaces)[(_textPlaces is null ? 0 : _tokensBefore)..];

    /// <summary>The log probabilities of the prompt's tokens, as far as it was read; null where none are wanted.</summary>
    internal LogProbabilities? PromptLogProbabilities => _promptLogProbabilities;

    /// <summary>Whether the next step needs the logits after all tokens of its input.</summary>
    internal bool ScoresInput => ReadsPrompt && _options.PromptLogProbs;

    /// <summary>Chooses the text's tokens.</summary>
    internal Sampler Sampler { get; }

    /// <summary>Whether the next token is chosen; false where a grammar forces it or lets nothing follow.</summary>
    internal bool ChoosesNext => _grammar is null or { Forced.IsEmpty: true, MustEnd: false };

    /// <summary>How many tokens were guessed and verified so far.</summary>
    internal int Drafted { get; private set; }

    /// <summary>How many of them were right.</summary>
    internal int Accepted { get; private set; }

    /// <summary>Releases the state, unless it is the caller's.</summary>
    public void Dispose()
    {
        if (_ownsState)
            State.Dispose();
    }

    /// <summary>Checks what can be checked before there is a state.</summary>
    /// <exception cref="ArgumentException">The prompt is empty or an option is out of range.</exception>
    internal static void Check(Tokenizer? tokenizer, GenerationRequest request, GenerationOptions options)
    {
        options.Validate();
        if (request.Prompt.IsEmpty)
            throw new ArgumentException("The prompt has no token; a model needs at least one to start from.", nameof(request));
        if (options.StopStrings.Count > 0 && tokenizer is null)
            throw new ArgumentException("Stop strings need a generator with a tokenizer.", nameof(request));
        if (options.Grammar is not null && tokenizer is null)
            throw new ArgumentException("A grammar needs a generator with a tokenizer.", nameof(request));
    }

    /// <summary>The whole generation, once it has ended.</summary>
    internal GenerationResult Result(string text)
    {
        GenerationResult result = new(text, _tokens, FinishReason!.Value, PromptTokens, State.ByteSize)
        {
            DraftedTokens = Drafted,
            AcceptedTokens = Accepted,
        };
        return _logProbabilities is null
            ? result
            : result with
            {
                LogProbs = _logProbabilities.Tokens,
                TopLogProbs = _logProbabilities.Top,
                PromptLogProbs = _promptLogProbabilities?.Tokens ?? [],
                PromptTopLogProbs = _promptLogProbabilities?.Top ?? [],
            };
    }

    /// <summary>Records what a step fed and, at the end of the input, accepts the next token and what is forced after it.</summary>
    /// <param name="input">What it fed.</param>
    /// <param name="step">The step.</param>
    /// <param name="sequence">This text's number in it.</param>
    internal void Accept(SequenceInput input, BatchStep step, int sequence)
    {
        // The forward itself let a draft be read.
        if (input.IsDraft)
        {
            AcceptDraft();
            return;
        }

        BeginStep();
        if (ScoresInput)
            ScorePrompt(step.AllLogits(sequence), input.Before + 1);
        _fed += input.Count;
        if (input.After > 0)
            return;
        ReadsPrompt = false;
        if (!ChoosesNext)
        {
            TakeForcedAndEnd();
        }
        else
        {
            int token = step.ChoosesTokens ? Chosen(step.Token(sequence)) : Sample(step.Logits(sequence));
            Choose(token, NeedsLogits ? step.Logits(sequence) : []);
        }

        if (FinishReason is null)
            Continue(NewTokens);
    }

    private void BeginPromptLogProbabilities()
    {
        if (!_options.PromptLogProbs)
            return;
        _promptLogProbabilities = new LogProbabilities(_options.TopLogProbs!.Value);
        _promptLogProbabilities.AddUnknown();
    }

    /// <summary>Records the log probabilities of the prompt's tokens from a place on.</summary>
    private void ScorePrompt(ReadOnlySpan<float> logits, int place)
    {
        ReadOnlySpan<int> tokens = _prompt.Span[place..];
        int vocabulary = State.Model.Info.VocabularySize;
        for (int row = 0; row < Math.Min(tokens.Length, logits.Length / vocabulary); row++)
            _promptLogProbabilities!.Add(tokens[row], logits.Slice(row * vocabulary, vocabulary), allowed: []);
    }

    private void BeginStep()
    {
        _stops.BeginStep();
        _tokensBefore = _tokens.Count;
        Drafted += _guessed;
    }

    private int Sample(ReadOnlySpan<float> logits)
    {
        try
        {
            return Sampler.Sample(logits);
        }
        catch (NotFiniteNumberException exception)
        {
            throw NoChoice(exception.Message, exception);
        }
    }

    private int Chosen(int token) => token >= 0 ? token : throw NoChoice("The largest logit is NaN or +∞; expected a finite number.");

    private InvalidOperationException NoChoice(string found, Exception? inner = null) => new(
        $"The logits of the model ({State.Model.Info.Architecture}) after {PromptTokens} tokens of the prompt and {_tokens.Count} of the "
            + $"text give no token; its weights or the input are out of range. {found}", inner);

    /// <summary>Accepts a token that was chosen, and what is forced after it.</summary>
    private void Choose(int token, ReadOnlySpan<float> logits)
    {
        _draws = Sampler.Draws;
        if (IsStop(token))
        {
            Finish(Generation.FinishReason.Stop);
            return;
        }

        _logProbabilities?.Add(token, logits, Sampler.Allowed);
        Take(token);
        _grammar?.Append(token);
        _grammar?.FindForced();
        TakeForcedAndEnd();
    }

    private void TakeForcedAndEnd()
    {
        bool isCutOff = !TakeForced();
        if (FinishReason is not null)
            return;
        if (!isCutOff && _grammar is { MustEnd: true })
            Finish(Generation.FinishReason.Stop);
        else if (_tokens.Count >= _options.MaxTokens)
            Finish(Generation.FinishReason.Length);
    }

    /// <summary>Takes what a grammar forces here, until there is a choice again.</summary>
    /// <returns>False if the text ended before.</returns>
    private bool TakeForced()
    {
        while (_grammar is { Forced: { IsEmpty: false } forced })
        {
            foreach (int token in forced)
            {
                if (FinishReason is not null || _tokens.Count >= _options.MaxTokens)
                    return false;
                _logProbabilities?.AddForced(token);
                Take(token);
            }

            _grammar.FindForced();
        }

        return true;
    }

    /// <summary>Adds a token to the text; a stop string may end it.</summary>
    private void Take(int token)
    {
        Sampler.Observe(token);
        _tokens.Add(token);
        _lookup?.Append(token);
        _decoder?.Add(token);
        ReadOnlySpan<char> text = _decoder is null ? [] : _decoder.Read();
        int before = _textPlaces is [.., (_, int end)] ? end : 0;
        _textPlaces?.Add((before + (_decoder?.EarlierCharacters ?? 0), before + text.Length));
        _stops.Add(text);
        if (_stops.Found)
            FinishReason = Generation.FinishReason.Stop;
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

    // Text that the decoder and the stop strings held back is released now.
    private void Finish(FinishReason reason)
    {
        FinishReason = reason;
        if (_decoder is null)
            return;
        _stops.Finish(_decoder.Flush());
    }
}
