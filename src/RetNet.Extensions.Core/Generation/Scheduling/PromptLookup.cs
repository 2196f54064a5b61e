namespace RetNet.Extensions.Core.Generation.Scheduling;

/// <summary>Guesses how a text goes on: as it did after the last place that ends alike (prompt lookup decoding). Not thread-safe.</summary>
/// <remarks>
/// Of the places in prompt and text that end in the same two tokens as the text does now, the one with the longest common end is taken,
/// the latest of equals. How often such a place has foretold the next token is remembered for ends of different lengths, whether a guess
/// was used or not: a guess is as long as its last token is still likely enough to be worth its cost. Guessing allocates nothing.
/// </remarks>
internal sealed class PromptLookup
{
    /// <summary>Up to this many input rows, a forward mostly waits for the weights.</summary>
    private const int CheapRows = 16;

    private const int KeyTokens = 2;
    private const int LongestEnd = 16;
    private const int MostPlaces = 16;

    // The weight of the newest token in the share of right guesses.
    private const float Newest = 1 / 8f;

    private readonly float _cost;
    private readonly int[] _latest;
    private int[] _tokens;
    private int[] _before;
    private int _count;

    // For ends of 2, 3, 4 to 7, 8 to 15 and 16 or more tokens: the share of right guesses, at first what to expect of any text.
    private readonly float[] _right = [0.25f, 0.4f, 0.6f, 0.75f, 0.8f];

    // The place that ends as the text does; −1 for none.
    private int _place = -1;
    private int _end;

    /// <summary>Creates a guesser of a text without tokens.</summary>
    /// <param name="capacity">Tokens for which there is room; it grows if needed.</param>
    /// <param name="cost">What it costs to verify a token, as a part of a step.</param>
    public PromptLookup(int capacity, float cost)
    {
        _cost = cost;
        _tokens = new int[capacity];
        _before = new int[capacity];
        _latest = new int[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(capacity, 64, 1 << 20))];
        _latest.AsSpan().Fill(-1);
    }

    /// <summary>How many tokens each of some sequences may guess, so that their forward still mostly waits for the weights.</summary>
    public static int RoomOf(int sequences) => (CheapRows / Math.Max(sequences, 1)) - 1;

    /// <summary>Adds tokens to the text.</summary>
    public void Append(ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens)
            Append(token);
    }

    /// <summary>Adds a token to the text.</summary>
    public void Append(int token)
    {
        if (_place >= 0)
        {
            ref float right = ref _right[Kind(_end)];
            right += Newest * ((_tokens[_place + 1] == token ? 1 : 0) - right);
        }

        if (_count == _tokens.Length)
        {
            Array.Resize(ref _tokens, 2 * _count);
            Array.Resize(ref _before, 2 * _count);
        }

        _tokens[_count++] = token;
        FindPlace();
    }

    /// <summary>Guesses the next tokens.</summary>
    /// <param name="guess">Receives them.</param>
    /// <returns>Their number; often none.</returns>
    public int Guess(Span<int> guess)
    {
        if (_place < 0)
            return 0;
        int distance = _count - 1 - _place;
        float likely = 1, right = _right[Kind(_end)];
        int count = 0;
        for (; count < guess.Length && (likely *= right) >= _cost; count++)
            guess[count] = count < distance ? _tokens[_place + 1 + count] : guess[count - distance];
        return count;
    }

    private void FindPlace()
    {
        (_place, _end) = (-1, 0);
        int last = _count - 1;
        if (last < KeyTokens - 1)
            return;
        uint hash = unchecked((((uint)_tokens[last] * 0x9E3779B1u) ^ (uint)_tokens[last - 1]) * 0x85EBCA77u);
        ref int latest = ref _latest[(hash >> 8) & (uint)(_latest.Length - 1)];
        _before[last] = latest;
        int places = 0;
        for (int place = latest; place >= 0 && places < MostPlaces && _end < LongestEnd; place = _before[place], places++)
        {
            int end = CommonEnd(place, last);
            if (end >= KeyTokens && end > _end)
                (_place, _end) = (place, end);
        }

        latest = last;
    }

    private int CommonEnd(int place, int last)
    {
        int end = 0;
        while (end < LongestEnd && end <= place && _tokens[place - end] == _tokens[last - end])
            end++;
        return end;
    }

    private static int Kind(int end) => end switch
    {
        2 => 0,
        3 => 1,
        < 8 => 2,
        < LongestEnd => 3,
        _ => 4,
    };
}
