using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Numerics.Tensors;
using RetNet.Extensions.Core.Kernels.Functions;
using RetNet.Extensions.Core.Kernels.Vectors;

namespace RetNet.Extensions.Core.Generation.Sampling;

/// <summary>Chooses the tokens of one text from its logits, step by step as <see cref="SamplingOptions"/> lists them.</summary>
/// <remarks>Not thread-safe; one per text. Sampling allocates nothing.</remarks>
[Experimental("RETNET001")]
public sealed class Sampler
{
    // Up to this k, the k largest logits are kept in order in one pass; above it, sorting all logits is faster.
    private const int LargestInsertedTopK = 1024;

    private const int WordBits = 64;

    private readonly SamplingOptions _options;
    private readonly (int Token, float Bias)[] _bias;
    private readonly float[] _logits;

    // The candidates: their ids and, beside them, their logits and later probabilities.
    private readonly int[] _candidates;
    private readonly float[] _values;
    private readonly float[] _largest;
    private readonly TokenHistory? _history;

    // A bit for each token that may be chosen; made by the first constraint.
    private ulong[] _allowed = [];
    private bool _isConstrained;
    private ulong _random;

    /// <summary>Creates a sampler.</summary>
    /// <param name="options">The options.</param>
    /// <param name="vocabularySize">The number of logits.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    public Sampler(SamplingOptions options, int vocabularySize)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(vocabularySize, 1);
        options.Validate();
        options.RequireTokens(vocabularySize);
        _options = options;
#pragma warning disable RS0030 // Without a seed, every sampler draws otherwise.
        _random = (ulong)(options.Seed ?? Random.Shared.NextInt64(long.MinValue, long.MaxValue));
#pragma warning restore RS0030
        _bias = options.LogitBias is { } bias ? [.. bias.Select(entry => (entry.Key, entry.Value))] : [];
        _logits = new float[vocabularySize];
        bool greedy = options.IsGreedy;
        _candidates = greedy ? [] : new int[vocabularySize];
        _values = greedy ? [] : new float[vocabularySize];
        _largest = greedy ? [] : new float[Math.Min(Math.Min(options.TopK, vocabularySize), LargestInsertedTopK)];
        bool remembers = options.RepetitionPenalty != 1 || options.FrequencyPenalty != 0 || options.PresencePenalty != 0;
        _history = remembers ? new TokenHistory(vocabularySize) : null;
    }

    /// <summary>How tokens are chosen.</summary>
    public SamplingOptions Options => _options;

    /// <summary>What is added to the logits of single tokens.</summary>
    public ReadOnlySpan<(int Token, float Bias)> Bias => _bias;

    /// <summary>The tokens that penalties apply to; null without penalties.</summary>
    public TokenHistory? History => _history;

    /// <summary>The tokens that may be chosen: bit <c>token % 64</c> of word <c>token / 64</c>, <c>[⌈vocabulary / 64⌉]</c>; empty if all
    /// may.</summary>
    public ReadOnlySpan<ulong> Allowed => _isConstrained ? _allowed : [];

    /// <summary>Restricts the choice: all other tokens are removed before any step that <see cref="SamplingOptions"/> lists after the
    /// penalties. Where no token is removed, the choice is the one that is made without a restriction.</summary>
    /// <param name="tokens">A bit for each token as in <see cref="Allowed"/>; copied. Tokens beyond its end may not be chosen.</param>
    public void Allow(ReadOnlySpan<ulong> tokens)
    {
        if (_allowed.Length == 0)
            _allowed = new ulong[(_logits.Length + WordBits - 1) / WordBits];
        ReadOnlySpan<ulong> known = tokens[..Math.Min(tokens.Length, _allowed.Length)];
        known.CopyTo(_allowed);
        _allowed.AsSpan(known.Length).Clear();
        _isConstrained = true;
    }

    /// <summary>Allows or removes one more token, after <see cref="Allow(ReadOnlySpan{ulong})"/>.</summary>
    internal void Allow(int token, bool mayBeChosen)
    {
        if ((uint)token >= (uint)_logits.Length)
            return;
        ulong bit = 1ul << (token % WordBits);
        _allowed[token / WordBits] = mayBeChosen ? _allowed[token / WordBits] | bit : _allowed[token / WordBits] & ~bit;
    }

    /// <summary>Lifts the restriction of <see cref="Allow(ReadOnlySpan{ulong})"/>.</summary>
    public void AllowAll() => _isConstrained = false;

    /// <summary>Tells the sampler the prompt, which the repetition penalty uses.</summary>
    /// <param name="tokens">The prompt's tokens.</param>
    public void ObservePrompt(ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens)
            _history?.Add(token, generated: false);
    }

    /// <summary>Tells the sampler a generated token.</summary>
    /// <param name="token">The token.</param>
    public void Observe(int token) => _history?.Add(token, generated: true);

    /// <summary>Chooses the next token. Call <see cref="Observe"/> with the token that is used.</summary>
    /// <param name="logits"><c>[vocabulary]</c>.</param>
    /// <returns>The token.</returns>
    /// <exception cref="InvalidOperationException"><see cref="Allow(ReadOnlySpan{ulong})"/> left no token.</exception>
    /// <exception cref="NotFiniteNumberException">The logit of a token that may be chosen is NaN or +∞.</exception>
    public int Sample(ReadOnlySpan<float> logits)
    {
        Penalise(logits);
        RemoveForbidden();
        if (_options.IsGreedy)
            return MostLikely();
        int count = Distribution();
        double left = NextUniform();
        for (int i = 0; i < count; i++)
        {
            left -= _values[i];
            if (left < 0)
                return _candidates[i];
        }

        // Rounding left a small remainder: take the last token with a probability.
        while (count > 1 && _values[count - 1] == 0)
            count--;
        return _candidates[count - 1];
    }

    /// <summary>The distribution that <see cref="Sample"/> draws from.</summary>
    /// <param name="logits"><c>[vocabulary]</c>.</param>
    /// <param name="probabilities">Receives <c>[vocabulary]</c> probabilities, 0 for excluded tokens.</param>
    /// <exception cref="NotFiniteNumberException">As for <see cref="Sample"/>.</exception>
    public void Probabilities(ReadOnlySpan<float> logits, Span<float> probabilities)
    {
        Penalise(logits);
        RemoveForbidden();
        probabilities.Clear();
        if (_options.IsGreedy)
        {
            probabilities[MostLikely()] = 1;
            return;
        }

        int count = Distribution();
        for (int i = 0; i < count; i++)
            probabilities[_candidates[i]] = _values[i];
    }

    private void Penalise(ReadOnlySpan<float> logits)
    {
        if (logits.Length != _logits.Length)
        {
            throw new ArgumentException($"There are {logits.Length} logits; expected one for each of the {_logits.Length} tokens.",
                nameof(logits));
        }

        logits.CopyTo(_logits);
        foreach ((int token, float bias) in _bias)
            _logits[token] += bias;
        if (_history is null)
            return;
        foreach (int token in _history.Tokens)
        {
            float logit = _logits[token];
            logit = logit > 0 ? logit / _options.RepetitionPenalty : logit * _options.RepetitionPenalty;
            int times = _history.TimesGenerated(token);
            if (times > 0)
                logit -= (times * _options.FrequencyPenalty) + _options.PresencePenalty;
            _logits[token] = logit;
        }
    }

    private void RemoveForbidden()
    {
        for (int word = 0; word < Allowed.Length; word++)
        {
            Span<float> logits = _logits.AsSpan(word * WordBits);
            if (_allowed[word] == 0)
            {
                logits[..Math.Min(WordBits, logits.Length)].Fill(float.NegativeInfinity);
                continue;
            }

            for (ulong forbidden = ~_allowed[word]; forbidden != 0; forbidden &= forbidden - 1)
            {
                int bit = BitOperations.TrailingZeroCount(forbidden);
                if (bit < logits.Length)
                    logits[bit] = float.NegativeInfinity;
            }
        }
    }

    private int MostLikely()
    {
        int token = TensorPrimitives.IndexOfMax<float>(_logits);
        RequireFinite(_logits[token]);
        return float.IsNegativeInfinity(_logits[token]) ? FirstAllowed() : token;
    }

    // A NaN counts as the largest logit.
    private void RequireFinite(float largest)
    {
        if (!float.IsNaN(largest) && !float.IsPositiveInfinity(largest))
            return;
        string found = float.IsNaN(largest) ? "NaN" : "+∞";
        throw new NotFiniteNumberException(
            $"The logit of token {TensorPrimitives.IndexOfMax<float>(_logits)} is {found}; expected a finite number.", largest);
    }

    // The choice where every token that may be chosen has a logit of −∞.
    private int FirstAllowed()
    {
        if (!_isConstrained)
            return 0;
        int word = _allowed.AsSpan().IndexOfAnyExcept(0ul);
        int token = word < 0 ? int.MaxValue : (word * WordBits) + BitOperations.TrailingZeroCount(_allowed[word]);
        return token < _logits.Length ? token : throw new InvalidOperationException("No token may be chosen; expected at least one.");
    }

    /// <summary>Temperature, top-k, top-p and min-p; computes the candidates and their probabilities.</summary>
    /// <returns>The number of candidates, at least 1.</returns>
    private int Distribution()
    {
        // The largest logit becomes 0, so that no temperature, however small, makes it infinite.
        float largest = TensorPrimitives.Max<float>(_logits);
        RequireFinite(largest);
        RowScaling.SubtractAndDivide(_logits, float.IsFinite(largest) ? largest : 0, _options.Temperature);
        int count = TopK();
        Softmax.InPlace(_values.AsSpan(0, count));
        if (_options.TopP < 1)
            count = TopP(count);
        if (_options.MinP > 0)
            count = MinP(count);
        float sum = VectorSum.Sum(_values.AsSpan(0, count));
        RowScaling.Divide(_values.AsSpan(0, count), sum);
        return count;
    }

    private int TopK()
    {
        float threshold = _options.TopK > 0 && _options.TopK < _logits.Length ? KthLargest(_options.TopK) : float.NegativeInfinity;
        int count = 0;
        for (int token = 0; token < _logits.Length; token++)
        {
            if (_logits[token] >= threshold && !float.IsNegativeInfinity(_logits[token]))
            {
                _candidates[count] = token;
                _values[count++] = _logits[token];
            }
        }

        if (count == 0)
            (_candidates[count], _values[count++]) = (FirstAllowed(), 0);
        return count;
    }

    // The k largest logits so far stay sorted, largest first; few logits of a large vocabulary are inserted.
    private float KthLargest(int k)
    {
        if (k > LargestInsertedTopK)
        {
            _logits.CopyTo(_values, 0);
            _values.AsSpan().Sort();
            return _values[^k];
        }

        int filled = 0;
        foreach (float logit in _logits)
        {
            if (filled == k && !(logit > _largest[k - 1]))
                continue;
            int place = filled < k ? filled++ : k - 1;
            while (place > 0 && _largest[place - 1] < logit)
                _largest[place] = _largest[--place];
            _largest[place] = logit;
        }

        return _largest[k - 1];
    }

    // In ascending order, tokens are dropped while the dropped ones have a probability of at most 1 − p together; the most likely token
    // stays.
    private int TopP(int count)
    {
        double budget = 1.0 - _options.TopP;

        // All tokens this unlikely have at most 1 − p together, so they are dropped without sorting.
        float negligible = (float)(budget / count);
        double gone = 0;
        int left = 0;
        for (int i = 0; i < count; i++)
        {
            if (_values[i] < negligible)
            {
                gone += _values[i];
                continue;
            }

            (_candidates[left], _values[left]) = (_candidates[i], _values[i]);
            left++;
        }

        SortAscending(left);
        int first = 0;
        while (first < left - 1 && (gone += _values[first]) <= budget)
            first++;
        return Keep(first, left);
    }

    // Equally likely tokens are dropped in the order of their ids, as in a stable sort.
    private void SortAscending(int count)
    {
        _values.AsSpan(0, count).Sort(_candidates.AsSpan(0, count));
        for (int start = 0, end; start < count; start = end)
        {
            end = start + 1;
            while (end < count && _values[end] == _values[start])
                end++;
            _candidates.AsSpan(start, end - start).Sort();
        }
    }

    private int MinP(int count)
    {
        float threshold = _options.MinP * TensorPrimitives.Max<float>(_values.AsSpan(0, count));
        int left = 0;
        for (int i = 0; i < count; i++)
        {
            if (_values[i] >= threshold)
            {
                (_candidates[left], _values[left]) = (_candidates[i], _values[i]);
                left++;
            }
        }

        return Math.Max(left, 1);
    }

    private int Keep(int from, int to)
    {
        _candidates.AsSpan(from, to - from).CopyTo(_candidates);
        _values.AsSpan(from, to - from).CopyTo(_values);
        return to - from;
    }

    /// <summary>Where the text's draws stand: set back, the same ones follow.</summary>
    internal ulong Draws
    {
        get => _random;
        set => _random = value;
    }

    /// <summary>The next number of the text's draws, from 0 to less than 1.</summary>
    /// <remarks>SplitMix64 (Steele, Lea and Flood, 2014): every seed has a sequence of its own, the same on every runtime.</remarks>
    public double NextUniform() => (SplitMix64.Next(ref _random) >> 11) * double.ScaleB(1, -53);
}
