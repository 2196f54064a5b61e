using System.Runtime.InteropServices;

namespace RetNet.Extensions.Core.Generation.Sampling;

/// <summary>The natural logarithms of the probabilities that a model gave to the tokens of a text, and to the likeliest ones in their
/// place: the log-softmax of its logits in float64, before penalties, temperature and filters. Where a grammar removes tokens, it is that
/// of those which are left.</summary>
/// <param name="top">How many of the likeliest tokens are recorded in each place.</param>
internal sealed class LogProbabilities(int top)
{
    /// <summary>Stands in a place where fewer tokens may follow.</summary>
    public const int NoToken = -1;

    private readonly List<double> _tokens = [];
    private readonly List<(int Token, double LogProbability)> _top = [];

    /// <summary>Those of the text's tokens.</summary>
    public IReadOnlyList<double> Tokens => _tokens;

    /// <summary><c>[tokens × top]</c>, in each place the likeliest first.</summary>
    public IReadOnlyList<(int Token, double LogProbability)> Top => _top;

    /// <summary>Those of the tokens from a place on.</summary>
    public ReadOnlySpan<double> TokensFrom(int place) => CollectionsMarshal.AsSpan(_tokens)[place..];

    /// <summary>The likeliest tokens from a place on.</summary>
    public ReadOnlySpan<(int Token, double LogProbability)> TopFrom(int place) => CollectionsMarshal.AsSpan(_top)[(place * top)..];

    /// <summary>Records a token that was chosen.</summary>
    /// <param name="token">The token.</param>
    /// <param name="logits"><c>[vocabulary]</c>.</param>
    /// <param name="allowed">A bit for each token that might have been chosen; empty for all.</param>
    public void Add(int token, ReadOnlySpan<float> logits, ReadOnlySpan<ulong> allowed)
    {
        double largest = double.NegativeInfinity;
        for (int other = 0; other < logits.Length; other++)
        {
            if (IsAllowed(other, allowed) && !(logits[other] <= largest))
                largest = logits[other];
        }

        double sum = 0;
        for (int other = 0; other < logits.Length; other++)
        {
            if (IsAllowed(other, allowed))
                sum += Math.Exp(logits[other] - largest);
        }

        double log = largest + Math.Log(sum);
        _tokens.Add(logits[token] - log);
        Span<(int Token, double LogProbability)> likeliest = AddPlace();
        int found = 0;
        for (int other = 0; other < logits.Length && !likeliest.IsEmpty; other++)
        {
            double probability = logits[other] - log;
            if (!IsAllowed(other, allowed) || (found == top && !(probability > likeliest[^1].LogProbability)))
                continue;
            int place = found < top ? found++ : top - 1;
            for (; place > 0 && likeliest[place - 1].LogProbability < probability; place--)
                likeliest[place] = likeliest[place - 1];
            likeliest[place] = (other, probability);
        }
    }

    /// <summary>Records a token that nothing is known of: the first one of all.</summary>
    public void AddUnknown()
    {
        _tokens.Add(double.NaN);
        AddPlace();
    }

    /// <summary>Records a token that had to follow, with the probability 1.</summary>
    public void AddForced(int token)
    {
        _tokens.Add(0);
        if (AddPlace() is { IsEmpty: false } likeliest)
            likeliest[0] = (token, 0);
    }

    private Span<(int Token, double LogProbability)> AddPlace()
    {
        CollectionsMarshal.SetCount(_top, _top.Count + top);
        Span<(int Token, double LogProbability)> place = CollectionsMarshal.AsSpan(_top)[^top..];
        place.Fill((NoToken, double.NegativeInfinity));
        return place;
    }

    private static bool IsAllowed(int token, ReadOnlySpan<ulong> allowed) =>
        allowed.IsEmpty || ((allowed[token / 64] >> (token % 64)) & 1) != 0;
}
