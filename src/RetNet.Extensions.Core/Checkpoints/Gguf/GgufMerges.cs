using System.Text;

namespace RetNet.Extensions.Core.Checkpoints.Gguf;

/// <summary>The merges of a byte-level vocabulary as a file lists them: two parts with a space between them.</summary>
internal static class GgufMerges
{
    /// <summary>The place of the space between the parts; below 1 if there is none. A part may begin with a space of its own.</summary>
    public static int Space(string merge) => merge.IndexOf(' ', Math.Min(1, merge.Length));

    /// <summary>Leaves out merges that no text can come to, which llama.cpp loads and never makes: a part is neither a token, nor a
    /// character, nor what another merge makes. A vocabulary that was cut may have them.</summary>
    /// <param name="merges">The merges, in order.</param>
    /// <param name="tokens">The tokens that merges may make.</param>
    public static List<string> Reachable(IEnumerable<string> merges, IReadOnlyDictionary<string, int> tokens)
    {
        List<string> kept = [.. merges];
        int before;
        do
        {
            before = kept.Count;
            HashSet<string> made = new(StringComparer.Ordinal);
            foreach (string merge in kept)
            {
                if (Space(merge) is > 0 and var space)
                    made.Add(merge.Remove(space, 1));
            }

            kept.RemoveAll(merge => Space(merge) is > 0 and var space && !(CanBe(merge[..space]) && CanBe(merge[(space + 1)..])));

            bool CanBe(string part) => tokens.ContainsKey(part) || made.Contains(part) || IsCharacter(part);
        }
        while (kept.Count < before);

        return kept;
    }

    // An empty part is a fault of the file, which its reader names.
    private static bool IsCharacter(string part) =>
        part.Length == 0 || (Rune.TryGetRuneAt(part, 0, out Rune first) ? first.Utf16SequenceLength : 1) == part.Length;
}
