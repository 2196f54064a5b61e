using System.Text;
using System.Text.RegularExpressions;

namespace RetNet.Extensions.Fuzz.Mutations;

/// <summary>Changes texts of a language word by word.</summary>
internal static partial class Texts
{
    private const int MostRepetitions = 2_000;
    private const int MostWords = 20_000;

    /// <summary>Changes a text.</summary>
    /// <param name="input">The text as UTF-8.</param>
    /// <param name="mutation">Chance.</param>
    /// <param name="words">Pieces of the language, to put in.</param>
    public static byte[] Mutate(byte[] input, Mutation mutation, IReadOnlyList<string> words)
    {
        if (mutation.OnceIn(12))
            return Bytes.Mutate(input, mutation, input.Length + 1);
        List<string> parts = Split(input);
        int place = mutation.Random.Next(parts.Count + 1);
        int count = Math.Min(1 + mutation.Small(12), parts.Count - place);
        List<string> span = parts.GetRange(place, count);
        switch (mutation.Random.Next(7))
        {
            case 0:
                parts.RemoveRange(place, count);
                break;
            case 1:
                for (int i = Math.Min(mutation.Small(MostRepetitions), MostWords / (count + 1)); i >= 0; i--)
                    parts.InsertRange(place, span);
                break;
            case 2:
                List<string> other = Split(mutation.Other());
                int from = mutation.Random.Next(other.Count + 1);
                parts.InsertRange(place, other.GetRange(from, Math.Min(1 + mutation.Small(30), other.Count - from)));
                break;
            case 3:
                parts.InsertRange(mutation.Random.Next(parts.Count + 1), span);
                break;
            case 4 when count > 0:
                parts[place] = mutation.Pick(words);
                break;
            default:
                parts.Insert(place, mutation.Pick(words));
                break;
        }

        return Encoding.UTF8.GetBytes(string.Concat(parts));
    }

    private static List<string> Split(byte[] text) => [.. Words().Matches(Encoding.UTF8.GetString(text)).Select(match => match.Value)];

    [GeneratedRegex(@"\w+|\s+|[{}][{%}]|[^\w\s]", RegexOptions.Singleline)]
    private static partial Regex Words();
}
