using System.Globalization;

namespace RetNet.Extensions.Core.Tokenizers.Unicode;

/// <summary>
/// Unicode's decompositions, combining classes and lower cases, from a table of this assembly: what .NET has of them depends on the
/// libraries of the host, and is missing where there are none. Hangul syllables are left to arithmetic.
/// </summary>
internal static class UnicodeData
{
    private const string Resource = "unicode-data.txt";

    private static readonly Dictionary<int, int[]> Canonical = [];
    private static readonly Dictionary<int, int[]> Compatible = [];
    private static readonly Dictionary<(int First, int Second), int> Compositions = [];
    private static readonly Dictionary<int, byte> Classes = [];
    private static readonly Dictionary<int, int> LowerCases = [];
    private static readonly HashSet<int> Apart = [];
    private static readonly HashSet<int> Seconds = [];

    static UnicodeData()
    {
        using Stream stream = typeof(UnicodeData).Assembly.GetManifestResourceStream(Resource)!;
        using StreamReader reader = new(stream);
        int point = 0;
        while (reader.ReadLine() is { } line)
        {
            string[] fields = line.Split(' ');
            switch (line[0])
            {
                case 'd' or 'e' or 'k':
                    point = fields[1] == "+" ? point + 1 : Number(fields[1]);
                    AddDecomposition(line[0], point, [.. fields.Skip(2).Select(Number)]);
                    break;
                case 'c':
                    for (int i = Number(fields[1]); i <= Number(fields[2]); i++)
                        Classes.Add(i, (byte)Number(fields[3]));
                    break;
                case 'l':
                    int distance = fields[4][0] == '-' ? -Number(fields[4][1..]) : Number(fields[4]);
                    for (int i = Number(fields[1]); i <= Number(fields[2]); i += Number(fields[3]))
                        LowerCases.Add(i, i + distance);
                    break;
            }
        }
    }

    /// <summary>The order of a combining mark among others; 0 for a character that begins something.</summary>
    public static byte CombiningClass(int point) => Classes.GetValueOrDefault(point);

    /// <summary>One step of a character's decomposition, or null.</summary>
    /// <param name="point">The character.</param>
    /// <param name="compatible">Whether decompositions that lose something, such as a width, count too.</param>
    public static int[]? Decomposition(int point, bool compatible) =>
        Canonical.GetValueOrDefault(point) ?? (compatible ? Compatible.GetValueOrDefault(point) : null);

    /// <summary>Whether a character's canonical decomposition is not undone by composing.</summary>
    public static bool StaysApart(int point) => Apart.Contains(point);

    /// <summary>Whether some characters compose with this one after them.</summary>
    public static bool ComposesBackwards(int point) => Seconds.Contains(point);

    /// <summary>The composition of two characters, if they have one.</summary>
    public static bool TryCompose(int first, int second, out int composed) => Compositions.TryGetValue((first, second), out composed);

    /// <summary>The lower case of a character that has one of a single character; otherwise itself.</summary>
    public static int LowerCase(int point) => LowerCases.GetValueOrDefault(point, point);

    private static void AddDecomposition(char kind, int point, int[] parts)
    {
        (kind == 'k' ? Compatible : Canonical).Add(point, parts);
        if (kind == 'e')
            Apart.Add(point);
        if (kind != 'd')
            return;
        Compositions.Add((parts[0], parts[1]), point);
        Seconds.Add(parts[1]);
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
