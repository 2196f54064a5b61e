using System.Runtime.InteropServices;
using RetNet.Extensions.Core.Devices;
using RetNet.Extensions.Core.Models;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Generation.Scheduling;

/// <summary>The sequences that a <see cref="BatchScheduler"/> advances together. Used by one thread at a time.</summary>
/// <remarks>
/// A step feeds one token of every sequence that decodes, with the text that a grammar forces after it, and beside them some tokens of the
/// prompts, which take turns. Forced text and prompts share the room for them, forced text first. A member that fails
/// does not affect the others: states that cannot be used run apart, and so do policies that may throw, which would spoil all states of the
/// forward. If a forward cannot begin nevertheless, it is repeated for each member. If memory runs out in the middle of one, its
/// members read again what they have seen and go on one by one.
/// </remarks>
internal sealed class RunningBatch(LanguageModel model, Tokenizer? tokenizer, BatchSchedulerOptions options, StateStore states,
    Action<ScheduledGeneration> left, CancellationToken disposing)
{
    // Initial room for the output of a generation; it grows if needed.
    private const int ReservedTokens = 4096;

    private readonly BatchStep _step = new(model);
    private readonly List<ScheduledGeneration> _members = new(options.MaxBatch);

    // Members whose prompt is not read yet, in the order of their turns.
    private readonly Queue<ScheduledGeneration> _prompts = new(options.MaxBatch);
    private readonly List<ScheduledGeneration> _together = new(options.MaxBatch);
    private readonly List<ScheduledGeneration> _apart = [];
    private readonly List<ScheduledGeneration> _alone = new(1);

    /// <summary>Adds a generation; it is removed at once if it cannot begin.</summary>
    public void Add(ScheduledGeneration generation)
    {
        _members.Add(generation);
        try
        {
            if (generation.Cancellation is { } cancellation)
                throw cancellation;
            if (generation.Request.State is { } state && _members.Exists(member => member != generation && member.Request.State == state))
            {
                throw new InvalidOperationException("The state of the request is in use by another request; a state serves one request at "
                    + "a time.");
            }

            if (generation.Conversation is { } conversation)
            {
                states.KeepBranch(conversation, generation.Request.KeepFor!);
                generation.Conversation = conversation.ReturnTo(
                    conversation.LengthIn(generation.Request.Prompt.Span, generation.Options.State));
            }

            generation.Completion = new Completion(model, tokenizer, generation.Request, generation.Conversation?.State);
            generation.CachedTokens = generation.Completion.Fed;
            generation.ReserveOutput(Math.Min(generation.Options.MaxTokens, ReservedTokens));
            _prompts.Enqueue(generation);
        }
        catch (Exception exception)
        {
            End(generation, exception);
        }
    }

    /// <summary>Removes members that were cancelled or whose state was disposed; all members if the scheduler is being disposed.</summary>
    public void DropCancelled()
    {
        for (int i = _members.Count - 1; i >= 0; i--)
        {
            ScheduledGeneration member = _members[i];
            if (disposing.IsCancellationRequested)
                End(member, BatchScheduler.Disposed());
            else if (member.Cancellation is { } cancellation)
                End(member, cancellation);
            else if (member.Completion!.State.IsDisposed)
                End(member, new ObjectDisposedException(nameof(SequenceState)));
        }
    }

    /// <summary>Advances all members. A failure ends only the generations that it concerns.</summary>
    public void Step()
    {
        try
        {
            Gather();
            Forward(_together);
            foreach (ScheduledGeneration member in _apart)
                ForwardAlone(member);
        }
        catch (Exception exception)
        {
            while (_members.Count > 0)
                End(_members[^1], exception);
        }

        // An idle scheduler keeps no reference to a generation.
        _together.Clear();
        _apart.Clear();
        _alone.Clear();
        _step.Clear();
    }

    private void Gather()
    {
        int room = options.PrefillChunk;
        int guesses = PromptLookup.RoomOf(_members.Count - _prompts.Count);
        for (int i = 0; i < _members.Count; i++)
        {
            ScheduledGeneration member = _members[i];
            if (member.Completion!.ReadsPrompt)
                continue;
            if (!Begin(member, guesses))
            {
                i--;
                continue;
            }

            SequenceInput input = member.Completion.NextInput(1 + room);
            Feed(member, input);
            room = Math.Max(0, room - (input.Count - 1));
        }

        // While no sequence decodes, prompts are read in whole blocks. Beside forced text, too, one prompt goes on.
        bool nobodyDecodes = _together.Count + _apart.Count == 0;
        room = Math.Max(nobodyDecodes ? model.BlockRows : 1, room);
        int wanted = room;
        for (int turns = _prompts.Count; turns > 0 && room > 0 && _prompts.TryPeek(out ScheduledGeneration? member); turns--)
        {
            if (member.HasEnded || !Begin(member, guesses))
            {
                if (_prompts.TryDequeue(out _) && !member.HasEnded)
                    _prompts.Enqueue(member);
                continue;
            }

            // Every step advances one prompt, even if the prompt cannot be divided as finely as wanted.
            SequenceInput input = NextPiece(member, room);
            if (input.Count > room && room < wanted)
                return;
            _prompts.Dequeue();
            Feed(member, input);
            room -= input.Count;
        }
    }

    private void Feed(ScheduledGeneration member, SequenceInput input)
    {
        member.Input = input;
        SequenceState state = member.Completion!.State;
        bool isSafe = !member.RunsApart && !member.Completion.ScoresInput && state.Options.Policy.RunsInBatch && state.IsUsable;
        (isSafe ? _together : _apart).Add(member);
    }

    /// <summary>Prepares the next input of a member; false if it has to wait, or if that fails, which ends it.</summary>
    private bool Begin(ScheduledGeneration member, int guesses)
    {
        try
        {
            if (member.Completion!.ReadsPrompt)
                return Start(member);
            member.Completion.BeginInput(guesses);
            return true;
        }
        catch (Exception exception)
        {
            End(member, exception);
            return false;
        }
    }

    /// <summary>Decides from which state a prompt is read; false while another member computes the prefix of both.</summary>
    private bool Start(ScheduledGeneration member)
    {
        if (member.HasStarted)
            return true;
        if (member.Request.State is null && member.Conversation is null && !member.Options.PromptLogProbs)
        {
            Completion completion = member.Completion!;
            ReadOnlySpan<int> prompt = member.Request.Prompt.Span;
            int border = completion.State.SplitAt(prompt.Length, Math.Min(member.Request.PrefixLength, prompt.Length - 1));
            if (!states.Keeps(model.StateBytes(member.Options.State, border)))
                border = 0;
            if (IsComputedByAnother(member, border))
                return false;
            if (states.ForkPrefix(prompt, member.Options.State) is { } prefix)
                completion.StartFrom(prefix);
            member.CachedTokens = completion.Fed;
            member.PrefixEnd = border > completion.Fed ? border : 0;
        }

        member.PromptEnd = PromptEnd(member);
        member.HasStarted = true;
        return true;
    }

    /// <summary>The last place in a prompt where the state is the one that longer prompts lead to.</summary>
    private static int PromptEnd(ScheduledGeneration member)
    {
        if (member.Request is not { KeepFor: not null, KeepPrompt: true, Prompt.Length: int length })
            return 0;
        SequenceState state = member.Completion!.State;
        return length <= state.UncutTokens ? length : state.SplitAt(length, length - 1);
    }

    private bool IsComputedByAnother(ScheduledGeneration member, int border)
    {
        foreach (ScheduledGeneration other in _members)
        {
            if (border > 0 && other.HasStarted && other.PrefixEnd == border && other.Completion!.ReadsPrompt
                && other.Completion.Fed < border
                && other.Options.State == member.Options.State
                && StateStore.AreAlike(member.Request.Prompt.Span, other.Request.Prompt.Span, border, other.Completion.State))
            {
                return true;
            }
        }

        return false;
    }

    private SequenceInput NextPiece(ScheduledGeneration member, int room)
    {
        Completion completion = member.Completion!;
        if (completion.ScoresInput)
            room = Math.Clamp(BatchStep.ManyLogits / model.Info.VocabularySize, 1, room);
        SequenceInput input = completion.NextInput(room);
        foreach (int end in (ReadOnlySpan<int>)[member.PromptEnd, member.PrefixEnd])
        {
            int count = end - completion.Fed;
            if (count > 0 && input.Count > count)
                input = completion.NextInput(count);
        }

        return input;
    }

    private void Forward(List<ScheduledGeneration> members)
    {
        if (members.Count == 0)
            return;
        _step.Clear();
        foreach (ScheduledGeneration member in members)
            _step.Add(member.Completion!, member.Input);

        try
        {
            _step.Forward(disposing);
        }
        catch (Exception exception)
        {
            Isolate(members, exception);
            return;
        }

        SchedulerMetrics.CountTokens(_step);
        for (int i = 0; i < members.Count; i++)
            Accept(members[i], i);
    }

    private void ForwardAlone(ScheduledGeneration member)
    {
        _alone.Clear();
        _alone.Add(member);
        Forward(_alone);
    }

    /// <summary>Ends the members that caused a forward to fail, and repeats it for each of the others.</summary>
    private void Isolate(List<ScheduledGeneration> members, Exception exception)
    {
        bool endsAll = members.Count == 1 || model.IsDisposed || disposing.IsCancellationRequested;
        bool lacksMemory = DeviceMemoryException.IsLackOfMemory(exception);
        foreach (ScheduledGeneration member in members.ToArray())
        {
            if (!endsAll && member.Completion!.State.IsUsable)
                ForwardAlone(member);
            else if (!endsAll && lacksMemory && member.CanLoseState)
                Restart(member);
            else
                End(member, exception);
        }
    }

    /// <summary>Begins again with an empty state, apart from the others. What the failed forward read of a draft stays.</summary>
    private void Restart(ScheduledGeneration member)
    {
        Completion completion = member.Completion!;
        try
        {
            if (completion.HoldsDraft)
            {
                completion.AcceptDraft();
                HandOut(member, completion);
                if (completion.FinishReason is not null)
                    return;
            }

            member.RunsApart = true;
            member.CachedTokens = 0;
            completion.Restart();
            if (completion.ReadsPrompt)
                _prompts.Enqueue(member);
        }
        catch (Exception exception)
        {
            End(member, exception);
        }
    }

    private void Accept(ScheduledGeneration member, int sequence)
    {
        Completion completion = member.Completion!;
        try
        {
            bool readsPrompt = completion.ReadsPrompt;
            _step.Accept(sequence);
            if (readsPrompt)
                KeepStates(member, completion.State);
            if (completion.ReadsPrompt)
            {
                _prompts.Enqueue(member);
                return;
            }

            if (completion.PromptLogProbabilities is { } prompt)
                (member.PromptLogProbs, member.PromptTopLogProbs) = (prompt.Tokens, prompt.Top);
            HandOut(member, completion);
        }
        catch (Exception exception)
        {
            End(member, exception);
        }
    }

    /// <summary>Gives the reader what a step brought.</summary>
    private void HandOut(ScheduledGeneration member, Completion completion)
    {
        if (!completion.NewTokens.IsEmpty || completion.FinishReason is not null)
            member.Append(completion);
        if (completion.FinishReason is not null)
            Finish(member, completion);
    }

    private void KeepStates(ScheduledGeneration member, SequenceState state)
    {
        ReadOnlySpan<int> prompt = member.Request.Prompt.Span;
        if (state.Position == member.PrefixEnd)
            states.KeepCopy(prompt, member.Options.State, state);

        // Where the state at the end of the text leads back to the one here, that is kept for both.
        if (state.Position == member.PromptEnd && !state.CanReturn)
            states.KeepCopy(prompt, member.Options.State, state, member.Request.KeepFor);
    }

    private void Finish(ScheduledGeneration member, Completion completion)
    {
        GenerationResult result = completion.Result(member.WholeText());
        KeptState? conversation = null;

        // A forward that failed after it had read the end of a text has left no state.
        if (completion.State.IsUsable)
        {
            if (member.Request is { KeepState: true, State: null })
                member.Keep(completion.DetachState());
            if (member.Request.KeepFor is not null && completion.EndsAsReadAtOnce)
                conversation = Conversation(member, completion);
        }

        Leave(member);
        if (conversation is not null)
            states.Keep(conversation, member.Request.KeepFor);
        member.End(result);
    }

    /// <summary>The state after a text, with the prompt and what was generated, except for a last token that was not fed.</summary>
    private static KeptState Conversation(ScheduledGeneration member, Completion completion)
    {
        SequenceState state = completion.DetachState();
        int seen = checked((int)state.Position);
        int[] tokens = [.. MemoryMarshal.ToEnumerable(member.Request.Prompt).Concat(completion.Tokens).Take(seen)];
        return new KeptState(tokens, member.Options.State, InputPart.Of(state, seen, seen), state)
        {
            Branch = state.CanReturn ? member.PromptEnd : 0,
        };
    }

    private void End(ScheduledGeneration member, Exception exception)
    {
        // The state of the prompt is kept where its text was broken off, too.
        KeptState? conversation = exception is OperationCanceledException && member is { PromptEnd: > 0, Completion: { } completion }
            && completion.State is { IsUsable: true, CanReturn: true } state && state.Position >= member.PromptEnd
            ? Conversation(member, completion)
            : null;
        Leave(member);
        if (conversation is not null)
            states.Keep(conversation, member.Request.KeepFor);
        bool isDisposal = exception is ObjectDisposedException;
        member.End(isDisposal
            ? new OperationCanceledException("The model or a state was disposed while a text was generated.", exception)
            : exception);
    }

    private void Leave(ScheduledGeneration member)
    {
        _members.Remove(member);
        if (_members.Count == 0)
            _prompts.Clear();

        // A conversation's state that read nothing is kept again.
        KeptState? unread = member.Conversation is { } conversation && conversation.State.IsUsable
            && conversation.State.Position == conversation.Tokens.Length ? conversation : null;
        if (unread is not null)
            member.Completion?.DetachState();
        member.Completion?.Dispose();
        left(member);
        if (unread is not null)
            states.Keep(unread, member.Request.KeepFor);
    }
}
