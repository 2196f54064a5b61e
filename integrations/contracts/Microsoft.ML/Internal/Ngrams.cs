using System.Globalization;
using System.Text;

namespace Microsoft.ML.Internal;

/// <summary>The n-grams of a text in lower case without diacritics, named as the slots of the feature vector are.</summary>
internal static class Ngrams
{
    private const int CharacterLength = 3;

    /// <summary>Trigrams of the characters between a mark for the start and one for the end; a control character is shown by its picture.</summary>
    public static IEnumerable<string> Characters(string text)
    {
        if (text.Length == 0)
            yield break;
        string[] marked = [.. $"\u0002{Normalize(text)}\u0003".Select(character => character <= ' ' ? $"<{(char)(0x2400 + character)}>" : character.ToString())];
        for (int i = 0; i + CharacterLength <= marked.Length; i++)
            yield return string.Join('|', marked[i..(i + CharacterLength)]);
    }

    /// <summary>Words, separated by blanks, and each pair of neighbours.</summary>
    public static IEnumerable<string> Words(string text)
    {
        string[] words = Normalize(text).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < words.Length; i++)
        {
            yield return words[i];
            if (i + 1 < words.Length)
                yield return $"{words[i]}|{words[i + 1]}";
        }
    }

    private static string Normalize(string text)
    {
        string decomposed = text.ToLowerInvariant().Normalize(NormalizationForm.FormD);
        return string.Concat(decomposed.Where(character => CharUnicodeInfo.GetUnicodeCategory(character) != UnicodeCategory.NonSpacingMark))
            .Normalize(NormalizationForm.FormC);
    }
}
