using System.Text;
using RetNet.Extensions.Core.Generation.Sampling;
using RetNet.Extensions.Core.Grammars;
using RetNet.Extensions.Core.Grammars.Expressions;
using RetNet.Extensions.Core.Tokenizers;

namespace RetNet.Extensions.Core.Generation.Constraints;

/// <summary>Keeps one text within a grammar: which tokens may follow, which must, and when the text ends. Not thread-safe.</summary>
/// <remarks>After each token ask for what is forced, until nothing is; then restrict the choice of the next token.</remarks>
internal sealed class TextInGrammar
{
    // A text that has worked out so much more looks whether all grammars hold too much.
    private const long UnlimitedBytes = 1 << 20;

    private readonly TokenizerGrammars _grammars;
    private readonly TokenConstraint _constraint;
    private readonly ForcedTokens _forcedTokens;
    private readonly TriggerAutomaton? _trigger;
    private readonly bool _repeats;
    private readonly int _freeAgain;
    private readonly IReadOnlyList<int> _stopTokens;

    // Room for forced text; what is forced after it comes next.
    private readonly byte[] _forcedBytes = new byte[512];
    private int[] _forced = [];
    private int _forcedCount;

    private readonly TextWork _work = new();

    // Null while the text is free.
    private ConstrainedText? _text;
    private int _free;
    private long _limitedBytes;

    /// <param name="tokenizer">The tokenizer.</param>
    /// <param name="grammar">The grammar.</param>
    /// <param name="trigger">Where it begins; null for the beginning of the text.</param>
    /// <param name="stopTokens">The tokens that end a text.</param>
    /// <exception cref="GrammarException">The grammar is too complex.</exception>
    public TextInGrammar(Tokenizer tokenizer, Grammar grammar, GrammarTrigger? trigger, IReadOnlyList<int> stopTokens)
    {
        _grammars = TokenizerGrammars.Of(tokenizer);
        _constraint = _grammars.Constraint(grammar);
        _limitedBytes = _constraint.HeldBytes;
        _forcedTokens = _grammars.Forced;
        _stopTokens = stopTokens;
        _repeats = trigger is { Repeats: true };
        _freeAgain = trigger is { OnlyAtStart: true } ? TriggerAutomaton.Never : TriggerAutomaton.Start;
        if (trigger is null)
        {
            _text = _constraint.CreateText(isFirst: true, _work);
        }
        else
        {
            _trigger = _grammars.Trigger(grammar, trigger);
            _free = _trigger.Beginning;
        }
    }

    /// <summary>The tokens that <see cref="FindForced"/> found; often none.</summary>
    public ReadOnlySpan<int> Forced => _forced.AsSpan(0, _forcedCount);

    /// <summary>Whether the grammar lets nothing follow, and the answer ends with it.</summary>
    public bool MustEnd => _text is { MustEnd: true };

    /// <summary>Takes a token that was chosen.</summary>
    /// <exception cref="InvalidOperationException">The grammar does not allow it.</exception>
    public void Append(int token)
    {
        if (_text is null)
            ReadFree(token);
        else if (!_text.TryAppend(token))
            throw new InvalidOperationException($"Token {token} was chosen, which the grammar does not allow here.");
        BeFreeAtTheEnd();
        LimitBytes();
    }

    /// <summary>Finds the tokens that must follow, and takes them: see <see cref="Forced"/>.</summary>
    public void FindForced()
    {
        _forcedCount = 0;
        if (_text is null)
            return;
        ReadOnlySpan<byte> bytes = WholeCharacters(_forcedBytes.AsSpan(0, _text.ForcedBytes(_forcedBytes)));
        if (bytes.IsEmpty)
            return;
        _forced = _forcedTokens.Find(bytes);
        int left = bytes.Length;
        foreach (int token in _forced)
        {
            // What follows may change the last tokens: these are left to the model.
            if (_text is null || _forcedTokens.MayMerge(left, _text.AllowedTokens()))
                return;
            if (!_text.TryAppend(token))
                return;
            left -= _forcedTokens.Length(token);
            BeFreeAtTheEnd();
            _forcedCount++;
        }
    }

    /// <summary>Restricts the choice of the next token to what may follow.</summary>
    public void Restrict(Sampler sampler)
    {
        if (_text is null)
        {
            ReadOnlySpan<ulong> allowed = _trigger!.Allowed(_free, _work);
            if (allowed.IsEmpty)
                sampler.AllowAll();
            else
                sampler.Allow(allowed);
            return;
        }

        sampler.Allow(_text.AllowedTokens());
        bool mayEnd = _text.MayEnd;
        for (int i = 0; i < _stopTokens.Count; i++)
        {
            // A control token may also come where the grammar names it.
            if (mayEnd || !_forcedTokens.IsControl(_stopTokens[i]))
                sampler.Allow(_stopTokens[i], mayEnd);
        }
    }

    private void LimitBytes()
    {
        long held = _constraint.HeldBytes;
        if (held - _limitedBytes >= UnlimitedBytes)
        {
            _grammars.LimitBytes(_constraint);
            _limitedBytes = held;
        }

        _limitedBytes = Math.Min(_limitedBytes, held);
    }

    private void BeFreeAtTheEnd()
    {
        if (_repeats && MustEnd)
            (_text, _free) = (null, _freeAgain);
    }

    private void ReadFree(int token)
    {
        if (!_trigger!.Read(ref _free, token, out ReadOnlySpan<byte> rest))
            return;
        _text = _constraint.CreateText(isFirst: false, _work);
        if (!_text.TryAppend(rest))
            throw new InvalidOperationException($"Token {token} was chosen, which begins the grammar with what it does not allow.");
    }

    /// <summary>The whole characters at the beginning of some bytes; none if the text before ends within a character.</summary>
    private static ReadOnlySpan<byte> WholeCharacters(ReadOnlySpan<byte> bytes)
    {
        int length = 0;
        while (length < bytes.Length
            && Rune.DecodeFromUtf8(bytes[length..], out _, out int consumed) == System.Buffers.OperationStatus.Done)
        {
            length += consumed;
        }

        return bytes[..length];
    }
}
