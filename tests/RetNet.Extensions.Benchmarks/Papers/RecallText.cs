using System.Text;

namespace RetNet.Extensions.Benchmarks.Papers;

/// <summary>Texts that need exact memory: pairs of a key and a value, and a name, are asked for after some sentences about
/// nothing.</summary>
/// <param name="seed">Texts with the same seed are the same.</param>
internal sealed class RecallText(int seed)
{
    /// <summary>Tokens of a name.</summary>
    public const int NameLength = 3;

    /// <summary>Pairs of a text.</summary>
    public const int MostPairs = 12;

    private const int Symbols = 16;
    private const int ShortestText = 32, LongestText = 960;
    private const int WordsBefore = 12;
    private const int TokensPerQuestion = 3;

    // Each word is a token, a full stop too.
    private static readonly string[] Sentences =
    [
        "the sea is wide .", "a ship goes by .", "we see the land .", "the wind is cold .", "it is a long day .", "the night comes .",
        "she looks at the sky .", "they wait for rain .",
    ];

    private readonly Random _random = new(seed);

    /// <summary>Keys, values, and what stands before a question and before a name: each is a token.</summary>
    public static IEnumerable<string> Tokens =>
        [.. Enumerable.Range(0, Symbols).SelectMany(i => (string[])[Key(i), Value(i)]), "<ask>", "<name>"];

    /// <summary>A document to train on: pairs and perhaps a name, each asked for several times, at random distances. Some documents have
    /// many sentences between them, others none: without the latter a model does not learn to look a key up.</summary>
    public string Document()
    {
        int length = (int)Math.Exp(Math.Log(ShortestText) + (_random.NextDouble() * Math.Log((double)LongestText / ShortestText)));
        int mostWords = 1 << _random.Next(6);
        Dictionary<int, int> pairs = [];
        string? name = _random.Next(2) == 0 ? Name() : null;
        StringBuilder text = new(name is null ? "" : $"<name>{name}");
        for (int tokens = 0; tokens < length;)
        {
            tokens += TokensPerQuestion + AddSentences(text, _random.Next(mostWords));
            int key = _random.Next(Symbols);
            switch (_random.Next(5))
            {
                case < 2 when pairs.Count < MostPairs && !pairs.ContainsKey(key):
                    pairs[key] = _random.Next(Symbols);
                    text.Append($"{Key(key)}{Value(pairs[key])}");
                    break;
                case 4 when name is not null:
                    text.Append($"<ask><name>{name}");
                    break;
                default:
                    if (pairs.Count > 0)
                    {
                        (int asked, int value) = pairs.ElementAt(_random.Next(pairs.Count));
                        text.Append($"<ask>{Key(asked)}{Value(value)}");
                    }

                    break;
            }
        }

        return text.ToString();
    }

    /// <summary>A text that asks for one pair, and what the answer is.</summary>
    /// <param name="distance">Tokens between the pair and the question, other pairs among them.</param>
    /// <param name="others">How many other pairs lie between them, at even distances.</param>
    /// <returns>The text up to the question's key, and the value.</returns>
    public (string Text, string Answer) PairQuestion(int distance, int others)
    {
        int[] keys = [.. Enumerable.Range(0, Symbols)];
        _random.Shuffle(keys);
        string answer = Value(_random.Next(Symbols));
        StringBuilder text = new();
        AddSentences(text, WordsBefore);
        text.Append($"{Key(keys[0])}{answer}");
        AddBetween(text, distance, keys.AsSpan(1, others));
        return (text.Append($"<ask>{Key(keys[0])}").ToString(), answer);
    }

    /// <summary>A text that begins with a name and asks for it at its end, and the name.</summary>
    /// <param name="distance">Tokens between the name and the question, pairs among them.</param>
    /// <param name="others">How many pairs lie between them.</param>
    /// <returns>The text up to the question, and the name of <see cref="NameLength"/> tokens.</returns>
    public (string Text, string Answer) NameQuestion(int distance, int others)
    {
        int[] keys = [.. Enumerable.Range(0, Symbols)];
        _random.Shuffle(keys);
        string name = Name();
        StringBuilder text = new($"<name>{name}");
        AddBetween(text, distance, keys.AsSpan(0, others));
        return (text.Append("<ask><name>").ToString(), name);
    }

    private static string Key(int i) => $"<k{i}>";

    private static string Value(int i) => $"<v{i}>";

    private string Name() => string.Concat(Enumerable.Range(0, NameLength).Select(_ => Value(_random.Next(Symbols))));

    // A pair is two tokens.
    private void AddBetween(StringBuilder text, int distance, ReadOnlySpan<int> keys)
    {
        int words = (distance - (2 * keys.Length)) / (keys.Length + 1);
        AddSentences(text, words);
        foreach (int key in keys)
        {
            text.Append($"{Key(key)}{Value(_random.Next(Symbols))}");
            AddSentences(text, words);
        }
    }

    /// <summary>Adds sentences of as many words in all; the last one is cut.</summary>
    private int AddSentences(StringBuilder text, int words)
    {
        for (int left = words; left > 0;)
        {
            string[] sentence = Sentences[_random.Next(Sentences.Length)].Split(' ');
            foreach (string word in sentence.Take(left))
                text.Append(' ').Append(word);
            left -= Math.Min(left, sentence.Length);
        }

        return words;
    }
}
