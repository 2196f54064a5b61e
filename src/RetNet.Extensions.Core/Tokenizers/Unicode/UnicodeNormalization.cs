using System.Text;

namespace RetNet.Extensions.Core.Tokenizers.Unicode;

/// <summary>
/// The normalization forms of Unicode (Unicode Standard Annex 15), the same on every host. A text is left as it is up to the first
/// character that a form may change, and again from the next one that no form joins with what stands before it.
/// </summary>
internal sealed class UnicodeNormalization
{
    // Hangul syllables are composed of three kinds of letters by arithmetic (The Unicode Standard, section 3.12).
    private const int FirstSyllable = 0xAC00, FirstLead = 0x1100, FirstVowel = 0x1161, FirstTrail = 0x11A7;
    private const int Leads = 19, Vowels = 21, Trails = 28, Syllables = Leads * Vowels * Trails;

    private const int BasicCharacters = 0x10000;

    private readonly bool _composes;
    private readonly bool _compatible;
    private readonly bool[] _isStable = new bool[BasicCharacters];
    private readonly char _lastOfStableRange;

    private UnicodeNormalization(bool composes, bool compatible)
    {
        (_composes, _compatible) = (composes, compatible);
        for (int point = 0; point < BasicCharacters; point++)
            _isStable[point] = !char.IsSurrogate((char)point) && FindStable(point);
        _lastOfStableRange = (char)(Array.IndexOf(_isStable, false) - 1);
    }

    public static UnicodeNormalization Nfc { get; } = new(composes: true, compatible: false);

    public static UnicodeNormalization Nfd { get; } = new(composes: false, compatible: false);

    public static UnicodeNormalization Nfkc { get; } = new(composes: true, compatible: true);

    public static UnicodeNormalization Nfkd { get; } = new(composes: false, compatible: true);

    /// <summary>The text in this form; the same object where nothing changes.</summary>
    /// <param name="text">Valid UTF-16.</param>
    public string Normalize(string text)
    {
        if (NextUnstable(text, 0) == text.Length)
            return text;
        StringBuilder result = new(text.Length);
        List<int> points = [];
        int done = 0;
        while (done < text.Length)
        {
            int unstable = NextUnstable(text, done);
            if (unstable == text.Length)
                break;
            // The character before it may compose with it.
            int start = unstable == done ? done : unstable - (char.IsLowSurrogate(text[unstable - 1]) ? 2 : 1);
            int end = NextStable(text, unstable);
            result.Append(text, done, start - done);
            points.Clear();
            foreach (Rune rune in text.AsSpan(start, end - start).EnumerateRunes())
                Decompose(rune.Value, points);
            Reorder(points);
            if (_composes)
                Compose(points);
            foreach (int point in points)
                result.Append(new Rune(point));
            done = end;
        }

        return result.Append(text, done, text.Length - done).ToString();
    }

    private int NextUnstable(string text, int start)
    {
        int outside = text.AsSpan(start).IndexOfAnyExceptInRange('\0', _lastOfStableRange);
        if (outside < 0)
            return text.Length;
        for (int i = start + outside; i < text.Length; i++)
        {
            if (_isStable[text[i]])
                continue;
            if (!char.IsHighSurrogate(text[i]) || !FindStable(char.ConvertToUtf32(text, i)))
                return i;
            i++;
        }

        return text.Length;
    }

    private int NextStable(string text, int start)
    {
        for (int i = start; i < text.Length; i++)
        {
            if (_isStable[text[i]] || (char.IsHighSurrogate(text[i]) && FindStable(char.ConvertToUtf32(text, i))))
                return i;
        }

        return text.Length;
    }

    /// <summary>Whether a character stays as it is and does not act on what stands before it.</summary>
    private bool FindStable(int point)
    {
        if (UnicodeData.CombiningClass(point) != 0)
            return false;
        if (!_composes)
            return UnicodeData.Decomposition(point, _compatible) is null && !IsSyllable(point);
        return !ComposesBackwards(point) && !IsVowelOrTrail(point) && !UnicodeData.StaysApart(point)
            && (!_compatible || IsCompatible(point));
    }

    // The first part of a composed character may compose with what stands before it too.
    private static bool ComposesBackwards(int point) => UnicodeData.ComposesBackwards(point)
        || (UnicodeData.Decomposition(point, compatible: false) is [int first, ..] && ComposesBackwards(first));

    /// <summary>Whether a character has no decomposition for compatibility, nor has a part of its canonical one.</summary>
    private static bool IsCompatible(int point) => UnicodeData.Decomposition(point, compatible: false) is { } parts
        ? parts.All(IsCompatible)
        : UnicodeData.Decomposition(point, compatible: true) is null;

    private void Decompose(int point, List<int> points)
    {
        if (IsSyllable(point))
        {
            int index = point - FirstSyllable;
            points.Add(FirstLead + index / (Vowels * Trails));
            points.Add(FirstVowel + index / Trails % Vowels);
            if (index % Trails > 0)
                points.Add(FirstTrail + index % Trails);
        }
        else if (UnicodeData.Decomposition(point, _compatible) is { } parts)
        {
            foreach (int part in parts)
                Decompose(part, points);
        }
        else
        {
            points.Add(point);
        }
    }

    /// <summary>Sorts each run of marks by their classes; marks of one class keep their order.</summary>
    private static void Reorder(List<int> points)
    {
        for (int start = 0; start < points.Count; start++)
        {
            int end = start;
            bool isOrdered = true;
            for (int last = 0; end < points.Count && UnicodeData.CombiningClass(points[end]) is var next and > 0; end++, last = next)
                isOrdered &= last <= next;
            if (!isOrdered)
            {
                int[] sorted = [.. points[start..end].OrderBy(UnicodeData.CombiningClass)];
                for (int i = start; i < end; i++)
                    points[i] = sorted[i - start];
            }

            start = end;
        }
    }

    private static void Compose(List<int> points)
    {
        int starter = -1;
        int kept = 0;
        int lastClass = 0;
        foreach (int point in points.ToArray())
        {
            int current = UnicodeData.CombiningClass(point);
            // A mark of the same class or higher between the two, or a character without a class, keeps them apart.
            bool isNext = starter >= 0 && (kept == starter + 1 || (lastClass > 0 && lastClass < current));
            if (isNext && TryCompose(points[starter], point, out int composed))
            {
                points[starter] = composed;
                continue;
            }

            if (current == 0)
                starter = kept;
            lastClass = current;
            points[kept++] = point;
        }

        points.RemoveRange(kept, points.Count - kept);
    }

    private static bool TryCompose(int first, int second, out int composed)
    {
        if (first is >= FirstLead and < FirstLead + Leads && second is >= FirstVowel and < FirstVowel + Vowels)
        {
            composed = FirstSyllable + ((first - FirstLead) * Vowels + second - FirstVowel) * Trails;
            return true;
        }

        if (IsSyllable(first) && (first - FirstSyllable) % Trails == 0 && second is > FirstTrail and < FirstTrail + Trails)
        {
            composed = first + second - FirstTrail;
            return true;
        }

        return UnicodeData.TryCompose(first, second, out composed);
    }

    private static bool IsSyllable(int point) => point is >= FirstSyllable and < FirstSyllable + Syllables;

    private static bool IsVowelOrTrail(int point) =>
        point is (>= FirstVowel and < FirstVowel + Vowels) or (> FirstTrail and < FirstTrail + Trails);
}
