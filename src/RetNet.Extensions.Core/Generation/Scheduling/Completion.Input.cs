using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Models;

namespace RetNet.Extensions.Core.Generation.Scheduling;

// What is fed: the prompt, tokens of the text, guesses; and the state that sees it.
internal sealed partial class Completion
{
    private int[] _new = new int[1];
    private bool _ownsState;

    // The input: the prompt, then the token chosen last and what is forced after it; and how many of its tokens were fed already.
    private ReadOnlyMemory<int> _input;
    private int _fed;

    // How many of the input's last tokens are a guess.
    private int _guessed;

    // The tokens of the input that began with the first one, which was read at once.
    private int _readAtOnce;

    // Where the sampler's draws stood when the last token was chosen.
    private ulong _draws;
    private ExceptionDispatchInfo? _draftFailure;

    /// <summary>How many tokens of the input were fed already.</summary>
    internal int Fed => _fed;

    /// <summary>Whether <see cref="Restart"/> leads to the present state, apart from rounding: not where the state is the caller's, nor
    /// where it is another one than after reading the text at once.</summary>
    internal bool CanRestart
    {
        get
        {
            int tokens = PromptTokens + _tokens.Count;
            return _ownsState && ((_guessed == 0 && _input.Length == tokens) || IsAsReadAtOnce(tokens));
        }
    }

    /// <summary>Whether the state after the tokens so far is, apart from rounding, the one after reading them at once: not where a policy
    /// may have dropped rows while the text was generated, nor where the rotary frequencies have changed.</summary>
    internal bool EndsAsReadAtOnce => IsAsReadAtOnce(State.Position);

    /// <summary>Whether a draft was read in a forward that failed afterwards: what was right belongs to the text, but was not accepted yet
    /// by <see cref="AcceptDraft"/>.</summary>
    internal bool HoldsDraft { get; private set; }

    /// <summary>Starts from a state that has seen the prompt's first tokens, instead of the empty one.</summary>
    internal void StartFrom(SequenceState prefix)
    {
        State.Dispose();
        (State, _fed) = (prefix, checked((int)prefix.Position));
    }

    /// <summary>Goes on with an empty state, which reads the prompt and the text again.</summary>
    internal void Restart()
    {
        State.Dispose();
        State = State.Model.CreateState(State.Options);
        Sampler.Draws = _draws;
        (_input, _fed, _guessed) = ((int[])[.. _prompt.Span, .. _tokens], 0, 0);
        _readAtOnce = _input.Length;
        if (ReadsPrompt)
            BeginPromptLogProbabilities();
    }

    /// <summary>Prepares the next input of a text: guesses what follows the token chosen last, so that the next step may verify it; or
    /// begins to read the text again, where all of it has other rotary frequencies with that token.</summary>
    /// <param name="room">The most tokens to guess.</param>
    internal void BeginInput(int room)
    {
        if (_guessed > 0)
            (_input, _guessed) = (_input[..1], 0);
        if (ReadsPrompt || _fed > 0)
            return;
        if (State.Position > 0 && IsReadAgain(_input.Length))
        {
            Restart();
            return;
        }

        if (_lookup is null || _input.Length != 1)
            return;
        int most = Math.Min(Math.Min(room, _options.PromptLookupTokens), _options.MaxTokens - _tokens.Count - 1);
        while (most > 0 && IsReadAgain(1 + most))
            most--;
        if (most < 1)
            return;
        if (_new.Length <= most)
            Array.Resize(ref _new, 1 + _options.PromptLookupTokens);
        _guessed = _lookup.Guess(_new.AsSpan(1, most));
        _input = _new.AsMemory(0, 1 + _guessed);
    }

    /// <summary>The input of the next step: the prompt or the tokens chosen last, or about a given number of them.</summary>
    internal SequenceInput NextInput(int wanted)
    {
        if (_guessed > 0)
            return new SequenceInput(State, _input.Length) { IsDraft = true };
        int end = State.PieceEnd(_input.Length, _fed, wanted);
        return new SequenceInput(State, end - _fed) { Before = _fed, After = _input.Length - end };
    }

    /// <summary>The tokens of <see cref="NextInput"/>.</summary>
    internal ReadOnlySpan<int> NextTokens(SequenceInput input) => _input.Span.Slice(input.Before, input.Count);

    /// <summary>Hands the state over to the caller.</summary>
    internal SequenceState DetachState()
    {
        _ownsState = false;
        return State;
    }

    /// <summary>Takes the tokens that follow those of a draft, up to the first one that was guessed wrong. What goes wrong is thrown by
    /// <see cref="AcceptDraft"/>, because it concerns this text alone.</summary>
    /// <param name="logits">The logits after each token of the input, <c>[tokens × vocabulary]</c>.</param>
    /// <returns>How many tokens of the input single steps would have fed.</returns>
    internal int ReadDraft(ReadOnlySpan<float> logits)
    {
        HoldsDraft = true;
        try
        {
            return TakeDraft(logits);
        }
        catch (Exception exception)
        {
            _draftFailure = ExceptionDispatchInfo.Capture(exception);
            return 1;
        }
    }

    /// <summary>Accepts what was read of a draft as a step.</summary>
    internal void AcceptDraft()
    {
        HoldsDraft = false;
        _draftFailure?.Throw();
    }

    private int TakeDraft(ReadOnlySpan<float> logits)
    {
        BeginStep();
        int vocabulary = logits.Length / _input.Length;
        for (int seen = 1; ; seen++)
        {
            ReadOnlySpan<float> row = logits.Slice((seen - 1) * vocabulary, vocabulary);
            int before = _tokens.Count;
            Choose(Sample(row), row);
            if (FinishReason is not null)
                return seen;

            // What a grammar forces is one input together with the token before it.
            ReadOnlySpan<int> taken = CollectionsMarshal.AsSpan(_tokens)[before..];
            if (taken.Length > 1 || seen == _input.Length || taken[0] != _input.Span[seen])
            {
                Continue(taken);
                return seen;
            }

            Accepted++;
            _grammar?.Restrict(Sampler);
        }
    }

    /// <summary>Goes on with tokens that were taken and not fed yet.</summary>
    private void Continue(ReadOnlySpan<int> taken)
    {
        if (_new.Length < taken.Length)
            _new = new int[taken.Length];
        taken.CopyTo(_new);
        (_input, _fed, _guessed) = (_new.AsMemory(0, taken.Length), 0, 0);
        _grammar?.Restrict(Sampler);
    }

    private bool IsAsReadAtOnce(long tokens) =>
        tokens <= State.UncutTokens && State.FrequenciesAt(_readAtOnce) == State.FrequenciesAt(tokens);

    // What the caller's state has seen is not known.
    private bool IsReadAgain(int tokens) => _ownsState && State.IsReadAgain(State.Position, State.Position + tokens);
}
